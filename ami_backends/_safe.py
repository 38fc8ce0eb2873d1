"""Text of a server, made harmless to a terminal."""

import re

_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f"  # control characters: escape sequences begin with one
    r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # what reorders text, or breaks lines
    r"\ud800-\udfff]"  # bytes that are not UTF-8
)


def safe(text: str) -> str:
    r"""Return the text as one printable line: what is not printable becomes `\x1b` and the like."""
    return _UNSAFE.sub(_escape, text)


def safe_line(text: str) -> str:
    """Return a line of command output, where tabs are layout, made harmless."""
    return safe(text.expandtabs())


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # where `surrogateescape` puts a byte
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
