"""A machine and the mock server, where the test itself moves every byte and the clock.

For tests of the laws: they decide in which order facts, bytes and deadlines reach the machine.
`perfect_network` moves everything by itself.
"""

from random import Random

import ami_proto as ami
from ami_proto.drivers import Close, Connect, SessionId
from conformance.laws import Lawful
from conformance.mock import MockServer, MockSession
from conformance.world.weather import draw_trouble

CONFIG = ami.ServerConfig(
    key="pbx",
    host="192.0.2.1",
    username="admin",
    secret="s3cr3t",
    max_pending_actions=6,
    max_outbound_bytes=16 * 1024,
    max_frame_size=64 * 1024,
    max_desyncs=2,
    heartbeat_interval=2.0,
    heartbeat_timeout=1.0,
    read_timeout=6.0,
    reconnect_max=2.0,
    stable_after=3.0,
)
STEPS_MAX = 10_000
RECOVERY_MAX = 200.0
"""Seconds within which a machine is READY once nothing goes wrong any more: the slowest action, the longest
silence, and a few attempts to connect.
"""


def drain(machine: Lawful) -> None:
    """Drain notices and commands, and drop them."""
    while machine.poll_notice() is not None:
        pass
    while machine.poll_command() is not None:
        pass


class ManualNetwork:
    """Keep a machine and a server apart: bytes and time move only when a test calls a method."""

    def __init__(
        self, config: ami.ServerConfig = CONFIG, *, kind: type[ami.Connection] = ami.Connection, seed: int = 0
    ) -> None:
        self.machine = Lawful(kind(config, seed=seed))
        self.server = MockServer(login_refusal_delay=1.0)
        self.server.handle_timeout(0.0)
        self.now = 0.0
        self.dialled: SessionId | None = None
        """The session of the last drained `Connect`; None once it has ended."""
        self.session: MockSession | None = None
        """The server's end of that session; None until the dial has succeeded."""
        self.accepted = 0
        """How many sessions the server has accepted."""
        self.down = b""
        """Bytes that the server has sent and the machine has not received."""

    # -- single steps

    def drain(self, *, notices: bool = True, commands: bool = True) -> None:
        """Drain the machine, and do what its commands say."""
        while notices and self.machine.poll_notice() is not None:
            pass
        while commands and (command := self.machine.poll_command()) is not None:
            match command:
                case Connect(session):
                    self.dialled = session
                case Close():
                    self._hang_up()

    def connect(self) -> None:
        """Let the dial succeed, if one is under way."""
        if self.dialled is not None and self.session is None:
            self.session = self.server.connect(self.now)
            self.accepted += 1
            self.machine.handle_connected(self.dialled, self.now)

    def lose(self, reason: ami.Reason) -> None:
        """Let the stream end, or the dial fail."""
        session = self.dialled
        if session is not None:
            self._hang_up()
            self.machine.handle_disconnected(session, ami.Disconnect(reason), self.now)

    def carry_up(self, limit: int, count: int) -> int:
        """Poll at most `limit` bytes and write at most `count` of them to the server; return how many."""
        if self.dialled is None or self.session is None:
            return 0
        data = self.machine.poll_transmit(self.dialled, limit)[:count]
        if data:
            self.session.receive(data, self.now)
            self.machine.handle_sent(self.dialled, len(data), self.now)
        return len(data)

    def carry_down(self, count: int) -> int:
        """Let at most `count` bytes reach the machine, or else the end of the stream; return how many."""
        if self.dialled is None or self.session is None:
            return 0
        self.down += self.session.transmit()
        data, self.down = self.down[:count], self.down[count:]
        if data:
            self.machine.handle_received(self.dialled, data, self.now)
        elif self.session.closed:
            self.lose(ami.Reason.RESET if self.session.reset else ami.Reason.EOF)
        return len(data)

    def wait(self, seconds: float) -> None:
        """Let time pass at both ends."""
        self.now += seconds
        self.server.handle_timeout(self.now)
        self.machine.handle_timeout(self.now)

    # -- many steps at once

    def settle(self) -> None:
        """Move everything that can move without waiting."""
        for _ in range(STEPS_MAX):
            self.drain()
            self.connect()
            if not (self.carry_up(65_536, 65_536) or self.carry_down(65_536)):
                self.drain()
                deadline = self.machine.poll_timeout()
                if deadline is None or deadline > self.now:
                    return
                self.machine.handle_timeout(self.now)
        raise AssertionError(f"still busy at {self.now}\n{self.machine.trace.tail}")

    def wait_to_deadline(self) -> None:
        """Let time pass up to the next deadline of either end."""
        moments = (self.machine.poll_timeout(), self.server.timeout())
        moment = min((each for each in moments if each is not None), default=self.now)
        self.wait(max(0.0, moment - self.now))

    def trouble(self, seed: int) -> None:
        """Have the server's next session go wrong, in a way drawn from the seed."""
        self.server.faults = [draw_trouble(Random(seed), self.accepted + 1)]

    def heal(self) -> None:
        """Stop all faults; require that the machine becomes READY and that every action ends."""
        self.server.faults.clear()
        self.server.accepting = True
        if self.session is not None:
            self.session.frozen = True  # like a host without power: the machine must notice by itself
        self.server.drop_all()
        if self.machine.stopped:
            self.machine.start(self.now)
        end = self.now + RECOVERY_MAX
        while not self._recovered():
            if self.now > end:
                raise AssertionError(f"not READY after {RECOVERY_MAX} s\n{self.machine.trace.tail}")
            self.settle()
            if self.machine.stopped:
                self.machine.start(self.now)
            elif not self._recovered():
                self.wait_to_deadline()

    def finish(self) -> None:
        """Stop the machine, and require that nothing of it is left."""
        self.machine.stop(self.now)
        while not self.machine.stopped:
            self.settle()
            self.wait_to_deadline()
        self.settle()
        assert not self.machine.open
        assert self.machine.poll_timeout() is None

    def _recovered(self) -> bool:
        ready = self.machine.snapshot().state is ami.State.READY
        alive = self.session is not None and not self.session.closed
        return ready and alive and not self.machine.open

    def _hang_up(self) -> None:
        if self.session is not None:
            self.session.handle_disconnected()
        self.dialled, self.session, self.down = None, None, b""
