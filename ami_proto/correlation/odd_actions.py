"""The actions that do not follow AMI's convention, with the strategy that each needs.

`Automatic` serves every other action, also unknown ones. `QueueRule`, `GetConfig`, `ListCommands` and
`PresenceState` look odd and are not: each has one response.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.config.action_rules import YES
from ami_proto.config.server import DURATION_MAX
from ami_proto.correlation.completion import Completion
from ami_proto.correlation.strategies import AsyncEvent, Automatic, EventList, EventOnly, Fence
from ami_proto.message.encoding import Action

AUTOMATIC: Final = Automatic()
"""The strategy of every ordinary action."""

ORIGINATE_TIMEOUT_DEFAULT = 30.0
"""Seconds that Asterisk dials without a `Timeout` (main/manager.c:5275)."""
ORIGINATE_MARGIN = 5.0
"""Seconds from the end of the dialling to its event."""
WAIT_EVENT_MARGIN = 5.0
"""Seconds from the end of the waiting to its answer."""

NUMBER_DIGITS_MAX = 9
"""Digits of a `Timeout` that is used as it is; Asterisk reads 32 bits, and longer ones overflow there."""


def completion_for(action: Action) -> Completion:
    """Return the strategy for an action, chosen by its name and headers."""
    key = action.key
    if key == "originate":
        return _originate(action)
    if key == "waitevent":
        return _wait_event(action)
    return ODD_ACTIONS.get(key, AUTOMATIC)


def blocks_session(action: Action) -> bool:
    """Whether Asterisk may be unable to serve the session while this action runs.

    One thread serves a session, strictly in order: a synchronous Originate blocks it until the call is
    answered, a Command until the command has run, WaitEvent until an event comes.
    """
    blocking = _BLOCKING.get(action.key)
    if blocking == "unless asynchronous":
        return action.get("Async", "").strip().lower() not in YES
    return blocking is not None


def fence_allowed(action: Action) -> bool:
    """Whether a `Ping` may follow at once. Not after WaitEvent: any input ends it (main/manager.c:3306)."""
    return action.key != "waitevent"


_BLOCKING: Final = {key: record.blocking for key, record in ACTIONS.items() if record.blocking}


_COMPLETIONS: Final[Mapping[str, Callable[[str], Completion]]] = MappingProxyType(
    {
        # Before 13.2, a list without an `EventList` header, closed by the name of an event (facts, 4.1).
        "unmarked": lambda end: Automatic(terminal_events=frozenset({end})),
        # One event after the response, without an announcement before it or an end after it.
        "event": AsyncEvent,
        # An event and no response.
        "event only": EventOnly,
        # No end that can be recognised.
        "fence": lambda _: Fence(),
        # The same, and perhaps no response with the ActionID.
        "fence only": lambda _: Fence(response_required=False),
    }
)
"""What an odd completion of the catalogue is, given the name of its last event."""

ODD_ACTIONS: Final[Mapping[str, Completion]] = MappingProxyType(
    {
        key: _COMPLETIONS[record.completion](record.end)
        for key, record in ACTIONS.items()
        if record.completion in _COMPLETIONS
    }
)
"""By lower-case name. The strategies of `originate` and `waitevent` depend on their headers."""


def _originate(action: Action) -> Completion:
    """Wait as long as Asterisk dials: for the response, or for the event with the result."""
    duration = _dial_timeout(action) + ORIGINATE_MARGIN
    if blocks_session(action):
        return Automatic(duration=duration)
    return AsyncEvent(
        "OriginateResponse",
        duration=duration,
        unconfirmed_hint="OriginateResponse needs class 'call' in the user's read classes and in the"
        " event mask, and no event filter that hides it",
    )


def _wait_event(action: Action) -> Completion:
    """Wait as long as Asterisk waits. That is for ever without a `Timeout`, or with a negative one
    (main/manager.c:3306); the action then gets the configuration's timeout, because every action must end.
    """
    seconds = _timeout(action)
    return EventList(
        terminal_events=frozenset({"WaitEventComplete"}),
        duration=None if seconds is None else min(seconds + WAIT_EVENT_MARGIN, DURATION_MAX),
    )


def _dial_timeout(originate: Action) -> float:
    """Return how long an Originate dials, in seconds; its `Timeout` is in milliseconds."""
    milliseconds = _timeout(originate)
    return ORIGINATE_TIMEOUT_DEFAULT if milliseconds is None else milliseconds / 1000


def _timeout(action: Action) -> int | None:
    """Return the `Timeout` of an action; None if it is missing, negative or not a number."""
    digits = action.get("Timeout", "").strip()
    return (
        int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= NUMBER_DIGITS_MAX else None
    )
