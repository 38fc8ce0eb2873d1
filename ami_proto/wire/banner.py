"""The one line a server greets with: `Asterisk Call Manager/x.y.z`."""

from typing import Final

BANNER_NAME: Final = b"Asterisk Call Manager"
BANNER_PREFIX: Final = b"Asterisk Call Manager/"

# No banner of any release is longer than 30 bytes; a first line beyond this is some other text.
BANNER_SIZE_MAX: Final = 256


def parse_banner(line: bytes) -> str | None:
    """Return the version a banner line announces, or None when the line is no banner.

    Releases say two or three dotted integers (1.0 to 13.0.0); whatever else follows the slash is
    returned as it is, because a proxy's version is no reason to refuse the server.
    """
    if not line.startswith(BANNER_PREFIX):
        return None
    return line[len(BANNER_PREFIX) :].strip().decode("utf-8", "surrogateescape")


def version_tuple(version: str) -> tuple[int, ...]:
    """Return the leading dotted integers of a version: `"2.10.6"` gives `(2, 10, 6)`, `"x"` gives `()`.

    Never choose the format of Command's output by it: 2.8.0 was both 13.5 to 13.12, which say
    `Response: Follows`, and 14.0 to 14.1, which say `Output:`.
    """
    numbers: list[int] = []
    for part in version.split("."):
        if not (part.isascii() and part.isdigit()):
            break
        numbers.append(int(part[:9]))
    return tuple(numbers)
