"""The first line that a server sends: `Asterisk Call Manager/x.y.z`."""

import re
from typing import Final

# No banner of any release is longer than 30 bytes; a longer first line than this is some other text.
BANNER_SIZE_MAX: Final = 256

# Seen: `Asterisk Call Manager/`, `Asterisk Call Manager Proxy/`, `Asterisk Manager Proxy/`, `OpenPBX Call
# Manager/`, `CallWeaver Call Manager/`. Other names and other versions are no reason to refuse the server.
_BANNER: Final = rb"(?i)((?:\w[\w .-]* )?(?:call manager(?: proxy)?|manager proxy))(?:/|[ \t]+v?(?=\d))"


def parse_banner(line: bytes) -> str | None:
    """Return the version that a banner line names, or None if the line is not a banner.

    A banner names a call manager or a proxy of managers, and a version. Releases name two or three dotted
    integers (1.0 to 13.0.0). Any other version is returned as it is: the odd version of a proxy is not a
    reason to refuse the server.
    """
    found = _match(line)
    return None if found is None else line[found.end() :].strip().decode("utf-8", "surrogateescape")


def banner_name(line: bytes) -> bytes | None:
    """Return what a banner line names, `Asterisk Call Manager`; None if the line is not a banner."""
    found = _match(line)
    return None if found is None else found[1]


def _match(line: bytes) -> re.Match[bytes] | None:
    return re.match(_BANNER, line) if len(line) <= BANNER_SIZE_MAX else None


def version_tuple(version: str) -> tuple[int, ...]:
    """Return the leading dotted integers of a version: `"2.10.6"` gives `(2, 10, 6)`, `"x"` gives `()`.

    It cannot tell the format of Command's output: 2.8.0 is the version of Asterisk 13.5 to 13.12, which send
    `Response: Follows`, and of 14.0 to 14.1, which send `Output:`.
    """
    numbers: list[int] = []
    for part in version.split("."):
        if not (part.isascii() and part.isdigit()):
            break
        numbers.append(int(part[:9]))  # a peer may send thousands of digits, which `int` refuses
    return tuple(numbers)
