"""Which action takes which strategy: the ones that do not keep AMI's convention, in one table.

Whatever is not here is served by `Automatic`, whether anybody has heard of it or not. `QueueRule`,
`GetConfig`, `ListCommands` and `PresenceState` look odd and are not: each has its one response.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ami_proto.config import DURATION_MAX
from ami_proto.correlation.completion import Completion
from ami_proto.correlation.strategies import AsyncEvent, Automatic, EventList, EventOnly, Fence
from ami_proto.message.encode import Action

AUTOMATIC: Final = Automatic()
"""What serves every ordinary action."""

ORIGINATE_TIMEOUT_DEFAULT = 30.0
"""What Asterisk takes when `Timeout` is absent (main/manager.c:5275)."""
ORIGINATE_MARGIN = 5.0
"""Between the end of the dialling and the event that tells of it."""
WAIT_EVENT_MARGIN = 5.0
"""Between the end of the waiting and its answer."""

NUMBER_DIGITS_MAX = 9
"""Digits of a `Timeout` that is taken at its word; Asterisk reads 32 bits."""


def completion_for(action: Action) -> Completion:
    """Choose the strategy of an action from its name and headers."""
    name = action.name.lower()
    if name == "originate":
        return _originate(action)
    if name == "waitevent":
        return _wait_event(action)
    return ODD_ACTIONS.get(name, AUTOMATIC)


def blocks_session(action: Action) -> bool:
    """Whether Asterisk may serve nothing else on the session while this action runs.

    One thread serves a session, strictly in order: a synchronous Originate holds it until the call
    is answered, a Command until the command has run, WaitEvent until an event comes.
    """
    name = action.name.lower()
    if name == "originate":
        return action.get("Async", "").strip().lower() not in ASTERISK_TRUE
    return name == "command" or not fence_allowed(action)


def fence_allowed(action: Action) -> bool:
    """Whether a `Ping` may follow at once: any input ends a WaitEvent (main/manager.c:3306)."""
    return action.name.lower() != "waitevent"


ASTERISK_TRUE = frozenset({"yes", "true", "y", "t", "1", "on"})
"""What Asterisk takes for true (main/utils.c, ast_true)."""


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
        # One event behind the response, announced by no header and followed by no end.
        "faxstats": AsyncEvent("FAXStats"),  # res/res_fax.c
        # At most one event behind the response; it may be missing.
        "faxsession": Fence(),  # res/res_fax.c
        # An event and no response; 14 and earlier.
        "dataget": EventOnly("DataGet Tree"),  # main/data.c
        # Raw text: neither response nor ActionID.
        "iaxnetstats": Fence(response_required=False),  # channels/chan_iax2.c
        "queues": Fence(response_required=False),  # apps/app_queue.c, 14 and earlier
        # Two responses, and of the second nobody can tell whether it is to come.
        "jabbersend": Fence(),  # res/res_xmpp.c:4076
        # Up to three errors for one bad request, of which each may be the last.
        "moduleload": Fence(),  # main/loader.c
        "pridebugset": Fence(),  # channels/chan_dahdi.c
    }
)
"""By lower-case name. `originate` and `waitevent` depend on their headers as well."""


def _originate(action: Action) -> Completion:
    """Wait as long as it dials: for the answer, or for the event that tells it."""
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
    """Wait as long as it does. Without a `Timeout`, or with a negative one, Asterisk waits for ever
    (main/manager.c:3306), but no action does here: then it is given the configuration's time.
    """
    seconds = _timeout(action)
    return EventList(
        terminal_events=frozenset({"WaitEventComplete"}),
        duration=None if seconds is None else min(seconds + WAIT_EVENT_MARGIN, DURATION_MAX),
    )


def _dial_timeout(originate: Action) -> float:
    """Return the Originate's own `Timeout`, which is in milliseconds, in seconds."""
    milliseconds = _timeout(originate)
    return ORIGINATE_TIMEOUT_DEFAULT if milliseconds is None else milliseconds / 1000


def _timeout(action: Action) -> int | None:
    """Return the `Timeout` of an action where that is a number, zero or more."""
    digits = action.get("Timeout", "").strip()
    return int(digits) if digits.isdecimal() and len(digits) <= NUMBER_DIGITS_MAX else None
