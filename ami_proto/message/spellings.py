"""What a secret looks like where somebody has quoted it: an exception, a log, a line of JSON."""

import re
from collections.abc import Callable, Iterator


def spellings(secret: str) -> Iterator[str]:
    r"""Give what a secret looks like in a text: as it is, and as `repr`, `ascii` and JSON write it.

    Bytes that are not UTF-8 stand there as `surrogateescape` holds them, or as `\xff`.
    """
    for text in (secret, re.sub("[\udc80-\udcff]", lambda byte: f"\\x{ord(byte[0]) - 0xDC00:02x}", secret)):
        yield text
        yield text.encode("ascii", "backslashreplace").decode()
        for escape in (_as_repr, _as_ascii, _as_json, _as_wide_json):
            for quotes in ("", "'", '"'):  # those of them that are escaped
                yield "".join(_escaped(each, escape, quotes) for each in text)


def _escaped(char: str, escape: Callable[[str], str], quotes: str) -> str:
    if char in "'\"":
        return f"\\{char}" if char in quotes else char
    return escape(char)


def _as_repr(char: str) -> str:
    return repr(char)[1:-1]


def _as_ascii(char: str) -> str:
    return ascii(char)[1:-1]


def _as_json(char: str) -> str:
    if char in "\\\b\f\n\r\t":
        return "\\" + "\\bfnrt"["\\\b\f\n\r\t".index(char)]
    if " " <= char <= "~":
        return char
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in zip(units[::2], units[1::2], strict=True))


def _as_wide_json(char: str) -> str:
    return char if char > "~" else _as_json(char)
