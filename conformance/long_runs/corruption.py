"""One of eight servers sends what is not AMI, again and again; the others are as in a run without it.

They have troubles of their own, so that there is something to compare. Their times are the same to the
microsecond, because the throttle never makes anyone wait here: eight dials are within its burst.
"""

from collections.abc import Sequence
from functools import partial
from random import Random

import ami_proto as ami
from conformance.mock import noise

from .account import ServerAccount
from .application_load import QUICK_ACTIONS
from .run_report import RunReport, figures
from .server_site import ServerSite
from .simulation import Simulation, server_configs

SERVERS = 8
SECONDS = 3600.0
FRAME_MAX = 65_536
PATIENCE = 200.0
PULL_EVERY = 2.0
"""Seconds between two pulls: messages of the others wait in their queues when the corrupted session ends."""
STARTED = 10.0
"""When the first part begins, however long the start takes."""


def run_corruption(seed: int, scale: float = 1.0, *, laws: bool = False) -> RunReport:
    """Run eight servers with a corrupted one, then the seven others alone, and compare these."""
    seconds = max(120.0, SECONDS * scale)
    together = _run(seed, seconds, SERVERS, laws=laws)
    alone = _run(seed, seconds, SERVERS - 1, laws=laws)
    require = together.findings.require
    for key, expected in alone.accounts.items():
        account = together.accounts[key]
        for what, one, other in (
            ("outcomes, states and faults", account.counts, expected.counts),
            ("messages", account.delivered, expected.delivered),
            ("order and times", account.transcript.hash, expected.transcript.hash),
        ):
            require(one == other, f"{key} has other {what} beside a corrupted server: {one}, not {other}")
    for text in alone.findings.texts:
        require(False, f"without the corrupted server: {text}")
    account = together.accounts[f"pbx{SERVERS - 1}"]
    faults = {fault.name: account.counts[fault.name] for fault in ami.Fault if account.counts[fault.name]}
    require(account.logins > 1 and len(faults) > 2, f"the corruption does no harm: {faults}")
    others = [each for each in together.accounts.values() if each is not account]
    lines = [
        *figures(together),
        f"the corrupted server was READY {account.logins} times; its faults: {faults}",
        f"the other {len(others)} are as in a run without it, each at the same moment: {_named(others)}",
        together.heap.judge(),
    ]
    return RunReport("corruption", seed, together.hash, together.findings, lines)


def _run(seed: int, seconds: float, count: int, *, laws: bool) -> Simulation:
    """Run so many of the servers; the last of eight is corrupted."""
    simulation = Simulation(server_configs(count, max_frame_size=FRAME_MAX), seed, laws=laws)
    simulation.start()
    simulation.run_until(STARTED)
    simulation.application.consumer.hasty = False
    for part in (0.25, 0.75):
        simulation.tell(3.0, 4)
        simulation.application.act(10.0, QUICK_ACTIONS)
        simulation.repeat(lambda: PULL_EVERY, simulation.application.consumer.pull_all)
        for number, site in enumerate(simulation.sites.values()):
            random = Random(f"{seed}:{number}:{part}:trouble")
            if number == SERVERS - 1:
                deed = partial(_corrupt, site, random)
                simulation.repeat(partial(random.uniform, 0.2, 4.0), deed)
            else:
                simulation.repeat(partial(random.expovariate, 1 / 120.0), site.reset_links)
        simulation.run_for(seconds * part)
        # A fixed time, so that the next part begins at the same moment however long one server takes.
        simulation.rest()
        simulation.run_for(PATIENCE)
        simulation.settle(PATIENCE)
        simulation.heap.look(simulation.pace.count)
    simulation.finish()
    return simulation


def _named(accounts: Sequence[ServerAccount]) -> str:
    messages = sum(account.delivered for account in accounts)
    successes = sum(account.counts["success"] for account in accounts)
    logins = sum(account.logins for account in accounts)
    return f"{messages:,} messages, {successes:,} successes, {logins} times READY"


def _corrupt(site: ServerSite, random: Random) -> None:
    """Send bytes that no server should send."""
    site.corrupt(
        random.choice(
            (
                noise.TORN,
                noise.GARBAGE,
                noise.GARBAGE_WITH_COLONS,
                noise.STRAY_ERROR,
                noise.oversized(FRAME_MAX + 1000),
                random.randbytes(random.randint(1, 200)),
                b"Response: Follows\r\nPrivilege: Command\r\n",
                b"Event: Endless\r\nChannel: ",
                b"\r\n" * random.randint(1, 3),
            )
        )
    )
