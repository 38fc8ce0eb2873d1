"""Parking lots and the calls in them (res/parking/parking_manager.c)."""

from collections.abc import Iterable

from conformance.server.events import snapshot
from conformance.server.exchange import Action, Exchange

from .answers import IdPlace, Item, Refused, listing


def parked_calls(exchange: Exchange) -> Iterable[Item]:
    """Give the parked calls, of all lots or of one."""
    world, now = exchange.server.world, exchange.server.now
    wanted = exchange.get("ParkingLot")
    if wanted and wanted not in world.inventory.parking_lots:
        raise Refused("Requested parking lot could not be found.")
    for call in world.parked.values():
        if wanted in ("", call.lot):
            duration = int(now - call.since)
            yield (
                "ParkedCall",
                [
                    *snapshot(call.channel, "Parkee"),
                    ("ParkerDialString", call.parker),
                    ("Parkinglot", call.lot),
                    ("ParkingSpace", call.space),
                    ("ParkingTimeout", call.timeout - duration),
                    ("ParkingDuration", duration),
                ],
            )


def parking_lots(exchange: Exchange) -> Iterable[Item]:
    """Give the lots."""
    for lot in exchange.server.world.inventory.parking_lots.values():
        yield (
            "Parkinglot",
            [
                ("Name", lot.name),
                ("StartSpace", lot.first),
                ("StopSpace", lot.last),
                ("Timeout", lot.timeout),
            ],
        )


ACTIONS = (
    Action(
        "ParkedCalls",
        listing(
            "Parked calls will follow",
            "ParkedCallsComplete",
            parked_calls,
            place=IdPlace.LAST,
            total="Total",
        ),
        "call",
        "List parked calls.",
        module="res_parking.so",
    ),
    Action(
        "Parkinglots",
        listing("Parking lots will follow", "ParkinglotsComplete", parking_lots),
        "call",
        "Get a list of parking lots",
        module="res_parking.so",
    ),
)
