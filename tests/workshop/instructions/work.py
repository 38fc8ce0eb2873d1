"""The pieces of work that are counted, each in a fork of one process: it imports everything once.

    python -m tests.workshop.instructions.work NAME...

prints a line for each run: its name, its rounds and the process that made it.
"""

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Any, Final, NoReturn

import anyio

import ami_backends.anyio
import ami_backends.gevent
import ami_backends.selectors
from ami_proto import Action, Cluster, Decoder, Filter
from ami_proto.drivers import Machine, SessionId
from ami_proto.message.headers import SIGHTS_MIN
from conformance.corpus import capture
from conformance.laws.playbook import Playbook, frame
from conformance.mock import LoopbackServer, MockServer, MockUser
from tests.ami_proto.cluster.fleet import Fleet, configs

CAPTURE: Final = "asterisk-22.10.1/call-mix"
CAPTURE_SIZE: Final = 200_000
"""The first so many bytes of it are read in a round."""
READ_SIZE: Final = 16_384
ACTIONS_PER_ROUND: Final = 100
PINGS_PER_ROUND: Final = 30
PING: Final = Action("Ping")
READ_HEADERS: Final = ("Channel", "Uniqueid", "ChannelStateDesc")


def decode(rounds: int) -> None:
    """Decode a capture whose headers are known, and read three headers of each message."""
    data = capture(CAPTURE).data[:CAPTURE_SIZE]
    kinds = {(each.name, *(name for name, _ in each.pairs())): each.raw for each in Decoder().feed(data)}
    _read_headers(b"".join(kinds.values()) * SIGHTS_MIN)
    for _ in range(rounds):
        _read_headers(data)


def decode_unknown(rounds: int) -> None:
    """Do the same with headers that nothing is known of: each round has names that no other has."""
    data = capture(CAPTURE).data[:CAPTURE_SIZE]
    for number in range(rounds):
        _read_headers(data.replace(b"\r\nPrivilege: ", b"\r\nPrivilege%d: " % number))


def decode_names(rounds: int) -> None:
    """Decode a capture, and read only the name and the ActionID of each message."""
    data = capture(CAPTURE).data[:CAPTURE_SIZE]
    decoder = Decoder()
    for _ in range(rounds):
        for message in decoder.feed(data):
            getattr(message, "name", None)
            getattr(message, "action_id", None)


def reply(rounds: int) -> None:
    """Submit, write and complete actions on a connection, as a driver does."""
    play = Playbook().log_in()
    _reply(play.connection, play.session, play.now, rounds)


def reply_cluster(rounds: int) -> None:
    """Do the same on a cluster of one server."""
    fleet = Fleet(Cluster(configs("pbx"), seed=1)).start()
    _reply(fleet.machine, fleet.sessions["pbx"], fleet.now, rounds)


def _reply(machine: Machine, session: SessionId, now: float, rounds: int) -> None:
    for _ in range(rounds * ACTIONS_PER_ROUND):
        now += 0.001
        ticket = machine.submit(PING, now)
        _drain(machine)
        piece = machine.poll_transmit(session)
        machine.handle_sent(session, len(piece), now)
        _drain(machine)
        pong = frame("Response: Success", f"ActionID: {ticket.action_id}", "Ping: Pong")
        _receive(machine, session, pong, now)


def flood(rounds: int) -> None:
    """Read a capture on a connection, and take the name of each message from a subscription."""
    play = Playbook().log_in()
    connection, session, now = play.connection, play.session, play.now
    subscription = connection.subscribe(Filter())
    data = capture(CAPTURE).data[:CAPTURE_SIZE]
    for _ in range(rounds):
        for begin in range(0, len(data), READ_SIZE):
            now += 0.001
            _receive(connection, session, data[begin : begin + READ_SIZE], now)
            while (message := connection.poll_message(subscription)) is not None:
                getattr(message, "name", None)


def ping_asyncio(rounds: int) -> None:
    """Send pings one after the other with the client for asyncio."""
    anyio.run(_ping_loop, rounds, backend="asyncio")


