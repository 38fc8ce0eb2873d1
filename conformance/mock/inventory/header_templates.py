"""Templates: the headers of one kind of message as a text, in Asterisk's order, each with its usual value.

A mark before a header limits it to some releases: `20+` to 20 and later, `16-` to 16 and earlier. A mark
means that 16.28 and 22.10 differ in the captures; in which release between them that changed is not proved.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

NEWEST = 99
"""Higher than any release."""

_LINE = re.compile(r"(?:(?P<release>\d+)(?P<mark>[+-])\s+)?(?P<name>[^:]+):\s*(?P<value>.*)")


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """One header of a template, and the releases that have it."""

    name: str
    value: str
    first: int = 0
    last: int = NEWEST


class HeaderTemplate:
    """The headers of one kind of message; `fill` returns them with the values of one object."""

    def __init__(self, text: str) -> None:
        self.lines = tuple(_read(line.strip()) for line in text.splitlines() if line.strip())
        self.names = frozenset(line.name for line in self.lines)

    def fill(self, values: Mapping[str, object], release: int = NEWEST) -> list[tuple[str, object]]:
        """Return the headers of a release with these values; None leaves its header out."""
        if unknown := values.keys() - self.names:
            raise ValueError(f"the template has no {', '.join(sorted(unknown))}")
        filled = [
            (line.name, values.get(line.name, line.value))
            for line in self.lines
            if line.first <= release <= line.last
        ]
        return [(name, value) for name, value in filled if value is not None]


def _read(text: str) -> TemplateLine:
    match = _LINE.fullmatch(text)
    if match is None:
        raise ValueError(f"not a line of a template: {text!r}")
    release = int(match["release"] or 0)
    first = release if match["mark"] == "+" else 0
    last = release if match["mark"] == "-" else NEWEST
    return TemplateLine(match["name"], match["value"], first, last)
