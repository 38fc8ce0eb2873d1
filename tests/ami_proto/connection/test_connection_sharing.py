"""Two connections with one journal and one registry: the shape that a cluster has."""

from dataclasses import replace

from ami_proto import (
    Action,
    ActionFinished,
    Connection,
    Disconnect,
    Filter,
    Gap,
    Message,
    Notice,
    Reason,
    State,
    StateChanged,
)
from ami_proto.connection.journal import Journal
from ami_proto.connection.registry import Registry
from ami_proto.drivers import MessagesWaiting, SessionId
from conformance.laws.playbook import BANNER, SERVER, frame


class Pair:
    """Two connections, driven by hand, that share what they say and whom they serve."""

    def __init__(self) -> None:
        journal = Journal()
        registry = Registry(journal)
        self.connections = {
            key: Connection(
                replace(SERVER, key=key, auth="plain"), seed=1, journal=journal, registry=registry
            )
            for key in ("east", "west")
        }
        self.east, self.west = self.connections.values()
        self.notices: list[Notice] = []
        for connection in self.connections.values():
            connection.start(0.0)

    def log_in(self, key: str, number: int, now: float) -> None:
        connection, session = self.connections[key], SessionId(key, number)
        self.drain()
        connection.handle_connected(session, now)
        connection.handle_received(session, BANNER, now)
        login = connection.poll_transmit(session)
        connection.handle_sent(session, len(login), now)
        action_id = login.split(b"ActionID: ")[1].split(b"\r\n")[0].decode()
        connection.handle_received(session, frame("Response: Success", f"ActionID: {action_id}"), now)
        self.drain()
        assert connection.state is State.READY

    def event(self, key: str, name: str, number: int = 1) -> None:
        self.connections[key].handle_received(SessionId(key, number), frame(f"Event: {name}"), 2.0)

    def drain(self) -> None:
        while (notice := self.east.poll_notice()) is not None:
            self.notices.append(notice)
        for connection in self.connections.values():
            while connection.poll_command() is not None:
                pass


def test_one_drain_has_the_notices_of_both_in_order() -> None:
    pair = Pair()
    for key in ("west", "east"):
        pair.log_in(key, 1, 1.0)
    steps = [(each.server, each.new) for each in pair.notices if isinstance(each, StateChanged)]
    assert steps.index(("west", State.READY)) < steps.index(("east", State.READY))
    assert all(each.server in pair.connections for each in pair.notices)


def test_one_subscription_has_the_events_and_gaps_of_both() -> None:
    """R-FLOW-01, R-FLOW-06: every message and mark names its server."""
    pair = Pair()
    subscription = pair.west.subscribe(Filter(where=lambda message: message.server != ""))
    for key in pair.connections:
        pair.log_in(key, 1, 1.0)
        pair.event(key, f"From{key.title()}")
    west = pair.west
    west.handle_disconnected(SessionId("west", 1), Disconnect(Reason.EOF), 3.0)
    west.handle_timeout(40.0)
    pair.log_in("west", 2, 40.0)
    items = west.poll_messages(subscription, 10)
    messages = [(each.server, each.name) for each in items if isinstance(each, Message)]
    assert messages == [("east", "FromEast"), ("west", "FromWest")]
    assert [each.server for each in items if isinstance(each, Gap)] == ["west"]
    assert [each.server for each in pair.notices if isinstance(each, MessagesWaiting)] == ["east"]


def test_each_counts_for_itself() -> None:
    pair = Pair()
    for key in pair.connections:
        pair.log_in(key, 1, 1.0)
    pair.event("east", "Unwanted")
    ticket = pair.west.submit(Action("Ping"), 2.0)
    pair.west.cancel(ticket, 2.0)
    east, west = (connection.snapshot() for connection in pair.connections.values())
    assert (east.events_unwanted, west.events_unwanted) == (1, 0)
    assert (east.outcomes_undrained, west.outcomes_undrained) == (0, 1)
    assert (pair.east.poll_timeout() or 0.0) > 2.0, "the notice of the other is not its work"
    assert pair.west.poll_timeout() == 2.0
    pair.drain()
    assert isinstance(pair.notices[-1], ActionFinished)
    assert pair.notices[-1].server == "west"
    assert pair.west.snapshot().outcomes_undrained == 0


def test_an_ended_subscription_is_forgotten_for_both() -> None:
    """L6: its notices too, and its drops stay counted for the server that sent the messages."""
    pair = Pair()
    for key in pair.connections:
        pair.log_in(key, 1, 1.0)
    subscription = pair.east.subscribe(Filter(), limit=1)
    for key in ("east", "west", "west"):
        pair.event(key, "Tick")
    pair.west.unsubscribe(subscription)
    dropped = [connection.snapshot().events_dropped for connection in pair.connections.values()]
    assert (dropped, subscription.pull()) == ([0, 1], None)
    assert pair.east.poll_notice() is None
