"""Events of calls, as a busy server sends them: one captured call, again and again, with fresh ids.

The call has 36 events of 16 to 30 headers, one of them a Hangup. Every event has a Channel, a Uniqueid and a
Linkedid, so that a handler can read the same three headers of each.
"""

import re

from conformance.corpus import capture

CAPTURE = "asterisk-22.10.1/call-mix"
LINKED_ID = "1795194179.14"
"""The call of the capture: Local/dial and its second leg, Local/1000."""
EVENTS_PER_CALL = 36
VARSETS_MAX = 9
"""A quarter of the call: their share in the whole capture."""
HEADERS_MIN, HEADERS_MAX = 16, 30
NAME, NAME_IN_ASCII = "Zoë Ünï".encode(), b"Zoe Uni"
UNICODE_EVERY = 8
"""One call in so many keeps the letters beyond ASCII in the caller's name, which all its events have."""
LAST = b"Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: Last\r\n\r\n"
"""It ends a flood."""

_IDS = re.compile(rb"-(0000000[0-9a-f]);|: (\d{10}\.\d+)\r\n|: ([0-9a-f]{8})-[0-9a-f]{4}-")
"""A channel's number; Uniqueid, Linkedid and the time of the event; the first part of a bridge's id."""


def stream(count: int) -> bytes:
    """Return so many events: whole calls."""
    return b"".join(calls(count))


def calls(count: int) -> list[bytes]:
    """Return calls with so many events in all, numbered from 0."""
    number, rest = divmod(count, EVENTS_PER_CALL)
    if rest:
        raise ValueError(f"{count} events are no whole number of calls of {EVENTS_PER_CALL}")
    with_name = b"".join(captured_call())
    ids = sorted({each for found in _IDS.findall(with_name) for each in found if each})
    cut = re.compile(rb"(%s)" % b"|".join(map(re.escape, ids)))
    forms = cut.split(with_name), cut.split(with_name.replace(NAME, NAME_IN_ASCII))
    return [_renumbered(forms[call % UNICODE_EVERY > 0], call) for call in range(number)]


def captured_call() -> list[bytes]:
    """Return the events of one call: all but Hangup in their order, then one Hangup."""
    frames = re.split(rb"(?<=\r\n\r\n)", capture(CAPTURE).data)
    events = [frame for frame in frames if _belongs(frame)]
    (hangup, *_), varsets = (_named(events, name) for name in (b"Hangup", b"VarSet"))
    left_out = {*_named(events, b"Hangup"), *varsets[VARSETS_MAX:]}
    return [*[event for event in events if event not in left_out][: EVENTS_PER_CALL - 1], hangup]


def _named(events: list[bytes], name: bytes) -> list[bytes]:
    return [event for event in events if event.startswith(b"Event: %s\r\n" % name)]


def _belongs(frame: bytes) -> bool:
    wanted = (
        b"Event: ",
        b"\r\nPrivilege: ",
        b"\r\nChannel: ",
        b"\r\nUniqueid: ",
        f"\r\nLinkedid: {LINKED_ID}\r\n".encode(),
    )
    size = frame.count(b"\r\n") - 1
    return all(each in frame for each in wanted) and HEADERS_MIN <= size <= HEADERS_MAX


def _renumbered(pieces: list[bytes], call: int) -> bytes:
    """Return a call with ids of its own. Every second piece is an id; the distances between ids stay."""
    ids = {old: _fresh(old, call) for old in set(pieces[1::2])}
    return b"".join([ids.get(piece, piece) for piece in pieces])


def _fresh(old: bytes, call: int) -> bytes:
    if b"." not in old:
        return b"%08x" % (int(old, 16) + 16 * call)
    seconds, number = old.split(b".")
    return b"%d.%d" % (int(seconds) + call, int(number) + 16 * call)
