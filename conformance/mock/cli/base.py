"""What the CLI commands share: the type of a command, its failure, and plurals."""

from collections.abc import Callable

from conformance.mock.exchange import Exchange

CommandWithArguments = Callable[[Exchange, list[str]], str]
"""A CLI command: returns its output for the words after its name."""


class CliFailed(Exception):
    """Raised by a command that fails; its text is the output of the error response."""


def plural(count: int, noun: str) -> str:
    """Format a count and a noun: `1 call`, `2 calls`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
