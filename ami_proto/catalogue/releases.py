"""Which releases of Asterisk have an action or an event: the catalogue, and what a server says of itself."""

import math
import re
from typing import TYPE_CHECKING, Final

from ami_proto.catalogue.action_record import ACTIONS, ActionRecord

if TYPE_CHECKING:
    from ami_proto.catalogue.event_record import EventRecord

# `22.10.1`, `16.28.0~dfsg-0+deb11u4`, `certified/18.9-cert3`, `certified-20.7-cert1`, `1.8.32.3`; not
# `GIT-master-1a2b3c`.
_NUMBERS: Final = re.compile(r"(?:certified[/-])?(\d{1,4}(?:\.\d{1,4}){0,3})(?!\d)", re.ASCII | re.IGNORECASE)


RELEASE_LENGTH_MAX: Final = 100
"""Characters: packages of distributions take up to forty. Each snapshot and each error about an unknown
action holds the text."""


def clean_release(text: str | None) -> str | None:
    """Return the release that a server says it has; None where that is empty, too long, or not printable."""
    release = (text or "").strip()
    return release if release.isprintable() and 0 < len(release) <= RELEASE_LENGTH_MAX else None


def release_numbers(text: str) -> tuple[int, ...]:
    """Return the numbers of a release as CoreSettings names it; none where it has no numbers."""
    found = _NUMBERS.match(text.strip())
    return tuple(map(int, found[1].split("."))) if found else ()


def has_action(release: str, name: str) -> bool | None:
    """Whether a release has an action; None for an unknown action, and for a release without numbers."""
    record, numbers = ACTIONS.get(name.lower()), release_numbers(release)
    return None if record is None or not numbers else _has(record, numbers)


def has_event(release: str, name: str) -> bool | None:
    """Whether a release has an event, in Asterisk's spelling; None as for `has_action`."""
    from ami_proto.catalogue.event_record import EVENTS  # which a program without views need not load

    record, numbers = EVENTS.get(name), release_numbers(release)
    return None if record is None or not numbers else _has(record, numbers)


def why_missing(release: str, name: str) -> str | None:
    """Return a sentence about an action that a release lacks; None if it has it, or nobody knows."""
    if has_action(release, name) is not False:
        return None
    record = ACTIONS[name.lower()]
    numbers = release_numbers(release)
    if record.since and numbers < max(map(release_numbers, record.since)):
        when = f"it came with {_listed(record.since)}"
    else:
        when = f"only {record.branches.replace(' ', ', ').replace('-', ' to ')} have it"
    return f"Asterisk {release} has no {record.name}: {when}"


def _has(record: "ActionRecord | EventRecord", numbers: tuple[int, ...]) -> bool:
    branch = _branch(numbers)
    for since in map(release_numbers, record.since):
        if _branch(since) == branch:
            # `20.20` is no less than 20.20.0: certified releases have two numbers.
            return numbers + (0,) * (len(since) - len(numbers)) >= since
    return any(first <= branch <= last for first, last in _runs(record.branches))


def _branch(numbers: tuple[int, ...]) -> float:
    """Return the branch of a release as one number: 16 for 16.28.0, 1.8 for 1.8.32."""
    return float(f"1.{numbers[1]}") if numbers[0] == 1 and len(numbers) > 1 else float(numbers[0])


def _runs(branches: str) -> list[tuple[float, float]]:
    """Return the first and the last branch of each run, of `16 18-master` for one."""
    found: list[tuple[float, float]] = []
    for run in branches.split():
        first, _, last = run.partition("-")
        found.append((float(first), math.inf if last == "master" else float(last or first)))
    return found


def _listed(releases: tuple[str, ...]) -> str:
    *most, last = sorted(releases, key=release_numbers)
    return f"{', '.join(most)} and {last}" if most else last
