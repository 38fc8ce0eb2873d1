"""What a line can run: the applications of the dialplan. One that is not known here takes no time."""

import re
from urllib.parse import quote

from conformance.server import events
from conformance.server.events import Header
from conformance.server.requests import to_number
from conformance.server.state import UNKNOWN, Step
from conformance.server.timeline import Script

from .dialling import dial
from .line import NORMAL, Line, Run
from .meeting import confbridge, park
from .queueing import queue

ANSWER_PAUSE = 0.5
"""Seconds that the application Answer takes on a channel that rings, as captured: it waits for media."""


def run_step(line: Line, step: Step) -> Script:
    """Run one application."""
    run = APPLICATIONS.get(step.application.lower())
    if run is not None:
        yield from run(line, step)


def _answer(line: Line, _step: Step) -> Script:
    if line.channel.state != 6:
        line.answer()
        yield ANSWER_PAUSE


def _wait(_line: Line, step: Step) -> Script:
    """Wait: fractions are read, what is no number is no time."""
    match = re.match(r"[0-9]{1,9}([.][0-9]{1,9})?", step.data)
    yield float(match[0]) if match else 0.0


def _echo(_line: Line, _step: Step) -> Script:
    yield None


def _ringing(line: Line, _step: Step) -> Script:
    peer = line.peer
    if peer is not None and peer.dialler is not None:
        peer.dialler.ringing()
    yield 0.0


def _busy(line: Line, _step: Step) -> Script:
    line.cause = 17
    line.change_state(7)
    peer = line.peer
    if peer is not None and peer.dialler is not None:
        peer.dialler.busy()
    yield None


def _hangup(line: Line, step: Step) -> Script:
    line.end(to_number(step.data) or NORMAL)
    yield None


def _set(line: Line, step: Step) -> Script:
    name, _, value = step.data.partition("=")
    line.set(name, value)
    yield from ()


def _user_event(line: Line, step: Step) -> Script:
    """Tell an event; parts without a colon drop out (apps/app_userevent.c)."""
    name, *parts = step.data.split(",")
    pairs = [part.partition(": ") for part in parts]
    told = [(key, value) for key, colon, value in pairs if colon]
    line.publish(events.channel_event("UserEvent", line.channel, ("UserEvent", name), *told), classes="user")
    yield from ()


def _agi(line: Line, step: Step) -> Script:
    """Take commands from the action AGI, if `agi:async` was asked for (res/res_agi.c)."""
    if step.data != "agi:async":
        return
    start = events.channel_event("AsyncAGIStart", line.channel, ("Env", _agi_environment(line)))
    line.publish(start, classes="agi")
    line.before_leaving(lambda: _end_agi(line))
    yield None


def _end_agi(line: Line) -> None:
    line.publish(events.channel_event("AsyncAGIEnd", line.channel), classes="agi")
    line.set("AGISTATUS", "HANGUP")


def _agi_environment(line: Line) -> str:
    """Give what an AGI program would read first, encoded as in a URL (setup_env, res/res_agi.c)."""
    channel = line.channel
    rows: list[Header] = [
        ("request", "async"),
        ("channel", channel.name),
        ("language", channel.language),
        ("type", channel.tech),
        ("uniqueid", channel.uniqueid),
        ("version", line.server.version),
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


APPLICATIONS: dict[str, Run] = {
    "agi": _agi,
    "answer": _answer,
    "busy": _busy,
    "confbridge": confbridge,
    "dial": dial,
    "echo": _echo,
    "hangup": _hangup,
    "park": park,
    "queue": queue,
    "ringing": _ringing,
    "set": _set,
    "userevent": _user_event,
    "wait": _wait,
}
"""By name in lower case."""
