"""Endpoints and their kin (res/res_pjsip*). Nobody registers with the mock, and nobody subscribes."""

from collections.abc import Iterable
from hashlib import md5

from conformance.server.events import Header
from conformance.server.exchange import Action, Exchange
from conformance.server.inventory.pjsip import AOR, AUTH, CONTACT_STATUS, ENDPOINT, Aor, Auth, Endpoint

from .answers import SINCE_20, Handler, Item, Refused, listing, need, nothing, send_items

FOLLOWS = "Following are Events for each {}"
PRESENTED = "A listing of {}s follows, presented as {} events"


def endpoint_list(exchange: Exchange) -> Iterable[Item]:
    """Give the endpoints in a line each."""
    for endpoint in _endpoints(exchange):
        yield (
            "EndpointList",
            [
                ("ObjectType", "endpoint"),
                ("ObjectName", endpoint.name),
                ("Transport", ""),
                ("Aor", endpoint.aor.name),
                ("Auths", endpoint.auth.name if endpoint.auth else ""),
                ("OutboundAuths", ""),
                ("Contacts", _contacts(endpoint.aor, every=",")),
                ("DeviceState", endpoint.state),
                ("ActiveChannels", 0 if exchange.server.release >= SINCE_20 else ""),
            ],
        )


def aor_list(exchange: Exchange) -> Iterable[Item]:
    """Give the aors."""
    return [("AorList", _aor(exchange, endpoint.aor)) for endpoint in _endpoints(exchange)]


def auth_list(exchange: Exchange) -> Iterable[Item]:
    """Give the auths."""
    return [("AuthList", _auth(exchange, each.auth)) for each in _endpoints(exchange) if each.auth]


def inbound_list(exchange: Exchange) -> Iterable[Item]:
    """Give the aors that take registrations: an aor's headers, `Contacts` once in each of two spellings."""
    for endpoint in _endpoints(exchange):
        headers = [
            ("Contact" if name == "Contacts" else name, value) for name, value in _aor(exchange, endpoint.aor)
        ]
        yield "InboundRegistrationDetail", [*headers, ("Contacts", _contacts(endpoint.aor, every=","))]


def maintenance_list(exchange: Exchange) -> Iterable[Item]:
    """Give the endpoints in maintenance (res/res_pjsip_maintenance.c)."""
    for endpoint in _endpoints(exchange):
        if endpoint.maintenance:
            yield "PJSIPMaintenanceStatus", [("Endpoint", endpoint.name), ("Status", "enabled")]


def show_endpoint(exchange: Exchange) -> None:
    """List what belongs to one endpoint."""
    name = need(exchange, "Endpoint", "PJSIPShowEndpoint requires an endpoint name\n")
    endpoint = _find(exchange, name, f"Unable to retrieve endpoint {name}\n")
    exchange.list_start("Following are Events for each object associated with the Endpoint")
    if endpoint.broken:
        exchange.error(f"Unable to format endpoint {name}\n")
        exchange.list_complete("EndpointDetailComplete", 1)
        return
    items = list(_details(exchange, endpoint))
    send_items(exchange, items)
    exchange.list_complete("EndpointDetailComplete", len(items))


def qualify(exchange: Exchange) -> None:
    """Ask an endpoint whether it lives, whatever comes of it."""
    name = need(exchange, "Endpoint", "Endpoint parameter missing.")
    _find(exchange, name, "Unable to retrieve endpoint\n")
    exchange.ack("Endpoint found, will qualify")


def registrations_outbound(exchange: Exchange) -> None:
    """List where the server registers itself, which is nowhere."""
    exchange.list_start(FOLLOWS.format("Outbound registration"))
    exchange.list_complete("OutboundRegistrationDetailComplete", 0, ("Registered", 0), ("NotRegistered", 0))


def register(exchange: Exchange) -> None:
    """Register the server elsewhere, or end that; there is nothing to register."""
    need(exchange, "Registration", "Registration parameter missing.")
    raise Refused("Unable to retrieve registration entry\n")


def _details(exchange: Exchange, endpoint: Endpoint) -> Iterable[Item]:
    """Give the endpoint, its auth, its aor, and the contacts of that."""
    aor, release = endpoint.aor, exchange.server.release
    belongs: Header = ("EndpointName", endpoint.name)
    settings = {
        "Aors": aor.name,
        "Auth": endpoint.auth.name if endpoint.auth else "",
        "DeviceState": endpoint.state,
        **endpoint.settings,
    }
    yield "EndpointDetail", [*_object("endpoint", endpoint.name), *ENDPOINT.fill(settings, release)]
    if endpoint.auth:
        yield "AuthDetail", [*_auth(exchange, endpoint.auth), belongs]
    counts: list[Header] = [("TotalContacts", len(aor.contacts)), ("ContactsRegistered", 0)]
    yield "AorDetail", [*_aor(exchange, aor), *counts, belongs]
    for uri in aor.contacts:
        status = {
            "AOR": aor.name,
            "URI": uri,
            "EndpointName": endpoint.name,
            "ID": f"{aor.name}@@{md5(uri.encode(), usedforsecurity=False).hexdigest()}",
            "QualifyFrequency": aor.settings.get("QualifyFrequency", 0),
        }
        yield "ContactStatusDetail", CONTACT_STATUS.fill(status, release)


