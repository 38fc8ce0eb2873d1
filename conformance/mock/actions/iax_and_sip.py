"""Peers of the older channel drivers (channels/chan_iax2.c, channels/chan_sip.c)."""

from collections.abc import Iterable

from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.inventory.peer_templates import IAX_PEER, IAX_PEER_STATUS, SIP_PEER, SIP_PEER_DETAIL

from .answers import ActionHandler, ActionIdPlace, ActionRefused, ListItem, list_handler, no_items, require

LAST_SIP = 20
"""The last release with chan_sip."""


def iax_peers(exchange: Exchange) -> Iterable[ListItem]:
    """List the IAX peers; the items have no ActionID."""
    names = exchange.server.state.inventory.iax_peers
    return [("PeerEntry", IAX_PEER.fill({"ObjectName": name})) for name in names]


def iax_peer_list(exchange: Exchange) -> Iterable[ListItem]:
    """List the same peers in another format."""
    names = exchange.server.state.inventory.iax_peers
    return [("PeerEntry", IAX_PEER_STATUS.fill({"ObjectName": name})) for name in names]


def iax_statistics(exchange: Exchange) -> None:
    """Send the CLI output for no calls: an empty line, without response and ActionID."""
    exchange.session.write(b"\r\n")


def sip_peers(exchange: Exchange) -> Iterable[ListItem]:
    """List the SIP peers."""
    names = exchange.server.state.inventory.sip_peers
    return [("PeerEntry", SIP_PEER.fill({"ObjectName": name})) for name in names]


def sip_peer_states(exchange: Exchange) -> Iterable[ListItem]:
    """List the reachability of all SIP peers or of one; the items have a Privilege."""
    wanted, names = exchange.get("Peer"), exchange.server.state.inventory.sip_peers
    if wanted and wanted not in names:
        raise ActionRefused("No such peer")
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
    """Send one peer as one response. The error for an unknown peer has a superfluous empty line."""
    name = require(exchange, "Peer", "Peer: <name> missing.")
    if name not in exchange.server.state.inventory.sip_peers:
        raise ActionRefused(f"Peer {name} not found.\r\n")
    exchange.respond("Success", *SIP_PEER_DETAIL.fill({"ObjectName": name}))


def sip_qualify(exchange: Exchange) -> None:
    """Accept the qualification of a peer."""
    name = require(exchange, "Peer", "Peer: <name> missing.")
    if name not in exchange.server.state.inventory.sip_peers:
        raise ActionRefused("Peer not found")
    exchange.ack("SIP peer found - will qualify")


def _iax(name: str, handler: ActionHandler, synopsis: str) -> MockAction:
    return MockAction(name, handler, "system,reporting", synopsis, module="chan_iax2.so")


def _sip(name: str, handler: ActionHandler, synopsis: str, classes: str = "system,reporting") -> MockAction:
    return MockAction(name, handler, classes, synopsis, until=LAST_SIP, module="chan_sip.so")


REGISTRATIONS = list_handler("Registrations will follow", "RegistrationsComplete", no_items)
"""The list of both drivers: always empty, because the mock registers nowhere."""

IAX_AND_SIP_ACTIONS = (
    _iax("IAXnetstats", iax_statistics, "Show IAX Netstats."),
    _iax(
        "IAXpeerlist",
        list_handler("IAX Peer status list will follow", "PeerlistComplete", iax_peer_list),
        "List IAX Peers.",
    ),
    _iax(
        "IAXpeers",
        list_handler("Peer status list will follow", "PeerlistComplete", iax_peers, place=ActionIdPlace.NONE),
        "List IAX peers.",
    ),
    _iax("IAXregistry", REGISTRATIONS, "Show IAX registrations."),
    _sip(
        "SIPpeers",
        list_handler("Peer status list will follow", "PeerlistComplete", sip_peers),
        "List SIP peers (text format).",
    ),
    _sip(
        "SIPpeerstatus",
        list_handler(
            "Peer status will follow", "SIPpeerstatusComplete", sip_peer_states, place=ActionIdPlace.LAST
        ),
        "Show the status of one or all of the sip peers.",
        "system",
    ),
    _sip("SIPqualifypeer", sip_qualify, "Qualify SIP peers."),
    _sip("SIPshowpeer", sip_peer, "show SIP peer (text format)."),
    _sip("SIPshowregistry", REGISTRATIONS, "Show SIP registrations (text format)."),
)
