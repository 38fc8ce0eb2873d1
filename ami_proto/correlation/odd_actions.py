"""The actions that do not follow AMI's convention, with the strategy that each needs.

`Automatic` serves every other action, also unknown ones. `QueueRule`, `GetConfig`, `ListCommands` and
`PresenceState` look odd and are not: each has one response.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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
    key = action.key
    if key == "originate":
        return action.get("Async", "").strip().lower() not in ASTERISK_TRUE
    return key in ("command", "waitevent")


def fence_allowed(action: Action) -> bool:
    """Whether a `Ping` may follow at once. Not after WaitEvent: any input ends it (main/manager.c:3306)."""
    return action.key != "waitevent"


ASTERISK_TRUE = frozenset({"yes", "true", "y", "t", "1", "on"})
"""The words that Asterisk reads as true (main/utils.c, ast_true)."""


def _until_13_2(terminal_event: str) -> Automatic:
    return Automatic(terminal_events=frozenset({terminal_event}))


ODD_ACTIONS: Final[Mapping[str, Completion]] = MappingProxyType(
    {
        # Lists without an `EventList` header before 13.2, closed by the name of an event (facts, 4.1).
        "agents": _until_13_2("AgentsComplete"),  # apps/app_agent_pool.c:2564
        "bridgeinfo": _until_13_2("BridgeInfoComplete"),  # main/manager_bridges.c:631
        "bridgelist": _until_13_2("BridgeListComplete"),  # main/manager_bridges.c:550
        "bridgetechnologylist": _until_13_2("BridgeTechnologyListComplete"),  # main/bridge.c:5686
        "dahdishowchannels": _until_13_2("DAHDIShowChannelsComplete"),  # channels/chan_dahdi.c:17217
        "dbget": _until_13_2("DBGetComplete"),  # main/db.c:1035
        "iaxpeerlist": _until_13_2("PeerlistComplete"),  # channels/chan_iax2.c:7444
        "parkedcalls": _until_13_2("ParkedCallsComplete"),  # res/parking/parking_manager.c:301
        "parkinglots": _until_13_2("ParkinglotsComplete"),  # res/parking/parking_manager.c:468
        "prishowspans": _until_13_2("PRIShowSpansComplete"),  # channels/chan_dahdi.c:17379
        "queuestatus": _until_13_2("QueueStatusComplete"),  # apps/app_queue.c:10815
        "queuesummary": _until_13_2("QueueSummaryComplete"),  # apps/app_queue.c:10733
        "sippeerstatus": _until_13_2("SIPpeerstatusComplete"),  # channels/chan_sip.c:21074
        "status": _until_13_2("StatusComplete"),  # main/manager.c:3836
        "voicemailuserslist": _until_13_2("VoicemailUserEntryComplete"),  # apps/app_voicemail.c:14456
        # One event after the response, without an announcement before it or an end after it.
        "faxstats": AsyncEvent("FAXStats"),  # res/res_fax.c
        # At most one event after the response; it may be missing.
        "faxsession": Fence(),  # res/res_fax.c
        # An event and no response; 14 and earlier.
        "dataget": EventOnly("DataGet Tree"),  # main/data.c
        # Raw text: neither response nor ActionID.
        "iaxnetstats": Fence(response_required=False),  # channels/chan_iax2.c
        "queues": Fence(response_required=False),  # apps/app_queue.c, 14 and earlier
        # Answered without ActionID until 1.8.4; with `brokeneventsaction=yes` not at all if the mask is full
        # (main/manager.c, action_events).
        "events": Fence(response_required=False),
        # Two responses; the first does not tell whether the second will come.
        "jabbersend": Fence(),  # res/res_xmpp.c:4076
        # Up to three errors for one bad request; each may be the last.
        "moduleload": Fence(),  # main/loader.c
        "pridebugset": Fence(),  # channels/chan_dahdi.c
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
    return int(digits) if digits.isdecimal() and len(digits) <= NUMBER_DIGITS_MAX else None
