"""Values of events that have a type on the wire: hangup causes, channel states and times.

Each is None where the header is missing or is not what Asterisk writes: a server may send anything.
"""

import math
import re
from enum import IntEnum, unique
from typing import Final

from ami_proto.message.message import Message

DIGITS_MAX: Final = 9
"""Digits of a number that is read: Asterisk's own have 32 bits."""

_SECONDS: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?")
"""What Asterisk writes of a time. `float` reads much else: `1_000`, `1e3`, digits of other scripts."""


@unique
class ChannelState(IntEnum):
    """The state of a channel (include/asterisk/channelstate.h)."""

    DOWN = 0
    RESERVED = 1
    OFF_HOOK = 2
    DIALLING = 3
    RING = 4
    """The other side is ringing."""
    RINGING = 5
    UP = 6
    BUSY = 7
    DIALLING_OFF_HOOK = 8
    PRE_RING = 9
    UNKNOWN = 10


def hangup_cause(event: Message) -> int | None:
    """Return the hangup cause of an event, a number of Q.850: `Cause`, in events of 11 and earlier too."""
    return _number(event, "Cause")


def channel_state(event: Message, prefix: str = "") -> ChannelState | None:
    """Return the state of the event's channel, or of its other channel with a prefix such as `Dest`."""
    number = _number(event, f"{prefix}ChannelState")
    return None if number is None or number > max(ChannelState) else ChannelState(number)


def event_time(event: Message) -> float | None:
    """Return when the server sent an event, in seconds since 1970; it says so with `timestampevents=yes`."""
    return header_seconds(event, "Timestamp")


def header_seconds(event: Message, header: str) -> float | None:
    """Return a duration or time in seconds: `HoldTime`, `TalkTime`, `Wait`, `Duration` ..."""
    text = event.get(header, "").strip()
    seconds = float(text) if _SECONDS.fullmatch(text) else math.inf
    return seconds if math.isfinite(seconds) else None


def _number(event: Message, header: str) -> int | None:
    digits = event.get(header, "").strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= DIGITS_MAX else None