def _aor(exchange: Exchange, aor: Aor) -> list[Header]:
    settings = {"Contacts": _contacts(aor), **aor.settings}
    return [*_object("aor", aor.name), *AOR.fill(settings, exchange.server.release)]


def _auth(exchange: Exchange, auth: Auth) -> list[Header]:
    settings = {"Username": auth.name, "Password": auth.password}
    return [*_object("auth", auth.name), *AUTH.fill(settings, exchange.server.release)]


def _object(kind: str, name: str) -> list[Header]:
    return [("ObjectType", kind), ("ObjectName", name)]


def _contacts(aor: Aor, every: str = "") -> str:
    """Give the contacts as `aor/uri`, with commas between, or behind every one."""
    return ("" if every else ",").join([f"{aor.name}/{uri}{every}" for uri in aor.contacts])


def _endpoints(exchange: Exchange) -> list[Endpoint]:
    return list(exchange.server.world.inventory.endpoints.values())


def _find(exchange: Exchange, name: str, refusal: str) -> Endpoint:
    endpoint = exchange.server.world.inventory.endpoints.get(name)
    if endpoint is None:
        raise Refused(refusal)
    return endpoint


def _system(name: str, handler: Handler, synopsis: str, classes: str = "system") -> Action:
    return Action(name, handler, classes, synopsis, module="res_pjsip.so")


def _subscriptions(way: str, synopsis: str, since: int = 0, until: int = 99) -> Action:
    handler = listing(
        FOLLOWS.format(f"{way.lower()} Subscription"), f"{way}SubscriptionDetailComplete", nothing
    )
    name = f"PJSIPShowSubscriptions{way}"
    return Action(name, handler, "system", synopsis, since, until, "res_pjsip.so")


ACTIONS = (
    _system("PJSIPQualify", qualify, "Qualify a chan_pjsip endpoint.", "system,reporting"),
    _system("PJSIPRegister", register, "Register an outbound registration.", "system,reporting"),
    _system(
        "PJSIPShowAors",
        listing(PRESENTED.format("AOR", "AorList"), "AorListComplete", aor_list, empty="No AORs found\n"),
        "Lists PJSIP AORs.",
    ),
    _system(
        "PJSIPShowAuths",
        listing(
            PRESENTED.format("Auth", "AuthList"), "AuthListComplete", auth_list, empty="No Auths found\n"
        ),
        "Lists PJSIP Auths.",
    ),
    _system(
        "PJSIPShowContacts",
        listing(
            PRESENTED.format("Contact", "ContactList"),
            "ContactListComplete",
            nothing,
            empty="No Contacts found\n",
        ),
        "Lists PJSIP Contacts.",
    ),
    _system("PJSIPShowEndpoint", show_endpoint, "Detail listing of an endpoint and its objects."),
    _system(
        "PJSIPShowEndpoints",
        listing(
            PRESENTED.format("Endpoint", "EndpointList"),
            "EndpointListComplete",
            endpoint_list,
            empty="No endpoints found\n",
        ),
        "Lists PJSIP endpoints.",
    ),
    Action(
        "PJSIPShowMaintenance",
        listing("Maintenance status events follow", "PJSIPMaintenanceStatusComplete", maintenance_list),
        "system,reporting",
        "Show maintenance mode status for PJSIP endpoints.",
        since=20,
        module="res_pjsip.so",
    ),
    _system(
        "PJSIPShowRegistrationInboundContactStatuses",
        listing(
            "Following are ContactStatusEvents for each Inbound registration",
            "ContactStatusDetailComplete",
            nothing,
        ),
        "Lists ContactStatuses for PJSIP inbound registrations.",
    ),
    _system(
        "PJSIPShowRegistrationsInbound",
        listing(FOLLOWS.format("Inbound registration"), "InboundRegistrationDetailComplete", inbound_list),
        "Lists PJSIP inbound registrations.",
    ),
    _system(
        "PJSIPShowRegistrationsOutbound",
        registrations_outbound,
        "Lists PJSIP outbound registrations.",
        "system,reporting",
    ),
    _system(
        "PJSIPShowResourceLists",
        listing("", "ResourceListDetailComplete", nothing, empty="No resource lists found\n"),
        "Displays settings for configured resource lists.",
    ),
    _subscriptions("Inbound", "Lists subscriptions.", until=16),
    _subscriptions("Inbound", "Lists inbound subscriptions.", since=18),
    _subscriptions("Outbound", "Lists subscriptions.", until=16),
    _subscriptions("Outbound", "Lists outbound subscriptions.", since=18),
    _system("PJSIPUnregister", register, "Unregister an outbound registration.", "system,reporting"),
)
