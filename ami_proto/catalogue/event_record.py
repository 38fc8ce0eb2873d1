"""The events of Asterisk, 1.8 to master: when each is sent, and which headers it has."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from ami_proto.catalogue.event_table import EVENT_ROWS, EventRow, HeaderRow


class EventHeader(NamedTuple):
    """One header of an event."""

    name: str
    optional: bool
    """Whether it is left out where it has no value."""
    repeated: bool
    words: tuple[str, ...]
    """The values that Asterisk documents."""


class EventRecord(NamedTuple):
    """One event of Asterisk."""

    name: str
    means: str
    classes: tuple[str, ...]
    """The classes of which a user needs one to receive it; none where it belongs to a reply."""
    since: tuple[str, ...]
    """The releases in which it appeared, one of each branch; empty where that is not documented."""
    branches: str
    """The branches that have it, in runs such as `16 18-master`."""
    headers: tuple[EventHeader, ...]

    @property
    def view(self) -> str:
        """The name of its view in `ami_proto.events`."""
        return self.name.replace("-", "_")


def header_of(row: HeaderRow) -> EventHeader:
    """Return a header of its row: a name with its marks, `?` optional and `*` repeated, then its values."""
    marked, *words = (row,) if isinstance(row, str) else row
    name = marked.rstrip("?*")
    marks = marked[len(name) :]
    return EventHeader(name, "?" in marks, "*" in marks, tuple(words))


def _record(row: EventRow) -> EventRecord:
    *facts, groups = row
    return EventRecord._make((*facts, tuple(header_of(each) for group in groups for each in group)))


EVENTS: Final[Mapping[str, EventRecord]] = MappingProxyType({row[0]: _record(row) for row in EVENT_ROWS})
"""By name, in Asterisk's spelling: `Agentlogin` of 11 and `AgentLogin` of 12 have different headers."""
