"""How a CLI command ends: with a text, or with a text that tells of a failure."""

from collections.abc import Callable

from conformance.server.exchange import Exchange

CommandWithArguments = Callable[[Exchange, list[str]], str]
"""Give a command's output for the words behind its name."""


class CliFailed(Exception):
    """Raised by a command that fails: its text is the output, and the response is an error."""


def plural(count: int, noun: str) -> str:
    """Say a number of things."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
