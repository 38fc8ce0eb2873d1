"""Parking lots and the calls in them (res/parking/parking_manager.c)."""

from collections.abc import Iterable

from conformance.mock.event_headers import parked_call
from conformance.mock.exchange import Exchange, MockAction

from .answers import ActionIdPlace, ActionRefused, ListItem, list_handler


def parked_calls(exchange: Exchange) -> Iterable[ListItem]:
    """List the parked calls of all lots or of one."""
    state, now = exchange.server.state, exchange.server.now
    wanted = exchange.get("ParkingLot")
    if wanted and wanted not in state.inventory.parking_lots:
        raise ActionRefused("Requested parking lot could not be found.")
    for call in state.parked.values():
        if wanted in ("", call.lot):
            yield "ParkedCall", parked_call(call, now)


def parking_lots(exchange: Exchange) -> Iterable[ListItem]:
    """List the parking lots."""
    for lot in exchange.server.state.inventory.parking_lots.values():
        yield (
            "Parkinglot",
            [
                ("Name", lot.name),
                ("StartSpace", lot.first),
                ("StopSpace", lot.last),
                ("Timeout", lot.timeout),
            ],
        )


PARKING_ACTIONS = (
    MockAction(
        "ParkedCalls",
        list_handler(
            "Parked calls will follow",
            "ParkedCallsComplete",
            parked_calls,
            place=ActionIdPlace.LAST,
            total="Total",
        ),
        "call",
        "List parked calls.",
        module="res_parking.so",
    ),
    MockAction(
        "Parkinglots",
        list_handler("Parking lots will follow", "ParkinglotsComplete", parking_lots),
        "call",
        "Get a list of parking lots",
        module="res_parking.so",
    ),
)
