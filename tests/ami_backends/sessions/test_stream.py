"""One stream: partial writes, TLS in all its states, and bytes that no selector reports."""

import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator

import pytest

from ami_backends.sessions.stream import TLS_RECORDS_MAX, Phase, Stream
from ami_proto import Disconnect, Filter, Message, Overflow, Reason, Sent, State, Tls
from conformance.laws.peer import HOST, Peer, PeerConnection, events, flooding, honest, reset
from conformance.laws.playbook import BANNER
from conformance.suite.leaks import nothing_left
from tests.peers import Owner, ca_file, server_context, trusting

__all__ = ["ca_file", "nothing_left"]

LINE_SIZE = 900


class Recorder:
    """A script that keeps every byte after the login, read slowly at first."""

    def __init__(self, delay: float = 0.0) -> None:
        self.actions: list[dict[str, str]] = []
        self.delay = delay

    def __call__(self, line: PeerConnection) -> None:
        line.accept_login()
        time.sleep(self.delay)
        while True:
            action = line.read_action()
            self.actions.append(action)
            line.answer(action)


@pytest.fixture(params=["plain", "tls"])
def secured(request: pytest.FixtureRequest, ca_file: str) -> tuple[ssl.SSLContext | None, Tls | None]:
    """Return the context of the server and the options of the client, for each kind of stream."""
    if request.param == "plain":
        return None, None
    return server_context(HOST, "localhost"), trusting(ca_file)


Secured = tuple[ssl.SSLContext | None, Tls | None]


