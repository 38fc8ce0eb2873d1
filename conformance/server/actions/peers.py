"""Peers of the older channel drivers (channels/chan_iax2.c, channels/chan_sip.c)."""

from collections.abc import Iterable

from conformance.server.exchange import Action, Exchange
from conformance.server.inventory.peers import IAX_PEER, IAX_PEER_STATUS, SIP_PEER, SIP_PEER_DETAIL

from .answers import Handler, IdPlace, Item, Refused, listing, need, nothing

UNTIL_20 = 20
"""The last release with chan_sip."""


def iax_peers(exchange: Exchange) -> Iterable[Item]:
    """Give the peers of IAX, as items that do not say whose they are."""
    names = exchange.server.world.inventory.iax_peers
    return [("PeerEntry", IAX_PEER.fill({"ObjectName": name})) for name in names]


def iax_peer_list(exchange: Exchange) -> Iterable[Item]:
    """Give the same peers, in the other list's form."""
    names = exchange.server.world.inventory.iax_peers
    return [("PeerEntry", IAX_PEER_STATUS.fill({"ObjectName": name})) for name in names]


def iax_statistics(exchange: Exchange) -> None:
    """Send the CLI's text, of no calls: no response, no ActionID, just the empty line."""
    exchange.session.write(b"\r\n")


def sip_peers(exchange: Exchange) -> Iterable[Item]:
    """Give the peers of SIP."""
    names = exchange.server.world.inventory.sip_peers
    return [("PeerEntry", SIP_PEER.fill({"ObjectName": name})) for name in names]


def sip_peer_states(exchange: Exchange) -> Iterable[Item]:
    """Give which peers answer, all or one, as items with a Privilege like an event's."""
    wanted, names = exchange.get("Peer"), exchange.server.world.inventory.sip_peers
    if wanted and wanted not in names:
        raise Refused("No such peer")
    for name in [wanted] if wanted else names:
        yield (
            "PeerStatus",
            [
                ("Privilege", "System"),
                ("ChannelType", "SIP"),
                ("Peer", f"SIP/{name}"),
                ("PeerStatus", "Unmonitored"),
            ],
        )


def sip_peer(exchange: Exchange) -> None:
    """Tell of one peer in one response; that it is unknown has an empty line too many."""
    name = need(exchange, "Peer", "Peer: <name> missing.")
    if name not in exchange.server.world.inventory.sip_peers:
        raise Refused(f"Peer {name} not found.\r\n")
    exchange.respond("Success", *SIP_PEER_DETAIL.fill({"ObjectName": name}))


def sip_qualify(exchange: Exchange) -> None:
    """Ask a peer whether it lives."""
    name = need(exchange, "Peer", "Peer: <name> missing.")
    if name not in exchange.server.world.inventory.sip_peers:
        raise Refused("Peer not found")
    exchange.ack("SIP peer found - will qualify")


def _iax(name: str, handler: Handler, synopsis: str) -> Action:
    return Action(name, handler, "system,reporting", synopsis, module="chan_iax2.so")


def _sip(name: str, handler: Handler, synopsis: str, classes: str = "system,reporting") -> Action:
    return Action(name, handler, classes, synopsis, until=UNTIL_20, module="chan_sip.so")


REGISTRATIONS = listing("Registrations will follow", "RegistrationsComplete", nothing)
"""The list of either driver: the mock registers nowhere."""

ACTIONS = (
    _iax("IAXnetstats", iax_statistics, "Show IAX Netstats."),
    _iax(
        "IAXpeerlist",
        listing("IAX Peer status list will follow", "PeerlistComplete", iax_peer_list),
        "List IAX Peers.",
    ),
    _iax(
        "IAXpeers",
        listing("Peer status list will follow", "PeerlistComplete", iax_peers, place=IdPlace.NONE),
        "List IAX peers.",
    ),
    _iax("IAXregistry", REGISTRATIONS, "Show IAX registrations."),
    _sip(
        "SIPpeers",
        listing("Peer status list will follow", "PeerlistComplete", sip_peers),
        "List SIP peers (text format).",
    ),
    _sip(
        "SIPpeerstatus",
        listing("Peer status will follow", "SIPpeerstatusComplete", sip_peer_states, place=IdPlace.LAST),
        "Show the status of one or all of the sip peers.",
        "system",
    ),
    _sip("SIPqualifypeer", sip_qualify, "Qualify SIP peers."),
    _sip("SIPshowpeer", sip_peer, "show SIP peer (text format)."),
    _sip("SIPshowregistry", REGISTRATIONS, "Show SIP registrations (text format)."),
)
