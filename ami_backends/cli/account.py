"""The classes of a user, read from the answers of Asterisk.

`ListCommands` lists the actions that the user may run, with the classes of each (main/manager.c,
action_listcommands): an action of one class says that the user has it. A user who may run `Command` is told
more: `manager show user` prints both lists of classes (handle_showmanager). No answer tells other users their
`read` classes; `FullyBooted` after the login shows `system`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ami_backends.cli.needs import CLASSES, Classes

_PRIVILEGES: Final = re.compile(r"\(Priv: ([^()]*)\)\s*\Z")
_NO_CLASS: Final = frozenset({"all", "<none>", ""})


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """A user of manager.conf. Fields that Asterisk does not show are None."""

    username: str
    actions: Mapping[str, Classes]
    """The actions that the user may run, in lower case, with the classes of which one is enough."""
    read: Classes | None = None
    write: Classes | None = None
    """What `manager show user` printed; None where it could not be asked for."""
    limited: bool | None = None
    """Whether the user may come from some addresses only; None where Asterisk does not tell."""
    booted: bool | None = None
    """Whether FullyBooted came after the login; None where nobody waited for it."""

    @property
    def held(self) -> Classes:
        """The `write` classes that the user has for sure."""
        if self.write is not None:
            return self.write
        return frozenset(name for each in self.actions.values() if len(each) == 1 for name in each)


def listed_actions(pairs: Iterable[tuple[str | None, str]]) -> dict[str, Classes]:
    """Return the actions of a ListCommands response, in lower case, each with its classes."""
    found: dict[str, Classes] = {}
    for name, value in pairs:
        if name is not None and (privileges := _PRIVILEGES.search(value)):
            found[name.lower()] = frozenset(privileges[1].strip().split(",")) - _NO_CLASS
    return found


def shown_user(lines: Iterable[str]) -> dict[str, str]:
    """Return what `manager show user` printed, by its words; the first value of each."""
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def account_of(
    username: str, actions: Mapping[str, Classes], user: Mapping[str, str], booted: bool | None
) -> KnownAccount:
    """Return the account that these answers describe."""
    limited = {"yes": True, "no": False}.get(user.get("acl", ""))
    return KnownAccount(
        username, actions, _shown(user, "read perm"), _shown(user, "write perm"), limited, booted
    )


def _shown(user: Mapping[str, str], name: str) -> Classes | None:
    return frozenset(user[name].split(",")).intersection(CLASSES) if name in user else None
