"""PJSIP: endpoints, aors, auths, contacts (res/res_pjsip*), without registrations and subscriptions."""

from collections.abc import Iterable
from hashlib import md5

from conformance.mock.event_headers import HeaderPair
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.inventory.endpoints import AOR, AUTH, CONTACT_STATUS, ENDPOINT, Aor, Auth, Endpoint

from .answers import (
    SINCE_20,
    ActionHandler,
    ActionRefused,
    ListItem,
    list_handler,
    no_items,
    require,
    send_items,
)

EVENTS_FOLLOW = "Following are Events for each {}"
PRESENTED = "A listing of {}s follows, presented as {} events"


def endpoint_list(exchange: Exchange) -> Iterable[ListItem]:
    """List the endpoints in short."""
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


def aor_list(exchange: Exchange) -> Iterable[ListItem]:
    """List the aors."""
    return [("AorList", _aor(exchange, endpoint.aor)) for endpoint in _endpoints(exchange)]


def auth_list(exchange: Exchange) -> Iterable[ListItem]:
    """List the auths."""
    return [("AuthList", _auth(exchange, each.auth)) for each in _endpoints(exchange) if each.auth]


def inbound_list(exchange: Exchange) -> Iterable[ListItem]:
    """List the aors that accept registrations; they have both `Contact` and `Contacts`."""
    for endpoint in _endpoints(exchange):
        headers = [
            ("Contact" if name == "Contacts" else name, value) for name, value in _aor(exchange, endpoint.aor)
        ]
        yield "InboundRegistrationDetail", [*headers, ("Contacts", _contacts(endpoint.aor, every=","))]


def maintenance_list(exchange: Exchange) -> Iterable[ListItem]:
    """List the endpoints in maintenance (res/res_pjsip_maintenance.c)."""
    for endpoint in _endpoints(exchange):
        if endpoint.maintenance:
            yield "PJSIPMaintenanceStatus", [("Endpoint", endpoint.name), ("Status", "enabled")]


def show_endpoint(exchange: Exchange) -> None:
    """List the objects of one endpoint."""
    name = require(exchange, "Endpoint", "PJSIPShowEndpoint requires an endpoint name\n")
    endpoint = _find(exchange, name, f"Unable to retrieve endpoint {name}\n")
    exchange.list_start("Following are Events for each object associated with the Endpoint")
    if endpoint.broken:
        exchange.error(f"Unable to format endpoint {name}\n")
        exchange.list_complete("EndpointDetailComplete", 1)
        return
    items = list(_details(exchange, endpoint))
    send_items(exchange, items)
    exchange.list_complete("EndpointDetailComplete", len(items))


def qualify_endpoint(exchange: Exchange) -> None:
    """Accept the qualification of an endpoint."""
    name = require(exchange, "Endpoint", "Endpoint parameter missing.")
    _find(exchange, name, "Unable to retrieve endpoint\n")
    exchange.ack("Endpoint found, will qualify")


def registrations_outbound(exchange: Exchange) -> None:
    """List the registrations of the server elsewhere: always none."""
    exchange.list_start(EVENTS_FOLLOW.format("Outbound registration"))
    exchange.list_complete("OutboundRegistrationDetailComplete", 0, ("Registered", 0), ("NotRegistered", 0))


def register_outbound(exchange: Exchange) -> None:
    """Refuse to register or unregister the server elsewhere: it has no such registration."""
    require(exchange, "Registration", "Registration parameter missing.")
    raise ActionRefused("Unable to retrieve registration entry\n")


def _details(exchange: Exchange, endpoint: Endpoint) -> Iterable[ListItem]:
    """Yield the endpoint, its auth, its aor, and the contacts of the aor."""
    aor, release = endpoint.aor, exchange.server.release
    belongs: HeaderPair = ("EndpointName", endpoint.name)
    settings = {
        "Aors": aor.name,
        "Auth": endpoint.auth.name if endpoint.auth else "",
        "DeviceState": endpoint.state,
        **endpoint.settings,
    }
    yield "EndpointDetail", [*_object("endpoint", endpoint.name), *ENDPOINT.fill(settings, release)]
    if endpoint.auth:
        yield "AuthDetail", [*_auth(exchange, endpoint.auth), belongs]
    counts: list[HeaderPair] = [("TotalContacts", len(aor.contacts)), ("ContactsRegistered", 0)]
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


