"""What a line of an action may hold, so that Asterisk reads what was meant and nothing else.

Whoever takes parts of an action, in a call or in a configuration, checks them here.
"""

from typing import Final

from ami_proto.errors import InvalidAction

# main/manager.c:7219 `inbuf[1025]`: 1022 bytes and CRLF.
LINE_SIZE_MAX: Final = 1022

_RESERVED: Final = frozenset({"action", "actionid"})
_BREAKING: Final = ("\r", "\n", "\0")


def encoded_action(name: object) -> bytes:
    """Return the first line of an action. Raises `InvalidAction`."""
    if not isinstance(name, str):
        raise InvalidAction(f"action name must be text, not {type(name).__name__}")
    if not name.strip():
        raise InvalidAction("action name is empty")
    if name[0] <= " " or name[-1] <= " ":
        # Asterisk skips such bytes before a value (facts, 1.3): ` Logoff` would be Logoff to it alone.
        raise InvalidAction("action name has blanks or control characters at its ends")
    return _encoded("the action name", f"Action: {name}")


def encoded_header(name: str, value: str) -> bytes:
    """Return the line of a header whose name was checked. Raises `InvalidAction`."""
    return _encoded(f"the line of header {name!r}", f"{name}: {value}")


def check_header_name(name: object) -> None:
    """Raise `InvalidAction` for what cannot name a header."""
    if not isinstance(name, str):
        raise InvalidAction(f"header name must be text, not {type(name).__name__}")
    if not name or name != name.strip() or ":" in name:
        # The name is not shown: a colon in it says that the value, maybe a secret, was written there.
        raise InvalidAction("a header name is empty, has a colon, or blanks at its ends")
    _encoded("a header name", name)
    if name.lower() in _RESERVED:
        raise InvalidAction(f"header {name!r} is set by the library")


def _encoded(what: str, line: str) -> bytes:
    """Return the bytes of a line, or a part of one; the error names it and never shows it: a secret may
    be in it.
    """
    if any(char in line for char in _BREAKING):
        raise InvalidAction(f"CR, LF or NUL in {what}")
    try:
        encoded = line.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise InvalidAction(f"{what} cannot be written as UTF-8") from None
    if len(encoded) > LINE_SIZE_MAX:
        raise InvalidAction(f"{what} has {len(encoded)} bytes, Asterisk takes {LINE_SIZE_MAX}")
    return encoded
