"""Agents, and messages to people (apps/app_agent_pool.c, main/message.c, res/res_xmpp.c)."""

from collections.abc import Iterable

from conformance.server.exchange import Action, Exchange

from .answers import IdPlace, Item, Refused, listing, need


def agents(exchange: Exchange) -> Iterable[Item]:
    """Give the agents."""
    for agent in exchange.server.world.inventory.agents:
        yield "Agents", [("Agent", agent.agent), ("Name", agent.name), ("Status", agent.status)]


def agent_logoff(exchange: Exchange) -> None:
    """Log an agent off, which he may be already."""
    name = need(exchange, "Agent", "No agent specified")
    if name not in [agent.agent for agent in exchange.server.world.inventory.agents]:
        raise Refused("No such agent")
    exchange.ack("Agent logged out")


def message_send(exchange: Exchange) -> None:
    """Send a text outside of a call: to an endpoint, and only where that has a contact."""
    if not (exchange.get("Destination") or exchange.get("To")):
        raise Refused("No 'To' address specified.")
    technology, _, name = (exchange.get("Destination") or exchange.get("To")).partition(":")
    if technology.lower() not in ("pjsip", "sip"):
        raise Refused("Message technology not found.")
    endpoint = exchange.server.world.inventory.endpoints.get(name)
    if endpoint is None or not endpoint.aor.contacts:
        raise Refused("Message failed to send.")
    exchange.ack("Message successfully sent")


def jabber_send(exchange: Exchange) -> None:
    """Promise to send, then fail to, in two responses of one ActionID."""
    need(exchange, "Jabber", "No transport specified")
    need(exchange, "ScreenName", "No ScreenName specified")
    need(exchange, "Message", "No Message specified")
    exchange.ack("Attempting to send Jabber Message")
    raise Refused("Could not find Sender")


ACTIONS = (
    Action(
        "AgentLogoff",
        agent_logoff,
        "agent",
        "Sets an agent as no longer logged in.",
        module="app_agent_pool.so",
    ),
    Action(
        "Agents",
        listing("Agents will follow", "AgentsComplete", agents, place=IdPlace.LAST),
        "agent",
        "Lists agents and their status.",
        module="app_agent_pool.so",
    ),
    Action("MessageSend", message_send, "message", "Send an out of call message to an endpoint."),
    Action("JabberSend", jabber_send, "system", "Sends a message to a Jabber Client.", module="res_xmpp.so"),
)
