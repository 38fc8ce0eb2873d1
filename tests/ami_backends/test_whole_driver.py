"""The driver of the design, line by line: it asks the five questions, and has no rule of the protocol."""

import selectors
import socket
import time

from ami_proto import (
    Action,
    ActionFinished,
    Connection,
    Disconnect,
    Notice,
    Reason,
    ServerConfig,
    State,
    StateChanged,
)
from ami_proto.drivers import Close, Connect, Watch
from conformance.mock import LoopbackServer


def drive(machine: Connection, told: list[Notice]) -> None:
    """Run until the machine has stopped; ping once, then stop."""
    clock = time.monotonic
    selector = selectors.DefaultSelector()
    link = socket.socket()

    def deliver(notice: Notice) -> None:
        told.append(notice)
        if isinstance(notice, StateChanged) and notice.new is State.READY:
            machine.submit(Action("Ping"), clock())
        if isinstance(notice, ActionFinished):
            machine.stop(clock())

    machine.start(clock())
    while not machine.stopped:
        while notice := machine.poll_notice():
            deliver(notice)
        while command := machine.poll_command():
            match command:
                case Connect(session, host, port):
                    link.connect((host, port))
                    link.setblocking(False)
                    machine.handle_connected(session, clock())
                case Watch(session, read, write):
                    if link in selector.get_map():
                        selector.unregister(link)
                    if read or write:
                        selector.register(
                            link, selectors.EVENT_READ * read | selectors.EVENT_WRITE * write, session
                        )
                case Close():
                    selector.unregister(link)
                    link.close()
        deadline = machine.poll_timeout()
        for key, mask in selector.select(None if deadline is None else max(0.0, deadline - clock())):
            if mask & selectors.EVENT_WRITE:
                count = link.send(machine.poll_transmit(key.data))
                machine.handle_sent(key.data, count, clock())
            if mask & selectors.EVENT_READ:
                data = link.recv(65_536)
                if data:
                    machine.handle_received(key.data, data, clock())
                else:
                    machine.handle_disconnected(key.data, Disconnect(Reason.EOF), clock())
        machine.handle_timeout(clock())
    selector.close()
    link.close()


def test_the_loop_of_the_design_is_a_whole_driver_and_ends(mock_server: LoopbackServer) -> None:
    """L5: a machine that has stopped wakes its driver once more, which would wait for ever otherwise."""
    config = ServerConfig(
        key="pbx", host="127.0.0.1", port=mock_server.port, username="admin", secret="s3cr3t"
    )
    told: list[Notice] = []
    drive(Connection(config, seed=1), told)
    outcomes = [notice.outcome for notice in told if isinstance(notice, ActionFinished)]
    assert [outcome.unwrap()["Ping"] for outcome in outcomes] == ["Pong"]
    changes = [notice.new for notice in told if isinstance(notice, StateChanged)]
    assert changes[-2:] == [State.CLOSING, State.CLOSED]