def ping_trio(rounds: int) -> None:
    """Send pings one after the other with the client for trio."""
    anyio.run(_ping_loop, rounds, backend="trio")


def ping_selectors(rounds: int) -> None:
    """Send pings one after the other with the client that runs a thread."""
    with _server() as port, ami_backends.selectors.connect(**_options(port)) as client:
        for _ in range(rounds * PINGS_PER_ROUND):
            client.send("Ping")


def ping_gevent(rounds: int) -> None:
    """Send pings one after the other with the client for gevent."""
    with _server() as port, ami_backends.gevent.connect(**_options(port)) as client:
        for _ in range(rounds * PINGS_PER_ROUND):
            client.send("Ping")


async def _ping_loop(rounds: int) -> None:
    with _server() as port:
        async with ami_backends.anyio.connect(**_options(port)) as client:
            for _ in range(rounds * PINGS_PER_ROUND):
                await client.send("Ping")


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work, and how to count it."""

    run: Callable[[int], None]
    few: int
    """Rounds of the run whose instructions are taken away from those of the other one: start-up, and what is
    learnt."""
    many: int
    tolerance: float
    """Share by which the instructions of a round may exceed the baseline: threads and loops take turns that
    differ from run to run."""


WORKS: Final = {
    "decode": Work(decode, 1, 5, 0.03),
    "decode_unknown": Work(decode_unknown, 1, 3, 0.03),
    "decode_names": Work(decode_names, 1, 5, 0.03),
    "reply": Work(reply, 1, 5, 0.03),
    "reply_cluster": Work(reply_cluster, 1, 5, 0.03),
    "flood": Work(flood, 3, 5, 0.03),
    "ping_asyncio": Work(ping_asyncio, 1, 4, 0.05),
    "ping_trio": Work(ping_trio, 1, 4, 0.05),
    "ping_selectors": Work(ping_selectors, 1, 4, 0.08),
    "ping_gevent": Work(ping_gevent, 1, 4, 0.05),
}


def _receive(machine: Machine, session: SessionId, data: bytes, now: float) -> None:
    machine.handle_received(session, data, now)
    machine.handle_timeout(now)
    _drain(machine)


def _drain(machine: Machine) -> None:
    while machine.poll_notice() is not None:
        pass
    while machine.poll_command() is not None:
        pass
    machine.poll_timeout()


def _read_headers(data: bytes) -> None:
    for message in Decoder().feed(data):
        for name in READ_HEADERS:
            message.get(name)


# -- the server, in a process that is not counted


@contextmanager
def _server() -> Iterator[int]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()


def _serve(pipe: Pipe) -> None:
    with LoopbackServer(MockServer(users=[MockUser("count", "count")])) as host:
        pipe.send(host.port)
        signal.pause()


def _options(port: int) -> dict[str, Any]:
    """Return the options of a client that the slowness of a counted process does not disturb."""
    return {
        "host": "127.0.0.1",
        "port": port,
        "username": "count",
        "secret": "count",
        "read_timeout": 3600.0,
        "heartbeat_interval": 1200.0,
        "login_timeout": 600.0,
        "action_timeout": 600.0,
    }


# -- one process for all runs


def main(names: Sequence[str]) -> None:
    """Run each work twice, in processes that have imported everything, and print which was which."""
    for name in names:
        work = WORKS[name]
        for rounds in (work.few, work.many):
            if (process := os.fork()) == 0:
                _run_to_the_end(work, rounds)
            _, status = os.waitpid(process, 0)
            if status:
                sys.exit(f"{name} failed with status {status}")
            print(name, rounds, process, flush=True)


def _run_to_the_end(work: Work, rounds: int) -> NoReturn:
    """Run, and end this process at once: what others registered to do at its end is not theirs to do."""
    try:
        work.run(rounds)
    except BaseException:  # noqa: BLE001 - whatever it is, this process must not go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
