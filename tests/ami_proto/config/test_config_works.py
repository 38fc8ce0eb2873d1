"""R-CONF-01: every combination that validates also runs: it logs in, sends, and closes, against the mock."""

from dataclasses import fields
from string import ascii_letters
from typing import Any

from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st

from ami_proto import (
    Action,
    ConfigError,
    Fault,
    Filter,
    Overflow,
    Policy,
    ServerConfig,
    SetupAction,
    State,
    Tls,
)
from ami_proto.config.server import BOUNDS
from conformance.mock import MockServer, MockUser
from tests.perfect_network import PerfectNetwork

WHOLE_NUMBERS = {each.name for each in fields(ServerConfig) if each.type is int}
LINE = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), min_size=1, max_size=40)


def number(name: str) -> st.SearchStrategy[float]:
    """Draw from the whole range, its ends, and the usual values."""
    low, high = BOUNDS[name]
    ends = st.sampled_from([low, high])
    if name in WHOLE_NUMBERS:
        return ends.map(int) | st.integers(int(low), int(high))
    return ends | st.floats(low, min(high, 60.0)) | st.floats(low, high)


DEAF = ("call", "off", "0")
"""Masks without class `user`."""

ALLOWED = ("Ping", "UserEvent")
"""The actions of a run: a set-up action is not judged."""

COMBINATIONS = st.fixed_dictionaries(
    {
        "key": LINE.filter(str.strip),
        "username": st.text(ascii_letters, min_size=1, max_size=40),
        "secret": LINE,
    },
    optional={
        "auth": st.sampled_from(["md5", "plain"]),
        "events": st.sampled_from([None, "on", "system,user", "user,call", *DEAF]),
        "tls": st.sampled_from([None, Tls(), Tls(verify=False)]),
        "setup": st.just((SetupAction("Events", (("EventMask", "on"),), required=True),)),
        "policy": st.sampled_from(["all", Policy("operate", allow=("UserEvent",)), Policy(allow=ALLOWED)]),
        "wait_fully_booted": st.sampled_from([True, False, "auto"]),
        "reconnect": st.booleans(),
        "retry": st.booleans(),
        "retry_refused": st.sampled_from([True, False, "auto"]),
        "redact_names": st.sampled_from([(), ("^pin$", "code")]),
        "redact_values": st.sampled_from([(), (r"\d{13,19}",)]),
        **{name: number(name) for name in BOUNDS},
    },
)


@settings(
    max_examples=200,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(COMBINATIONS, st.sampled_from(list(Overflow)))
def test_every_combination_that_validates_also_runs(options: dict[str, Any], policy: Overflow) -> None:
    """R-CONF-01."""
    try:
        config = ServerConfig(host="192.0.2.1", **options)
    except ConfigError:
        reject()
    world = PerfectNetwork(config, MockServer(users=[MockUser(config.username, config.reveal_secret())]))
    machine = world.machine
    machine.start(world.now)
    world.until(lambda: machine.state is State.READY)
    events = machine.subscribe(Filter(("UserEvent",)), limit=1, policy=policy)
    ping = machine.submit(Action("Ping"), world.now)
    assert world.outcome(ping).succeeded
    echo = machine.submit(Action("UserEvent", {"UserEvent": "Hello"}), world.now)
    assert world.outcome(echo).succeeded
    hears = bool(config.setup) or config.events not in DEAF
    assert (machine.poll_message(events) is not None) == hears
    machine.stop(world.now)
    world.until(lambda: machine.stopped)
    assert set(machine.snapshot().faults) <= {Fault.WITHHELD}
