"""Text of a server must not control the terminal."""

import pytest

from ami_backends.sessions.printable import safe, safe_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ümläut ☎ [bold]x[/bold]", "Ümläut ☎ [bold]x[/bold]"),
        ("\x1b[31mred\x1b]0;title\x07", "\\x1b[31mred\\x1b]0;title\\x07"),
        ("two\nlines\r", "two\\x0alines\\x0d"),
        ("\x9b2J\x7f", "\\x9b2J\\x7f"),
        ("a\u202eb\u2028c", "a\\u202eb\\u2028c"),
        (b"caf\xe9".decode("utf-8", "surrogateescape"), "caf\\xe9"),
        ("\ud800", "\\ud800"),
    ],
)
def test_characters_that_are_not_printable_are_escaped(text: str, expected: str) -> None:
    assert safe(text) == expected


def test_tabs_of_command_output_are_layout() -> None:
    assert safe_line("a\tb\x1b") == "a       b\\x1b"