# -- writing


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_partial_writes_of_any_size_are_right(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-FLOW-04: the kernel takes so many bytes at a time, and every second time none."""
    recorder = Recorder()
    real = Stream.transmit
    turns: Iterator[int] = iter(range(10_000_000))

    def transmit(self: Stream, piece: bytes) -> int | Disconnect:
        return real(self, piece[:size]) if next(turns) % 2 else 0

    monkeypatch.setattr(Stream, "transmit", transmit)
    with Peer(recorder) as peer, Owner(peer.port) as owner:
        owner.until_ready()
        tickets = [owner.submit("UserEvent", UserEvent="x", Number=str(number)) for number in range(40)]
        owner.until(lambda: len(owner.outcomes) == len(tickets))
    assert all(owner.outcomes[ticket].succeeded for ticket in tickets)
    assert [action["Number"] for action in recorder.actions] == [str(number) for number in range(40)]


def test_a_full_socket_buffer_delays_and_loses_nothing(secured: Secured) -> None:
    """R-FLOW-04, R-ACT-07: megabytes through a small buffer to a peer that begins to read late."""
    context, tls = secured
    recorder = Recorder(delay=0.2)
    with Peer(recorder, context=context) as peer, Owner(peer.port, tls=tls) as owner:
        owner.until_ready()
        owner.socket().setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        text = "x" * LINE_SIZE
        tickets = [owner.submit("UserEvent", UserEvent=text, Number=str(number)) for number in range(3000)]
        owner.reactor.poll()
        assert owner.machine.snapshot().outbound_bytes > 100_000  # it does not wait for the peer
        owner.until(lambda: len(owner.outcomes) == len(tickets))
    assert [action["Number"] for action in recorder.actions] == [str(number) for number in range(3000)]
    assert {action["UserEvent"] for action in recorder.actions} == {text}


def test_an_action_lost_while_writing_says_how_much_was_shown() -> None:
    """R-CORR-07, L4: each ends once, PARTLY or NO where the peer cannot have run it."""

    def deaf(line: PeerConnection) -> None:
        line.accept_login()
        time.sleep(0.2)
        reset(line)

    with Peer(deaf, honest) as peer, Owner(peer.port) as owner:
        owner.until_ready()
        text = "x" * LINE_SIZE
        tickets = [owner.submit("UserEvent", UserEvent=text) for _ in range(5000)]
        owner.until(lambda: len(owner.outcomes) == len(tickets))
        found = [owner.outcomes[ticket] for ticket in tickets]
    assert not any(outcome.succeeded for outcome in found)
    order = [Sent.FULLY, Sent.PARTLY, Sent.NO]
    ranks = [order.index(outcome.sent) for outcome in found]
    assert ranks == sorted(ranks)
    assert ranks.count(1) <= 1
    assert ranks[-1] == 2


@pytest.mark.parametrize("last", [b"Event: Last\r\nPrivilege: x\r\n\r\n"])
def test_bytes_that_came_before_a_write_failed_are_delivered(last: bytes, secured: Secured) -> None:
    """R-WIRE-11: the peer says why, and hangs up while the client writes."""
    context, tls = secured

    def leave(line: PeerConnection) -> None:
        line.accept_login()
        line.read_action()
        line.send(last)

    with Peer(leave, honest, context=context) as peer, Owner(peer.port, tls=tls) as owner:
        subscription = owner.machine.subscribe(Filter(("Last",)))
        owner.until_ready()
        for _ in range(2000):
            owner.submit("UserEvent", UserEvent="x" * LINE_SIZE)
        owner.until(lambda: peer.accepted == 2)
        message = owner.machine.poll_message(subscription)
        assert isinstance(message, Message)
        assert message.name == "Last"


# -- TLS: trust


@pytest.mark.parametrize(
    ("names", "server_name"),
    [((HOST,), None), (("localhost",), "localhost"), (("pbx.example",), "pbx.example")],
)
def test_a_certificate_that_fits_is_taken(
    names: tuple[str, ...], server_name: str | None, ca_file: str
) -> None:
    """R-AUTH-05."""
    tls = trusting(ca_file, server_name)
    with Peer(honest, context=server_context(*names)) as peer, Owner(peer.port, tls=tls) as owner:
        assert owner.until_ready().send("Ping").succeeded


@pytest.mark.parametrize(
    ("names", "tls", "detail"),
    [
        (("pbx.example",), "ca", "certificate is not valid for '127.0.0.1'"),
        ((HOST,), "system", "unable to get local issuer certificate"),
    ],
)
def test_a_certificate_that_does_not_fit_is_refused(
    names: tuple[str, ...], tls: str, detail: str, ca_file: str
) -> None:
    """R-AUTH-05: self-signed, or made out to another name; the login is never sent."""
    heard: list[dict[str, str]] = []
    trust = trusting(ca_file) if tls == "ca" else Tls()
    with (
        Peer(lambda line: heard.append(line.read_action()), context=server_context(*names)) as peer,
        Owner(peer.port, tls=trust, retry=False) as owner,
    ):
        owner.until(lambda: owner.machine.state is State.CLOSED)
        cause = owner.machine.snapshot().last_cause
    assert cause is not None
    assert cause.reason is Reason.TLS_FAILED
    assert detail in cause.detail
    assert not heard


def test_verification_can_be_turned_off() -> None:
    """R-AUTH-05."""
    context = server_context("pbx.example")
    with Peer(honest, context=context) as peer, Owner(peer.port, tls=Tls(verify=False)) as owner:
        assert owner.until_ready().send("Ping").succeeded


def test_the_handshake_never_blocks_a_loop(ca_file: str) -> None:
    """R-AUTH-05: a peer that accepts and says nothing costs the connect timeout, and no waiting."""

    def stall(line: PeerConnection) -> None:
        line.wait_closed()

    with (
        Peer(stall) as peer,
        Owner(peer.port, tls=trusting(ca_file), connect_timeout=0.1, retry=False) as owner,
    ):
        rounds = 0
        while owner.machine.state is not State.CLOSED:
            owner.reactor.poll()
            rounds += 1
        cause = owner.machine.snapshot().last_cause
    assert rounds > 20
    assert cause is not None
    assert cause.reason is Reason.CONNECT_TIMEOUT


def test_a_handshake_that_comes_byte_by_byte_is_completed(ca_file: str) -> None:
    """R-AUTH-05: WANT_READ after every byte."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = server_context(HOST).wrap_bio(incoming, outgoing, server_side=True)

    def drip(line: PeerConnection) -> None:
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                _drip(line, outgoing.read())
                incoming.write(line.socket.recv(65_536) or b"")
            else:
                break
        tls.write(BANNER)
        _drip(line, outgoing.read())
        line.wait_closed()

    with Peer(drip) as peer, Owner(peer.port, tls=trusting(ca_file)) as owner:
        owner.until(lambda: owner.machine.state is State.AUTHENTICATING)


def _drip(line: PeerConnection, data: bytes) -> None:
    for number in range(len(data)):
        line.send(data[number : number + 1])


# -- TLS: bytes that the selector does not report


def test_bytes_in_one_segment_with_the_handshake_are_read(ca_file: str) -> None:
    """The banner lies inside OpenSSL when the handshake ends, and no descriptor becomes readable."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = server_context(HOST)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # where the server has the last word of the handshake
    tls = context.wrap_bio(incoming, outgoing, server_side=True)

    def pack(line: PeerConnection) -> None:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                if outgoing.pending:
                    line.send(outgoing.read())
                incoming.write(line.socket.recv(65_536))
        tls.write(BANNER)
        line.send(outgoing.read())
        line.wait_closed()

    with Peer(pack) as peer, Owner(peer.port, tls=trusting(ca_file), banner_timeout=2.0) as owner:
        while (state := owner.machine.state) not in (
            State.AUTHENTICATING,
            State.DISCONNECTED,
        ) or not owner.notices:
            owner.reactor.run_once(5.0)  # which waits for the banner's timer unless it knows better
        assert state is State.AUTHENTICATING


class Records(ssl.SSLSocket):
    """A socket without a descriptor, from which these records come, or these errors."""

    script: list[bytes | OSError]

    @classmethod
    def of(cls, *script: bytes | OSError) -> "Records":
        sock = cls.__new__(cls)  # it has no constructor of its own
        sock.script = list(script)
        return sock

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Return the next record, or raise the next error. The end comes again, an error does not."""
        record = self.script[0] if self.script == [b""] else self.script.pop(0)
        if isinstance(record, OSError):
            raise record
        return record


@pytest.mark.parametrize(
    "rest", [(b"5", ssl.SSLWantReadError()), (b"",), (ConnectionResetError(),), (b"5", b"")]
)
def test_a_turn_that_is_full_is_followed_by_another(rest: tuple[bytes | OSError, ...]) -> None:
    """R-WIRE-11: no selector reports what OpenSSL holds, nor an end that it has told."""
    for count in range(TLS_RECORDS_MAX + 1):
        stream = Stream(None, HOST)
        stream.socket = Records.of(*[b"1"] * count, *rest)
        said = [stream.receive()]
        while stream.pending and isinstance(said[-1], bytes):
            said.append(stream.receive())
        ended = isinstance(rest[-1], ssl.SSLWantReadError)
        assert isinstance(said[-1], bytes if ended else Disconnect), (count, said)
        received = b"".join(each for each in said if isinstance(each, bytes))
        assert received == b"1" * count + (b"5" if rest[0] == b"5" else b"")


def test_many_records_at_once_are_all_read(ca_file: str) -> None:
    """More than one turn takes: the rest inside OpenSSL is read without waiting for new bytes."""
    total = 60_000
    with (
        Peer(flooding(total), context=server_context(HOST)) as peer,
        Owner(peer.port, tls=trusting(ca_file)) as owner,
    ):
        assert owner.until_ready().send("Ping").succeeded
        assert owner.machine.events_received == total + 1, "and FullyBooted"


def test_a_pause_with_bytes_inside_openssl_ends_with_them(ca_file: str) -> None:
    """R-FLOW-02: PAUSE over TLS loses nothing, and reading goes on without a new byte on the socket."""
    total = 30_000

    def flood(line: PeerConnection) -> None:
        line.accept_login()
        line.send(*events(total))
        line.serve()

    numbers: list[int] = []
    with Peer(flood, context=server_context(HOST)) as peer, Owner(peer.port, tls=trusting(ca_file)) as owner:
        flooded = Filter(block=("FullyBooted",))
        subscription = owner.machine.subscribe(flooded, limit=8000, policy=Overflow.PAUSE)

        def pull() -> bool:
            while (item := owner.machine.poll_message(subscription)) is not None:
                assert isinstance(item, Message), item
                numbers.append(int(item["Number"]))
                if len(numbers) % 3000 == 0:
                    return False
            return len(numbers) == total

        owner.until(lambda: owner.machine.snapshot().subscriptions[0].depth >= 8000)
        owner.until(pull)
    assert numbers == list(range(total))


def test_sixty_actions_pipelined_over_tls_in_pieces_asterisk_takes(ca_file: str) -> None:
    """R-ACT-07: each record at most 1024 bytes, ended by a line end."""
    records: list[bytes] = []

    def take(line: PeerConnection) -> None:
        line.accept_login()
        answered = 0
        rest = b""
        while answered < 60:
            record = line.socket.recv(65_536)  # one record at a time: OpenSSL never joins two
            records.append(record)
            rest += record
            while b"\r\n\r\n" in rest:
                action, rest = rest.split(b"\r\n\r\n", 1)
                fields = dict(pair.split(": ", 1) for pair in action.decode().split("\r\n"))
                line.answer(fields)
                answered += 1
        line.serve()

    with Peer(take, context=server_context(HOST)) as peer, Owner(peer.port, tls=trusting(ca_file)) as owner:
        owner.until_ready()
        tickets = [owner.submit("UserEvent", UserEvent="x" * 700) for _ in range(60)]
        owner.until(lambda: len(owner.outcomes) == 60)
    assert all(owner.outcomes[ticket].succeeded for ticket in tickets)
    assert all(len(record) <= 1024 and record.endswith(b"\r\n") for record in records)


# -- TLS: bad days


def test_a_clean_end_and_a_ragged_one_are_both_ends(ca_file: str) -> None:
    """R-WIRE-11: what came before is delivered."""

    def leave(clean: bool) -> Callable[[PeerConnection], None]:
        def script(line: PeerConnection) -> None:
            line.accept_login()
            line.send(*events(10, "Last"))
            if clean:
                assert isinstance(line.socket, ssl.SSLSocket)
                line.socket.unwrap().close()

        return script

    for clean in (True, False):
        with (
            Peer(leave(clean), honest, context=server_context(HOST)) as peer,
            Owner(peer.port, tls=trusting(ca_file)) as owner,
        ):
            subscription = owner.machine.subscribe(Filter(("Last",)))
            owner.until(lambda: peer.accepted == 2)
            cause = owner.machine.snapshot().last_cause
            assert cause is not None
            assert cause.reason is Reason.EOF
            assert subscription.depth == 10


def test_noise_inside_an_established_stream_ends_it(ca_file: str) -> None:
    def spoil(line: PeerConnection) -> None:
        line.accept_login()
        with socket.socket(fileno=os.dup(line.socket.fileno())) as raw:
            raw.sendall(b"noise" * 200)
        line.wait_closed()

    with (
        Peer(spoil, honest, context=server_context(HOST)) as peer,
        Owner(peer.port, tls=trusting(ca_file)) as owner,
    ):
        owner.until(lambda: peer.accepted == 2)
        cause = owner.machine.snapshot().last_cause
        assert cause is not None
        assert cause.reason is Reason.TLS_FAILED
        owner.until_ready()


# -- by itself


def test_a_stream_without_a_socket_says_so() -> None:
    stream = Stream(None, "")
    closed = Disconnect(Reason.NETWORK, "closed")
    assert (stream.advance(), stream.receive(), stream.transmit(b"x")) == (closed, closed, closed)
    assert not stream.dead
    stream.close()
    assert stream.phase is Phase.DIALLING


def test_no_address_is_an_unresolved_name() -> None:
    assert Stream(None, "").dial([]) == Disconnect(Reason.UNRESOLVED, "the name has no address")


def test_its_sockets_send_at_once_and_notice_a_dead_peer() -> None:
    with Peer(honest) as peer, Owner(peer.port) as owner:
        sock = owner.until_ready().socket()
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
        assert not sock.getblocking()
