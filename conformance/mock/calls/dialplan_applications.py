"""The applications of the dialplan. An application that is not in the table takes no time."""

import re
from urllib.parse import quote

from conformance.mock import event_headers
from conformance.mock.event_headers import HeaderPair
from conformance.mock.requests import to_number
from conformance.mock.state import UNKNOWN, DialplanStep
from conformance.mock.timeline import TimedScript

from .dialling import run_dial
from .leg import NORMAL_CLEARING, ChannelLeg, RunApplication
from .meeting import run_confbridge, run_park
from .queueing import run_queue

ANSWER_PAUSE = 0.5
"""Seconds that Answer takes on a channel that rings, as captured: it waits for media."""


def run_step(leg: ChannelLeg, step: DialplanStep) -> TimedScript:
    """Run one application of the table."""
    run = APPLICATIONS.get(step.application.lower())
    if run is not None:
        yield from run(leg, step)


def _answer(leg: ChannelLeg, _step: DialplanStep) -> TimedScript:
    if leg.channel.state != 6:
        leg.answer()
        yield ANSWER_PAUSE


def _wait(_leg: ChannelLeg, step: DialplanStep) -> TimedScript:
    """Wait for the seconds of the argument, with fractions; anything else is 0."""
    match = re.match(r"[0-9]{1,9}([.][0-9]{1,9})?", step.data)
    yield float(match[0]) if match else 0.0


def _echo(_leg: ChannelLeg, _step: DialplanStep) -> TimedScript:
    yield None


def _ringing(leg: ChannelLeg, _step: DialplanStep) -> TimedScript:
    peer = leg.peer
    if peer is not None and peer.dialler is not None:
        peer.dialler.ringing()
    yield 0.0


def _busy(leg: ChannelLeg, _step: DialplanStep) -> TimedScript:
    leg.cause = 17
    leg.change_state(7)
    peer = leg.peer
    if peer is not None and peer.dialler is not None:
        peer.dialler.busy()
    yield None


def _hangup(leg: ChannelLeg, step: DialplanStep) -> TimedScript:
    leg.end(to_number(step.data) or NORMAL_CLEARING)
    yield None


def _set(leg: ChannelLeg, step: DialplanStep) -> TimedScript:
    name, _, value = step.data.partition("=")
    leg.set(name, value)
    yield from ()


def _user_event(leg: ChannelLeg, step: DialplanStep) -> TimedScript:
    """Publish a UserEvent; parts without a colon are left out (apps/app_userevent.c)."""
    name, *parts = step.data.split(",")
    pairs = [part.partition(": ") for part in parts]
    headers = [(key, value) for key, colon, value in pairs if colon]
    leg.publish(
        event_headers.channel_event("UserEvent", leg.channel, ("UserEvent", name), *headers), classes="user"
    )
    yield from ()


def _agi(leg: ChannelLeg, step: DialplanStep) -> TimedScript:
    """Wait for commands of the action AGI; only `agi:async` is imitated (res/res_agi.c)."""
    if step.data != "agi:async":
        return
    status = "HANGUP"

    def end() -> None:
        leg.publish(event_headers.channel_event("AsyncAGIEnd", leg.channel), classes="agi")
        leg.set("AGISTATUS", status)

    start = event_headers.channel_event("AsyncAGIStart", leg.channel, ("Env", _agi_environment(leg)))
    leg.publish(start, classes="agi")
    leg.at_application_end(end)
    yield None
    status = "SUCCESS"  # the command ASYNCAGI BREAK has ended the wait


def _agi_environment(leg: ChannelLeg) -> str:
    """Return the environment of an AGI program, encoded as in a URL (setup_env, res/res_agi.c)."""
    channel = leg.channel
    rows: list[HeaderPair] = [
        ("request", "async"),
        ("channel", channel.name),
        ("language", channel.language),
        ("type", channel.tech),
        ("uniqueid", channel.uniqueid),
        ("version", leg.server.version),
        ("callerid", channel.caller_num if channel.caller_num != UNKNOWN else "unknown"),
        ("calleridname", channel.caller_name if channel.caller_name != UNKNOWN else "unknown"),
        ("callingpres", 0),
        ("callingani2", 0),
        ("callington", 0),
        ("callingtns", 0),
        ("dnid", "unknown"),
        ("rdnis", "unknown"),
        ("context", channel.context),
        ("extension", channel.exten),
        ("priority", channel.priority),
        ("enhanced", "0.0"),
        ("accountcode", channel.account),
        ("threadid", 139_713_851_160_256),
    ]
    return quote("".join(f"agi_{name}: {value}\n" for name, value in rows) + "\n", safe="")


APPLICATIONS: dict[str, RunApplication] = {
    "agi": _agi,
    "answer": _answer,
    "busy": _busy,
    "confbridge": run_confbridge,
    "dial": run_dial,
    "echo": _echo,
    "hangup": _hangup,
    "park": run_park,
    "queue": run_queue,
    "ringing": _ringing,
    "set": _set,
    "userevent": _user_event,
    "wait": _wait,
}
"""By name in lower case."""
