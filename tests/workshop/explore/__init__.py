"""Explore every state that a connection can reach, to a fixed point: `python -m tests.workshop.explore`.

Breadth first from a new connection, every move is made in every state where it is possible: requests,
facts, and the passing of time to the next deadline or two seconds beyond it. A state is recognised by its
shape (`shape.py`). Durations are small whole numbers and the backoff has no jitter, so that times, counted
from now, take few values; numbers (open actions, the breaker's threshold) have low bounds. Within these
bounds the exploration is complete, and shows:

* Every state has a deadline, except CLOSED and those that wait for the user (R-LIFE-06).
* From every state, READY comes again when the server and the user behave from then on.
* Every ticket and every probe of the breaker has exactly one outcome; no attempt comes before it is due.
* Facts about a session that has ended change nothing.

A scenario is a configuration and the moves that matter to it: all moves in all configurations would be
millions of states that show nothing new.

"""

import time
from dataclasses import replace
from typing import Final

from ami_proto import ServerConfig, SetupAction
from tests.workshop.explore.exploration import Exploration, Scenario
from tests.workshop.explore.subject import ExplorationFailed

__all__ = ["SCENARIOS", "Exploration", "ExplorationFailed", "Scenario", "explore"]

QUICK: Final = ServerConfig(
    key="pbx",
    host="192.0.2.1",
    username="ops",
    secret="s3cret",
    auth="plain",
    connect_timeout=2.0,
    banner_timeout=2.0,
    login_timeout=3.0,
    wait_fully_booted=False,
    boot_timeout=4.0,
    close_grace=1.0,
    heartbeat_interval=3.0,
    heartbeat_timeout=1.0,
    read_timeout=7.0,
    frame_timeout=4.0,
    reconnect_min=1.0,
    reconnect_max=1.0,
    stable_after=4.0,
    max_desyncs=0,
    breaker_threshold=2,
    breaker_cooldown=3.0,
)
"""Whole seconds, no jitter, and few of everything."""

LIFE: Final = (
    "start", "stop", "connected", "disconnected", "banner", "answer", "refuse", "time passes",
)  # fmt: skip
"""The moves of every scenario but one."""

SCENARIOS: Final[dict[str, Scenario]] = {
    "heartbeat": Scenario(QUICK, (*LIFE, "write", "event", "overslept")),
    "open frame": Scenario(QUICK, (*LIFE, "half frame", "frame ends", "overslept")),
    "login": Scenario(
        replace(
            QUICK,
            auth="md5",
            wait_fully_booted=True,
            boot_timeout=1.0,  # before any ping: the scenario "boot" has those
            read_timeout=20.0,
            heartbeat_interval=15.0,
            setup=(SetupAction("Filter"), SetupAction("Events", required=True)),
        ),
        (*LIFE, "write", "booted", "event", "orphan", "garbage", "half frame"),
    ),
    "boot": Scenario(
        replace(QUICK, wait_fully_booted="auto"),
        (*LIFE, "write", "booted", "event", "answer booting"),
    ),
    "actions": Scenario(QUICK, (*LIFE, "submit", "submit blocking", "cancel")),
    "pause": Scenario(
        replace(QUICK, stable_after=0.0, drop_report_interval=0.0, reconnect=False, pause_max=1.0),
        (
            "start",
            "connected",
            "disconnected",
            "banner",
            "answer",
            "event",
            "submit",
            "consume",
            "time passes",
            "overslept",
            "cancel",
        ),
        pausing=True,
    ),
    "throttled": Scenario(QUICK, (*LIFE, "admit", "submit waiting", "cancel"), throttled=True),
    "no reconnect": Scenario(replace(QUICK, reconnect=False), (*LIFE, "submit", "garbage")),
    "no retry": Scenario(replace(QUICK, retry=False), (*LIFE, "submit waiting", "orphan")),
    "no after refusal": Scenario(replace(QUICK, retry_refused=False), (*LIFE, "submit waiting")),
}


def explore(name: str, *, doubt: int = 50) -> Exploration:
    """Explore a scenario, and print the number of its states. Raises `ExplorationFailed`."""
    began = time.monotonic()
    explored = Exploration(SCENARIOS[name], doubt=doubt).run()
    print(
        f"{name:17} {explored.states:6,} states {explored.moves:7,} moves   READY again within"
        f" {explored.farthest:2} moves   {time.monotonic() - began:5.1f} s",
        flush=True,
    )
    return explored
