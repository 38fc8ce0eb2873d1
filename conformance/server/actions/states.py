"""The states of devices, of the extensions that hint at them, and of people."""

from collections.abc import Iterable, Iterator

from conformance.server.events import Header
from conformance.server.exchange import Action, Exchange
from conformance.server.state import Queue, World

from .answers import Item, listing, need
from .dialplan import DEFAULT, hints

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
"""What an extension shows for the state of its device (main/pbx.c)."""

NO_HINT = (-1, "Unknown")


def device_list(exchange: Exchange) -> Iterable[Item]:
    """Give what devices there are (res/res_manager_devicestate.c)."""
    for device, state in device_states(exchange.server.world).items():
        yield "DeviceStateChange", [("Device", device), ("State", state)]


def extension_state(exchange: Exchange) -> None:
    """Tell what an extension's hint shows; one without a hint, or that does not exist, is unknown."""
    exten = need(exchange, "Exten", "Extension not specified")
    context = exchange.get("Context", DEFAULT)
    hint = next(
        (each for each in hints(exchange.server.world) if (each.context, each.extension) == (context, exten)),
        None,
    )
    device = hint.application if hint else ""
    headers = _extension(exchange.server.world, exten, context, device)
    exchange.respond("Success", ("Message", "Extension Status"), *headers)


def extension_list(exchange: Exchange) -> Iterable[Item]:
    """Give the hints (main/pbx.c)."""
    world = exchange.server.world
    for hint in hints(world):
        yield "ExtensionStatus", _extension(world, hint.extension, hint.context, hint.application)


def presence_state(exchange: Exchange) -> None:
    """Tell what someone says of themselves; the text is there twice, and so is `Message`."""
    provider = need(exchange, "Provider", "No provider specified")
    presence = exchange.server.world.inventory.presence.get(provider)
    headers: list[Header] = [("State", presence.state if presence else "not_set")]
    if presence and presence.subtype:
        headers.append(("Subtype", presence.subtype))
    if presence and presence.message:
        headers += [("Message", presence.message), ("PresenceMessage", presence.message)]
    exchange.respond("Success", ("Message", "Presence State"), *headers)


def presence_list(exchange: Exchange) -> Iterable[Item]:
    """Give who said something (res/res_manager_presencestate.c)."""
    for presentity, presence in exchange.server.world.inventory.presence.items():
        yield (
            "PresenceStateChange",
            [
                ("Presentity", presentity),
                ("Status", presence.state),
                ("Subtype", presence.subtype),
                ("Message", presence.message),
            ],
        )


def device_states(world: World) -> dict[str, str]:
    """Give the state of every device that something here makes."""
    inventory = world.inventory
    return {
        **{
            f"PJSIP/{each.name}": each.state.upper().replace(" ", "_")
            for each in inventory.endpoints.values()
        },
        **{f"Agent:{each.agent}": "UNAVAILABLE" for each in inventory.agents},
        **{f"MWI:{each.name}": _in_use(bool(each.new)) for each in inventory.mailboxes.values()},
        **{f"confbridge:{name}": "INUSE" for name in world.conferences},
        **{f"park:{space}@parkedcalls": "INUSE" for space in world.parked},
        **dict(pair for queue in world.queues.values() for pair in _of_queue(queue)),
        **inventory.device_states,
    }


def _of_queue(queue: Queue) -> Iterator[tuple[str, str]]:
    """Give the devices of a queue: nobody is available while the queue is "in use"."""
    free = any(member.paused is None for member in queue.members)
    yield f"Queue:{queue.name}_avail", _in_use(not free)
    for member in queue.members:
        yield f"Queue:{queue.name}_pause_{member.interface}", _in_use(member.paused is not None)


def _in_use(yes: bool) -> str:
    return "INUSE" if yes else "NOT_INUSE"


def _extension(world: World, exten: str, context: str, device: str) -> list[Header]:
    state = device_states(world).get(device, "INVALID")
    number, text = EXTENSION_STATES.get(state, NO_HINT) if device else NO_HINT
    return [
        ("Exten", exten),
        ("Context", context),
        ("Hint", device),
        ("Status", number),
        ("StatusText", text),
    ]


ACTIONS = (
    Action(
        "DeviceStateList",
        listing("Device State Changes will follow", "DeviceStateListComplete", device_list),
        "call,reporting",
        "List the current known device states.",
        module="res_manager_devicestate.so",
    ),
    Action("ExtensionState", extension_state, "call,reporting", "Check Extension Status."),
    Action(
        "ExtensionStateList",
        listing(
            "Extension Statuses will follow",
            "ExtensionStateListComplete",
            extension_list,
            empty="No dialplan hints are available",
        ),
        "call,reporting",
        "List the current known extension states.",
    ),
    Action("PresenceState", presence_state, "call,reporting", "Check Presence State"),
    Action(
        "PresenceStateList",
        listing("Presence State Changes will follow", "PresenceStateListComplete", presence_list),
        "call,reporting",
        "List the current known presence states.",
        module="res_manager_presencestate.so",
    ),
)
