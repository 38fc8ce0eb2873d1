"""Check the parts of an action, so that Asterisk reads each line as it was meant.

Actions from a call and set-up actions from a configuration are both checked here. Raises `InvalidAction`.
No error shows a value, because it may be a secret; the caller names the line.
"""

from typing import Final

from ami_proto.errors import InvalidAction

# main/manager.c:7219 `inbuf[1025]`: 1022 bytes and CRLF.
LINE_SIZE_MAX: Final = 1022

_RESERVED: Final = frozenset({"action", "actionid"})


def encoded_action(name: object) -> bytes:
    """Return the first line of an action, without its line end."""
    if not isinstance(name, str):
        raise InvalidAction(f"action name must be text, not {type(name).__name__}")
    if not name.strip():
        raise InvalidAction("action name is empty")
    if name[0] <= " " or name[-1] <= " ":
        # Asterisk skips such bytes before a value (facts, 1.3): it would run ` Logoff` as Logoff, and the
        # library, which looks at the name as it is, would not expect the session to end.
        raise InvalidAction("action name has blanks or control characters at its ends")
    return _encoded("the action name", f"Action: {name}")


def encoded_header(what: str, name: str, value: str) -> bytes:
    """Return a header, whose name was checked, without its line end. `what` names the line in an error."""
    return _encoded(what, f"{name}: {value}")


def check_header_name(name: object) -> None:
    """Refuse a name that no header can have, or that the library sets itself."""
    if not isinstance(name, str):
        raise InvalidAction(f"header name must be text, not {type(name).__name__}")
    if not name or name != name.strip() or ":" in name:
        # The name is not shown: with a colon in it, it may be a whole header line, and the value a secret.
        raise InvalidAction("a header name is empty, has a colon, or blanks at its ends")
    _encoded("a header name", name)
    if name.lower() in _RESERVED:
        raise InvalidAction(f"header {name!r} is set by the library")


def _encoded(what: str, line: str) -> bytes:
    if "\r" in line or "\n" in line or "\0" in line:
        raise InvalidAction(f"CR, LF or NUL in {what}")
    try:
        # Bytes that were not UTF-8 when Python read them (arguments, file names) are sent as they were.
        encoded = line.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise InvalidAction(f"{what} cannot be written as UTF-8") from None
    if len(encoded) > LINE_SIZE_MAX:
        raise InvalidAction(f"{what} has {len(encoded)} bytes, Asterisk takes {LINE_SIZE_MAX}")
    return encoded
