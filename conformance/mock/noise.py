"""Bytes that no server should send and every client must survive, for `Inject` and `MockSession.push`."""

TORN = b"Event: Torn\r\nPrivilege: system,all\r\nChan"
"""The start of an event; the next frame then begins in the middle of a header."""

GARBAGE = b"\x00\xfe\xffno protocol at all\r\nnot a header either\r\n\r\n"
"""A frame whose lines have no colon."""

GARBAGE_WITH_COLONS = b":\r\n: :\r\nHTTP/1.1 400: Bad Request\r\nDate: now\r\n\r\n"
"""A frame of headers that does not begin like any AMI message."""

STRAY_ERROR = b"Response: Error\r\nMessage: Missing action in request\r\n\r\n"
"""An error without ActionID, as Asterisk sends for a superfluous empty line."""


def oversized(size: int) -> bytes:
    """Return an event of about `size` bytes, and a small event after it."""
    return b"Event: Oversized\r\nPrivilege: system,all\r\nFill: %b\r\n\r\n" % (b"x" * size) + flood(1)


def flood(count: int) -> bytes:
    """Return that many events, numbered from 0."""
    return b"".join(
        b"Event: Flood\r\nPrivilege: system,all\r\nNumber: %d\r\n\r\n" % number for number in range(count)
    )
