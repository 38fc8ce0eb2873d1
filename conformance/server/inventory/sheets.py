"""Sheets: the headers of one kind of message as a text, in Asterisk's order, each with its usual value.

A mark before a header says which releases have it: none for all, `20+` for those from 20 on, `16-` for those
up to 16. A mark says that 16.28 and 22.10 were seen to differ; in which release between them is not proved.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

NEWEST = 99
"""More than any release."""

_LINE = re.compile(r"(?:(?P<release>\d+)(?P<mark>[+-])\s+)?(?P<name>[^:]+):\s*(?P<value>.*)")


@dataclass(frozen=True, slots=True)
class Line:
    """One header of a sheet, and the releases that have it."""

    name: str
    value: str
    first: int = 0
    last: int = NEWEST


class Sheet:
    """The headers of one kind of message; `fill` gives them with what is special about one object."""

    def __init__(self, text: str) -> None:
        self.lines = tuple(_read(line.strip()) for line in text.splitlines() if line.strip())
        self.names = frozenset(line.name for line in self.lines)

    def fill(self, values: Mapping[str, object], release: int = NEWEST) -> list[tuple[str, object]]:
        """Give the headers of a release; a value of None leaves its header out."""
        if unknown := values.keys() - self.names:
            raise ValueError(f"the sheet has no {', '.join(sorted(unknown))}")
        filled = [
            (line.name, values.get(line.name, line.value))
            for line in self.lines
            if line.first <= release <= line.last
        ]
        return [(name, value) for name, value in filled if value is not None]


def _read(text: str) -> Line:
    match = _LINE.fullmatch(text)
    if match is None:
        raise ValueError(f"not a line of a sheet: {text!r}")
    release = int(match["release"] or 0)
    first = release if match["mark"] == "+" else 0
    last = release if match["mark"] == "-" else NEWEST
    return Line(match["name"], match["value"], first, last)
