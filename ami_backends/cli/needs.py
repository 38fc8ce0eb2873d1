"""What a configuration needs of its account in Asterisk: actions, events, and the classes of each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Final

from ami_proto import Policy, ServerConfig
from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.catalogue.event_record import EVENTS
from ami_proto.catalogue.releases import has_event

Classes = frozenset[str]

_BITS: Final = {
    "system": 0, "call": 1, "log": 2, "verbose": 3, "command": 4, "agent": 5, "user": 6, "config": 7,
    "dtmf": 8, "reporting": 9, "cdr": 10, "dialplan": 11, "originate": 12, "agi": 13, "cc": 15, "aoc": 16,
    "test": 17, "security": 18, "message": 19,
}  # fmt: skip
"""`perms[]` of main/manager.c, in its order, with the bit of each (include/asterisk/manager.h)."""
CLASSES: Final = tuple(_BITS)

POWERFUL: Final = ("system", "command", "config", "originate", "agi")
"""The classes whose actions can start programs or change the configuration."""

_BY_HARM: Final = (*(each for each in reversed(CLASSES) if each not in POWERFUL), *reversed(POWERFUL))

_YES: Final = frozenset({"on", "t", "true", "y", "yes"})
_NO: Final = frozenset({"f", "false", "n", "no", "off"})


@dataclass(frozen=True, slots=True)
class Needs:
    """What a configuration needs. Each name has the classes of which one is enough."""

    actions: tuple[str, ...]
    """The actions that the policy allows, and those of the set-up."""
    any_action: bool
    """Whether the policy allows everything: nobody can say then what the program sends."""
    named: frozenset[str]
    """The names, in lower case, that the author of the configuration wrote: other actions are a profile's."""
    events: Mapping[str, Classes]
    any_event: bool
    """Whether the configuration takes whatever the user may read."""
    masked: tuple[str, ...]
    """Events that the option `events` leaves out."""
    unknown: tuple[str, ...]
    """Patterns that no event of this release matches."""


def needs_of(
    config: ServerConfig, patterns: Iterable[str], release: str | None, *, may_originate: bool
) -> Needs:
    """Return what a configuration needs. `patterns` are names and globs of the events that it is for.

    `may_originate` says that the account may place calls: a policy that allows everything does not say it.
    """
    policy, wanted = Policy.of(config.policy), tuple(patterns)
    setup = [each.name for each in config.setup]
    mask = mask_classes(config.events)
    names = {pattern: _events_like(pattern, release) for pattern in wanted}
    events = {name: _classes(EVENTS[name].classes) for found in names.values() for name in found}
    if not wanted and mask is not None:
        events = {f"the option events ({each})": frozenset({each}) for each in CLASSES if each in mask}
    masked = tuple(name for name, each in events.items() if mask is not None and each and not each & mask)
    if config.awaits_boot:
        events["FullyBooted"] = frozenset({"system"})
    originates = policy.allows_some("Originate") and (policy.judges or may_originate)
    if originates and (mask is None or "call" in mask):
        events["OriginateResponse"] = frozenset({"call"})
    return Needs(
        actions=tuple(dict.fromkeys((*(_allowed(policy) if policy.judges else ()), *setup))),
        any_action=not policy.judges,
        named=frozenset(name.lower() for name in (*policy.allow, *setup)),
        events={name: each for name, each in events.items() if each},
        any_event=mask is None and not wanted,
        masked=masked,
        unknown=tuple(pattern for pattern, found in names.items() if not found),
    )


def mask_classes(mask: str | None) -> Classes | None:
    """Return the classes of the option `events`; None where it takes whatever the user may read."""
    if not mask or mask.lower() in _YES:
        return None
    if mask.isascii() and mask.isdigit():
        return frozenset(name for name, bit in _BITS.items() if int(mask) >> bit & 1)
    words = () if mask.lower() in _NO else mask.split(",")
    return None if "all" in words else _classes(words)


def smallest(needs: Mapping[str, Classes]) -> Classes:
    """Return the fewest classes of which each need has one; among as few, the least powerful."""
    forced = frozenset(name for each in needs.values() if len(each) == 1 for name in each)
    others = {each for each in needs.values() if each and not each & forced}
    choices = sorted(frozenset[str]().union(*others), key=_harm)
    sets = (chosen for size in range(len(choices) + 1) for chosen in combinations(choices, size))
    return forced | next(frozenset(chosen) for chosen in sets if all(each & {*chosen} for each in others))


def in_order(classes: Iterable[str]) -> tuple[str, ...]:
    """Return classes in the order in which Asterisk names them."""
    known = frozenset(classes)
    return (*(each for each in CLASSES if each in known), *sorted(known.difference(CLASSES)))


def _allowed(policy: Policy) -> list[str]:
    """Return the names of the actions that a policy can allow."""
    own = [name for name in policy.allow if name.lower() not in ACTIONS]
    return [record.name for record in ACTIONS.values() if policy.allows_some(record.name)] + own


def _events_like(pattern: str, release: str | None) -> list[str]:
    glob = pattern.lower()
    return [
        name
        for name in EVENTS
        if fnmatchcase(name.lower(), glob) and (release is None or has_event(release, name) is not False)
    ]


def _classes(words: Iterable[str]) -> Classes:
    return frozenset(words).intersection(CLASSES)


def _harm(name: str) -> int:
    return _BY_HARM.index(name) if name in _BY_HARM else len(_BY_HARM)
