"""What a server should never say, and what a client must survive: bytes for `Say` and `Session.push`."""

TORN = b"Event: Torn\r\nPrivilege: system,all\r\nChan"
"""The beginning of an event; the next frame follows in the middle of a header."""

GARBAGE = b"\x00\xfe\xffno protocol at all\r\nnot a header either\r\n\r\n"
"""A frame without a colon."""

GARBAGE_WITH_COLONS = b":\r\n: :\r\nHTTP/1.1 400: Bad Request\r\nDate: now\r\n\r\n"
"""A frame that looks like headers and begins like no message of AMI."""

STRAY_ERROR = b"Response: Error\r\nMessage: Missing action in request\r\n\r\n"
"""An error that names no action; Asterisk sends this one for an empty line too many."""


def oversized(size: int) -> bytes:
    """Give an event of about `size` bytes, and a small one behind it."""
    return b"Event: Oversized\r\nPrivilege: system,all\r\nFill: %b\r\n\r\n" % (b"x" * size) + flood(1)


def flood(count: int) -> bytes:
    """Give so many events, numbered from 0 on."""
    return b"".join(
        b"Event: Flood\r\nPrivilege: system,all\r\nNumber: %d\r\n\r\n" % number for number in range(count)
    )
