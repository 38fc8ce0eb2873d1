"""States of devices, extensions and presence."""

from collections.abc import Iterable, Iterator

from conformance.mock.event_headers import HeaderPair
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.state import MockState, Queue

from .answers import ListItem, list_handler, require
from .dialplan import DEFAULT_CONTEXT, hints

EXTENSION_STATES = {
    "NOT_INUSE": (0, "Idle"),
    "INUSE": (1, "InUse"),
    "BUSY": (2, "Busy"),
    "UNAVAILABLE": (4, "Unavailable"),
    "INVALID": (4, "Unavailable"),
    "RINGING": (8, "Ringing"),
    "RINGINUSE": (9, "InUse&Ringing"),
    "ONHOLD": (16, "Hold"),
}
"""The status of an extension for each state of its device (main/pbx.c)."""

NO_HINT = (-1, "Unknown")


def device_list(exchange: Exchange) -> Iterable[ListItem]:
    """List the devices and their states (res/res_manager_devicestate.c)."""
    for device, state in device_states(exchange.server.state).items():
        yield "DeviceStateChange", [("Device", device), ("State", state)]


def extension_state(exchange: Exchange) -> None:
    """Send the status of an extension; without a hint it is unknown."""
    exten = require(exchange, "Exten", "Extension not specified")
    context = exchange.get("Context", DEFAULT_CONTEXT)
    hint = next(
        (each for each in hints(exchange.server.state) if (each.context, each.extension) == (context, exten)),
        None,
    )
    device = hint.application if hint else ""
    headers = _extension(exchange.server.state, exten, context, device)
    exchange.respond("Success", ("Message", "Extension Status"), *headers)


def extension_list(exchange: Exchange) -> Iterable[ListItem]:
    """List the extensions with hints (main/pbx.c)."""
    state = exchange.server.state
    for hint in hints(state):
        yield "ExtensionStatus", _extension(state, hint.extension, hint.context, hint.application)


def presence_state(exchange: Exchange) -> None:
    """Send a presence state. Its message comes twice, the first time in a second `Message` header."""
    provider = require(exchange, "Provider", "No provider specified")
    presence = exchange.server.state.inventory.presence.get(provider)
    headers: list[HeaderPair] = [("State", presence.state if presence else "not_set")]
    if presence and presence.subtype:
        headers.append(("Subtype", presence.subtype))
    if presence and presence.message:
        headers += [("Message", presence.message), ("PresenceMessage", presence.message)]
    exchange.respond("Success", ("Message", "Presence State"), *headers)


def presence_list(exchange: Exchange) -> Iterable[ListItem]:
    """List the presence states that are set (res/res_manager_presencestate.c)."""
    for presentity, presence in exchange.server.state.inventory.presence.items():
        yield (
            "PresenceStateChange",
            [
                ("Presentity", presentity),
                ("Status", presence.state),
                ("Subtype", presence.subtype),
                ("Message", presence.message),
            ],
        )


def device_states(state: MockState) -> dict[str, str]:
    """Return the state of every device, by name."""
    inventory = state.inventory
    return {
        **{
            f"PJSIP/{each.name}": each.state.upper().replace(" ", "_")
            for each in inventory.endpoints.values()
        },
        **{f"Agent:{each.agent}": "UNAVAILABLE" for each in inventory.agents},
        **{f"MWI:{each.name}": _in_use(bool(each.new)) for each in inventory.mailboxes.values()},
        **{f"confbridge:{name}": "INUSE" for name in state.conferences},
        **{f"park:{space}@parkedcalls": "INUSE" for space in state.parked},
        **dict(pair for queue in state.queues.values() for pair in _of_queue(queue)),
        **inventory.device_states,
    }


def _of_queue(queue: Queue) -> Iterator[tuple[str, str]]:
    """Return the devices of a queue. `_avail` is INUSE if no member is available."""
    free = any(member.paused is None for member in queue.members)
    yield f"Queue:{queue.name}_avail", _in_use(not free)
    for member in queue.members:
        yield f"Queue:{queue.name}_pause_{member.interface}", _in_use(member.paused is not None)


def _in_use(yes: bool) -> str:
    return "INUSE" if yes else "NOT_INUSE"


def _extension(state: MockState, exten: str, context: str, device: str) -> list[HeaderPair]:
    device_state = device_states(state).get(device, "INVALID")
    number, text = EXTENSION_STATES.get(device_state, NO_HINT) if device else NO_HINT
    return [
        ("Exten", exten),
        ("Context", context),
        ("Hint", device),
        ("Status", number),
        ("StatusText", text),
    ]


DEVICE_STATE_ACTIONS = (
    MockAction(
        "DeviceStateList",
        list_handler("Device State Changes will follow", "DeviceStateListComplete", device_list),
        "call,reporting",
        "List the current known device states.",
        module="res_manager_devicestate.so",
    ),
    MockAction("ExtensionState", extension_state, "call,reporting", "Check Extension Status."),
    MockAction(
        "ExtensionStateList",
        list_handler(
            "Extension Statuses will follow",
            "ExtensionStateListComplete",
            extension_list,
            empty="No dialplan hints are available",
        ),
        "call,reporting",
        "List the current known extension states.",
    ),
    MockAction("PresenceState", presence_state, "call,reporting", "Check Presence State"),
    MockAction(
        "PresenceStateList",
        list_handler("Presence State Changes will follow", "PresenceStateListComplete", presence_list),
        "call,reporting",
        "List the current known presence states.",
        module="res_manager_presencestate.so",
    ),
)
