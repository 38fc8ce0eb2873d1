"""Agents, messages and faxes (apps/app_agent_pool.c, main/message.c, res/res_xmpp.c, res/res_fax.c)."""

from collections.abc import Iterable

from conformance.mock.exchange import Exchange, MockAction

from .answers import ActionIdPlace, ActionRefused, ListItem, list_handler, require


def list_agents(exchange: Exchange) -> Iterable[ListItem]:
    """List the agents."""
    for agent in exchange.server.state.inventory.agents:
        yield "Agents", [("Agent", agent.agent), ("Name", agent.name), ("Status", agent.status)]


def agent_logoff(exchange: Exchange) -> None:
    """Log an agent off; it is not an error if the agent is not logged in."""
    name = require(exchange, "Agent", "No agent specified")
    if name not in [agent.agent for agent in exchange.server.state.inventory.agents]:
        raise ActionRefused("No such agent")
    exchange.ack("Agent logged out")


def message_send(exchange: Exchange) -> None:
    """Send a text outside of a call. It fails for an endpoint without contacts."""
    if not (exchange.get("Destination") or exchange.get("To")):
        raise ActionRefused("No 'To' address specified.")
    technology, _, name = (exchange.get("Destination") or exchange.get("To")).partition(":")
    if technology.lower() not in ("pjsip", "sip"):
        raise ActionRefused("Message technology not found.")
    endpoint = exchange.server.state.inventory.endpoints.get(name)
    if endpoint is None or not endpoint.aor.contacts:
        raise ActionRefused("Message failed to send.")
    exchange.ack("Message successfully sent")


def jabber_send(exchange: Exchange) -> None:
    """Answer with a success and then an error, both with the same ActionID (res/res_xmpp.c)."""
    require(exchange, "Jabber", "No transport specified")
    require(exchange, "ScreenName", "No ScreenName specified")
    require(exchange, "Message", "No Message specified")
    exchange.ack("Attempting to send Jabber Message")
    raise ActionRefused("Could not find Sender")


FAX_COUNTS = (
    "CurrentSessions",
    "ReservedSessions",
    "TransmitAttempts",
    "ReceiveAttempts",
    "CompletedFAXes",
    "FailedFAXes",
)


def fax_sessions(exchange: Exchange) -> None:
    """List the faxes: always none. Only this list has `EventList: Start` with a capital S."""
    exchange.respond(
        "Success", ("EventList", "Start"), ("Message", "FAXSessionsEntry event list will follow")
    )
    exchange.list_complete("FAXSessionsComplete", 0, ("Total", 0))


def fax_session(exchange: Exchange) -> None:
    """Answer for one fax: it is always unknown."""
    number = exchange.get("SessionNumber")
    raise ActionRefused("Session not found" if number.isdigit() else "Invalid session ID")


def fax_statistics(exchange: Exchange) -> None:
    """Send the counts in one event, without `EventList` and without an event at the end."""
    exchange.ack("FAXStats event will follow")
    exchange.item("FAXStats", [(name, 0) for name in FAX_COUNTS])


MESSAGING_ACTIONS = (
    MockAction(
        "FAXSession",
        fax_session,
        "call",
        "Responds with a detailed description of a single FAX session",
        module="res_fax.so",
    ),
    MockAction("FAXSessions", fax_sessions, "call", "Lists active FAX sessions", module="res_fax.so"),
    MockAction("FAXStats", fax_statistics, "reporting", "Responds with fax statistics", module="res_fax.so"),
    MockAction(
        "AgentLogoff",
        agent_logoff,
        "agent",
        "Sets an agent as no longer logged in.",
        module="app_agent_pool.so",
    ),
    MockAction(
        "Agents",
        list_handler("Agents will follow", "AgentsComplete", list_agents, place=ActionIdPlace.LAST),
        "agent",
        "Lists agents and their status.",
        module="app_agent_pool.so",
    ),
    MockAction("MessageSend", message_send, "message", "Send an out of call message to an endpoint."),
    MockAction(
        "JabberSend", jabber_send, "system", "Sends a message to a Jabber Client.", module="res_xmpp.so"
    ),
)