def _aor(exchange: Exchange, aor: Aor) -> list[HeaderPair]:
    settings = {"Contacts": _contacts(aor), **aor.settings}
    return [*_object("aor", aor.name), *AOR.fill(settings, exchange.server.release)]


def _auth(exchange: Exchange, auth: Auth) -> list[HeaderPair]:
    settings = {"Username": auth.name, "Password": auth.password}
    return [*_object("auth", auth.name), *AUTH.fill(settings, exchange.server.release)]


def _object(kind: str, name: str) -> list[HeaderPair]:
    return [("ObjectType", kind), ("ObjectName", name)]


def _contacts(aor: Aor, every: str = "") -> str:
    """Format the contacts as `aor/uri`: with commas between them, or with `every` after each."""
    return ("" if every else ",").join([f"{aor.name}/{uri}{every}" for uri in aor.contacts])


def _endpoints(exchange: Exchange) -> list[Endpoint]:
    return list(exchange.server.state.inventory.endpoints.values())


def _find(exchange: Exchange, name: str, refusal: str) -> Endpoint:
    endpoint = exchange.server.state.inventory.endpoints.get(name)
    if endpoint is None:
        raise ActionRefused(refusal)
    return endpoint


def _system(name: str, handler: ActionHandler, synopsis: str, classes: str = "system") -> MockAction:
    return MockAction(name, handler, classes, synopsis, module="res_pjsip.so")


def _subscriptions(way: str, synopsis: str, since: int = 0, until: int = 99) -> MockAction:
    handler = list_handler(
        EVENTS_FOLLOW.format(f"{way.lower()} Subscription"), f"{way}SubscriptionDetailComplete", no_items
    )
    name = f"PJSIPShowSubscriptions{way}"
    return MockAction(name, handler, "system", synopsis, since, until, "res_pjsip.so")


PJSIP_ACTIONS = (
    _system("PJSIPQualify", qualify_endpoint, "Qualify a chan_pjsip endpoint.", "system,reporting"),
    _system("PJSIPRegister", register_outbound, "Register an outbound registration.", "system,reporting"),
    _system(
        "PJSIPShowAors",
        list_handler(
            PRESENTED.format("AOR", "AorList"), "AorListComplete", aor_list, empty="No AORs found\n"
        ),
        "Lists PJSIP AORs.",
    ),
    _system(
        "PJSIPShowAuths",
        list_handler(
            PRESENTED.format("Auth", "AuthList"), "AuthListComplete", auth_list, empty="No Auths found\n"
        ),
        "Lists PJSIP Auths.",
    ),
    _system(
        "PJSIPShowContacts",
        list_handler(
            PRESENTED.format("Contact", "ContactList"),
            "ContactListComplete",
            no_items,
            empty="No Contacts found\n",
        ),
        "Lists PJSIP Contacts.",
    ),
    _system("PJSIPShowEndpoint", show_endpoint, "Detail listing of an endpoint and its objects."),
    _system(
        "PJSIPShowEndpoints",
        list_handler(
            PRESENTED.format("Endpoint", "EndpointList"),
            "EndpointListComplete",
            endpoint_list,
            empty="No endpoints found\n",
        ),
        "Lists PJSIP endpoints.",
    ),
    MockAction(
        "PJSIPShowMaintenance",
        list_handler("Maintenance status events follow", "PJSIPMaintenanceStatusComplete", maintenance_list),
        "system,reporting",
        "Show maintenance mode status for PJSIP endpoints.",
        since=20,
        module="res_pjsip.so",
    ),
    _system(
        "PJSIPShowRegistrationInboundContactStatuses",
        list_handler(
            "Following are ContactStatusEvents for each Inbound registration",
            "ContactStatusDetailComplete",
            no_items,
        ),
        "Lists ContactStatuses for PJSIP inbound registrations.",
    ),
    _system(
        "PJSIPShowRegistrationsInbound",
        list_handler(
            EVENTS_FOLLOW.format("Inbound registration"), "InboundRegistrationDetailComplete", inbound_list
        ),
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
        list_handler("", "ResourceListDetailComplete", no_items, empty="No resource lists found\n"),
        "Displays settings for configured resource lists.",
    ),
    _subscriptions("Inbound", "Lists subscriptions.", until=16),
    _subscriptions("Inbound", "Lists inbound subscriptions.", since=18),
    _subscriptions("Outbound", "Lists subscriptions.", until=16),
    _subscriptions("Outbound", "Lists outbound subscriptions.", since=18),
    _system("PJSIPUnregister", register_outbound, "Unregister an outbound registration.", "system,reporting"),
)
