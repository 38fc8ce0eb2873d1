"""The actions of Asterisk, 1.8 to master: what each takes, how it ends, and which servers have it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from ami_proto.catalogue.action_table import ACTION_ROWS, ActionRow


class Parameter(NamedTuple):
    """One argument of an action's function, and the header that it becomes."""

    argument: str
    header: str
    """The name on the wire; several names, with blanks between them, where one argument becomes them all."""
    required: bool
    form: str
    """How the argument is written: `text`, `bool`, `milliseconds` ... (`ami_proto/message/arguments.py`)."""
    secret: tuple[str, ...]
    """The headers whose value no output shows, although their names do not say so."""
    words: tuple[str, ...]
    """The values that Asterisk documents; it may take others."""
    means: str


class ActionRecord(NamedTuple):
    """One action of Asterisk."""

    name: str
    function: str
    """The name of its function in `ami_proto.actions`."""
    does: str
    module: str
    """The module that has it; `core` for those of Asterisk itself."""
    privileges: tuple[str, ...]
    """The classes of which a user needs one to send it; none where every user may."""
    since: tuple[str, ...]
    """The releases in which it appeared, one of each branch; empty where that is not documented."""
    branches: str
    """The branches that have it, in runs such as `16 18-master`."""
    completion: str
    """How it ends, in a word that `sentences` explains; odd ends are judged in `ami_proto/correlation`."""
    end: str
    """The event that ends its list, or has its result."""
    items: tuple[str, ...]
    """The events of its list."""
    blocking: str
    """When Asterisk serves nothing else meanwhile: `always`, `unless asynchronous`, or empty."""
    parameters: tuple[Parameter, ...]


def _record(row: ActionRow) -> ActionRecord:
    *facts, parameters = row
    return ActionRecord._make((*facts, tuple(map(Parameter._make, parameters))))


ACTIONS: Final[Mapping[str, ActionRecord]] = MappingProxyType(
    {row[0].lower(): _record(row) for row in ACTION_ROWS}
)
"""By name in lower case: AMI ignores case in names."""
