"""Explore every state that a connection can reach, to a fixed point: `python -m conformance.explore`.

Breadth first from a connection that was just made, every move is made in every state where it is
possible: requests, facts, and the passing of time to the next deadline or two seconds beyond it. A
state is known again by its shape (`shape.py`). Durations are small whole numbers, the backoff does not
jitter, so that time, counted from now, takes few values; what is bounded in number (open actions, the
breaker's threshold) is bounded low. Under these bounds the exploration is complete, and shows:

* In no state is there nothing to wait for, but CLOSED and those that wait for the user (R-LIFE-06).
* From every state, READY comes again when the server and the user behave from then on.
* Every ticket and every breaker probe has exactly one outcome; no attempt comes before it is due.
* Facts about a session that is gone change nothing.

A scenario is a configuration and the moves that matter to it: all moves in all configurations would be
millions of states that say nothing new.
"""

import time
from dataclasses import replace
from typing import Final

from ami_proto import ServerConfig, SetupAction
from conformance.explore.exploration import Exploration, Scenario
from conformance.explore.subject import Broken

__all__ = ["SCENARIOS", "Broken", "Exploration", "Scenario", "explore"]

QUICK: Final = ServerConfig(
    key="pbx",
    host="192.0.2.1",
    username="ops",
    secret="s3cret",
    auth="plain",
    connect_timeout=2.0,
    banner_timeout=2.0,
    login_timeout=3.0,
    close_grace=1.0,
    heartbeat_interval=3.0,
    heartbeat_timeout=1.0,
    read_timeout=7.0,
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
"""What no life is without."""

SCENARIOS: Final[dict[str, Scenario]] = {
    "heartbeat": Scenario(QUICK, (*LIFE, "write", "event", "overslept")),
    "login": Scenario(
        replace(
            QUICK,
            auth="md5",
            wait_fully_booted=True,
            setup=(SetupAction("Filter"), SetupAction("Events", required=True)),
        ),
        (*LIFE, "write", "booted", "event", "orphan", "garbage", "half frame"),
    ),
    "actions": Scenario(QUICK, (*LIFE, "submit", "submit blocking", "cancel")),
    "pause": Scenario(
        replace(QUICK, stable_after=0.0, drop_report_interval=0.0, reconnect=False),
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
        ),
        pausing=True,
    ),
    "throttled": Scenario(QUICK, (*LIFE, "admit", "submit waiting", "cancel"), throttled=True),
    "no reconnect": Scenario(replace(QUICK, reconnect=False), (*LIFE, "submit", "garbage")),
    "no retry": Scenario(replace(QUICK, retry=False), (*LIFE, "submit waiting", "orphan")),
    "no after refusal": Scenario(replace(QUICK, retry_refused=False), (*LIFE, "submit waiting")),
}


def explore(name: str, *, doubt: int = 50) -> Exploration:
    """Explore a scenario, and print how many states it has. Raises `Broken`, with the way there."""
    began = time.monotonic()
    explored = Exploration(SCENARIOS[name], doubt=doubt).run()
    print(
        f"{name:17} {explored.states:6,} states {explored.moves:7,} moves   READY again within"
        f" {explored.farthest:2} moves   {time.monotonic() - began:5.1f} s",
        flush=True,
    )
    return explored
