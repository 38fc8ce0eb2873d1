"""Text from a server, made safe to print on a terminal."""

import re

_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f"  # control characters: escape sequences begin with one
    r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # they reorder text, or break lines
    r"\ud800-\udfff]"  # `surrogateescape` puts bytes here that are not UTF-8
)


def safe(text: str) -> str:
    r"""Return the text as one printable line; other characters become `\x1b` and the like."""
    return _UNSAFE.sub(_escape, text)


def safe_line(text: str) -> str:
    """Return a line of command output as printable text, with its tabs as spaces."""
    return safe(text.expandtabs())


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that `surrogateescape` kept: show the byte
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
