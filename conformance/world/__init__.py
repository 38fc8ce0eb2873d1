"""A simulated world for one machine: virtual time, virtual TCP, and every kind of trouble, all from one seed.

    World(seed=7).run()          # a WorldReport, or an AssertionError with the end of the trace

Read it in this order: `weather` (which troubles a run has), `link` and `network` (TCP as a program sees it),
`driver` (the five questions, asked well or badly), `workload` (the application), `world` (one run: trouble,
recovery, stop). The server is the core of the mock server. `conformance.laws` checks the machine after every
step. `ledger` keeps what the server was asked, ran and told; `audit` compares that with what the machine
tells (`deliveries`, `outcomes`, `sending`, `pace`). Nothing here reads a clock or opens a socket, so a failed
run fails again in the same way: `python -m conformance.world --seed N`.
"""

from .application import Application
from .contradiction import LedgerContradicted
from .ledger import AskedAction, LedgerServer, ServerLedger
from .scenario import Scenario, read_scenario, write_scenario
from .weather import Weather
from .world import World, WorldReport

__all__ = [
    "Application",
    "AskedAction",
    "LedgerContradicted",
    "LedgerServer",
    "Scenario",
    "ServerLedger",
    "Weather",
    "World",
    "WorldReport",
    "read_scenario",
    "write_scenario",
]
