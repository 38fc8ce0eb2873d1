"""`ami actions` and `ami events`: what Asterisk has, without a server."""

from collections.abc import Collection
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Annotated, TypeVar

import typer
from rich.text import Text

from ami_backends.cli.entries import CatalogueEntry, entry_lines, entry_record, synopsis
from ami_backends.cli.exits import UsageProblem
from ami_backends.cli.json_lines import write_json
from ami_backends.cli.options import JsonOutput
from ami_backends.cli.screen import Screen
from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.catalogue.event_record import EVENTS

PatternArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[PATTERN]",
        help="A name in any case, a pattern of names with the wildcards * and ?, or words that a name and its"
        " sentence contain.",
        show_default=False,
    ),
]
Found = TypeVar("Found", bound=CatalogueEntry)

LIST_WIDTH_MAX = 28
"""Columns for names in a list; a longer one shifts the rest of its line."""


def actions(pattern: PatternArgument = None, json: JsonOutput = False) -> None:
    """List the actions of Asterisk, or show one whole.

    No server is needed.

    For example: ami actions QueueAdd
    """
    _show(_matching(ACTIONS.values(), pattern, "action"), pattern, json)


def events(pattern: PatternArgument = None, json: JsonOutput = False) -> None:
    """List the events of Asterisk, or show one whole.

    No server is needed.

    For example: ami events 'Queue*'
    """
    _show(_matching(EVENTS.values(), pattern, "event"), pattern, json)


def _matching(entries: Collection[Found], pattern: str | None, kind: str) -> list[Found]:
    """Return the entries that match a pattern. Raises `UsageProblem` if none does."""
    if pattern is None:
        return list(entries)
    wanted = pattern.lower()
    # `Agentlogin` and `AgentLogin` are two events.
    exact = [each for each in entries if each.name == pattern]
    named = [each for each in entries if each.name.lower() == wanted]
    globbed = [each for each in entries if fnmatchcase(each.name.lower(), wanted)]
    containing = [each for each in entries if _contains(each, wanted.split())]
    found = exact or named or globbed or containing
    if not found:
        names = {each.name.lower(): each.name for each in entries}
        close = get_close_matches(wanted, names, n=1)
        hint = f"did you mean {names[close[0]]}?" if close else f"`ami {kind}s` lists them all"
        raise UsageProblem(f"no {kind} matches {pattern!r}: {hint}")
    return found


def _contains(entry: CatalogueEntry, words: list[str]) -> bool:
    text = f"{entry.name} {synopsis(entry)}".lower()
    return bool(words) and all(word in text for word in words)


def _show(found: list[Found], pattern: str | None, json: bool) -> None:
    """Write what was found: one entry whole, several as a list."""
    if json:
        for entry in found:
            write_json(entry_record(entry))
        return
    screen = Screen()
    if len(found) == 1 and pattern is not None:
        for line in entry_lines(found[0]):
            screen.write(line)
        return
    width = min(max(len(entry.name) for entry in found), LIST_WIDTH_MAX)
    for entry in found:
        screen.write(Text.assemble((entry.name.ljust(width), "bold"), "  ", synopsis(entry)), crop=True)
