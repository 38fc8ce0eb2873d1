"""The ways in which text is written when it is quoted, to find a secret in quoted text.

A server that repeats a secret is quoted in errors, logs and JSON, sometimes twice: the `repr` of a message
has the `repr` of a line in it. Each quotes and escapes differently.
"""

import re
from collections.abc import Iterator
from typing import Final

SECRET_SIZE_MIN: Final = 4
"""A shorter secret is not searched for in text: it would be found in half of all sentences."""

_HEX: Final = r"(?<=\\[xuU])[0-9a-f]+"
_NOT_UTF_8: Final = "[\udc80-\udcff]"


def spellings(secret: str) -> frozenset[str]:
    r"""Return every way in which a secret may be written in text that is quoted once or twice.

    Empty for a short secret. The ways are: as it is, and as `repr`, `ascii`, the `repr` of its bytes and JSON
    write it; bytes that are not UTF-8 as `surrogateescape` holds them, or as `\xff`. Most secrets, those of
    letters and digits, have one spelling.
    """
    if len(secret) < SECRET_SIZE_MIN:
        return frozenset()
    once = frozenset(_quoted(secret))
    return once if len(once) == 1 else once.union(*map(_quoted, once))


def _quoted(text: str) -> Iterator[str]:
    for each in (text, re.sub(_NOT_UTF_8, lambda byte: f"\\x{ord(byte[0]) - 0xDC00:02x}", text)):
        yield each
        # Character by character, because each of these escapes every character by itself, quotes apart.
        for escape in (_as_ascii_only, _as_repr, _as_ascii, _as_bytes, _as_json, _as_wide_json):
            written = {char: escape(char) for char in each}
            # Some languages write the digits of an escape in capitals.
            upper = {char: re.sub(_HEX, _in_capitals, said) for char, said in written.items()}
            for escapes in (written, upper):
                for quotes in ("", "'", '"'):  # which quote is escaped depends on the one around the text
                    quoted = {quote: f"\\{quote}" if quote in quotes else quote for quote in "'\""}
                    yield "".join(map((escapes | quoted).__getitem__, each))


def _in_capitals(digits: re.Match[str]) -> str:
    return digits[0].upper()


def _as_ascii_only(char: str) -> str:
    return char.encode("ascii", "backslashreplace").decode()


def _as_repr(char: str) -> str:
    return repr(char)[1:-1]


def _as_ascii(char: str) -> str:
    return ascii(char)[1:-1]


def _as_bytes(char: str) -> str:
    errors = "surrogateescape" if re.match(_NOT_UTF_8, char) else "surrogatepass"
    return repr(char.encode("utf-8", errors))[2:-1]


def _as_json(char: str) -> str:
    if char in "\\\b\f\n\r\t":
        return "\\" + "\\bfnrt"["\\\b\f\n\r\t".index(char)]
    if " " <= char <= "~":
        return char
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in zip(units[::2], units[1::2], strict=True))


def _as_wide_json(char: str) -> str:
    return char if char > "~" else _as_json(char)
