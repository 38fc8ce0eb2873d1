"""A story told to a `Connection`: facts and requests go in, every output is kept for the test.

A playbook owns a virtual clock and is a perfect driver: it drains after every step, writes all bytes that
it is shown, and acts at every deadline. With `lazy=True` it does only what the test calls. It plays the
server as well, so that a test reads like the conversation of the two:

    play = Playbook().log_in()
    ticket = play.submit(Action("Hangup", {"Channel": "PJSIP/7"}))
    play.reply(ticket, "Message: Channel Hungup")
    assert play.outcome(ticket).succeeded

A failed expectation shows the whole story: `>>` inputs of the connection, `<<` its outputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

import ami_proto as ami
from ami_proto.completion import Completion
from ami_proto.drivers import (
    QUEUE_BYTES_DEFAULT,
    QUEUE_LIMIT_DEFAULT,
    Command,
    Connect,
    Look,
    SessionId,
    Subscription,
    Watch,
)

SERVER = ami.ServerConfig(
    key="pbx", host="192.0.2.1", username="ops", secret="s3cret", wait_fully_booted=False
)
"""A server with every default but one: READY does not wait for a FullyBooted, which stories rarely tell. Vary
it with `dataclasses.replace`."""

BANNER = b"Asterisk Call Manager/9.0.0\r\n"
DEADLINES_MAX = 10_000
"""Deadlines within one `wait`; more mean that the connection spins."""
STORY_SHOWN_MAX = 60
"""Lines of the story that an error shows."""

NoticeKind = TypeVar("NoticeKind")


@dataclass(frozen=True, slots=True)
class SentAction:
    """An action as the server reads it."""

    name: str
    action_id: str
    headers: tuple[tuple[str, str], ...]

    def __getitem__(self, name: str) -> str:
        return dict(self.headers)[name]


def frame(*lines: str) -> bytes:
    """Return one AMI message of these lines."""
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("utf-8", "surrogateescape")


def read_actions(data: bytes) -> list[SentAction]:
    """Return the actions in these bytes."""
    actions = []
    for text in data.decode("utf-8", "surrogateescape").split("\r\n\r\n")[:-1]:
        pairs = [(name, value) for name, _, value in (line.partition(": ") for line in text.split("\r\n"))]
        actions.append(SentAction(dict(pairs)["Action"], dict(pairs)["ActionID"], tuple(pairs[2:])))
    return actions


class Playbook:
    """Drive one connection with a virtual clock, and keep its outputs until a test takes them."""

    def __init__(
        self, server: ami.ServerConfig = SERVER, *, seed: int = 1, throttled: bool = False, lazy: bool = False
    ) -> None:
        self.connection = ami.Connection(server, seed=seed, throttled=throttled)
        self.now = 1000.0
        self.lazy = lazy
        self.session = SessionId(server.key, 0)
        """The session of the latest `Connect`."""
        self.notices: list[ami.Notice] = []
        self.commands: list[Command] = []
        self.watch: Watch | None = None
        """The last `Watch`, until another command."""
        self.wire = b""
        """Every byte written in the current session."""
        self._answered = 0
        self._story: list[str] = []

    # -- requests

    def start(self) -> Self:
        """Start the connection."""
        self.connection.start(self.now)
        return self._step("start")

    def stop(self, grace: float | None = None) -> Self:
        """Stop the connection."""
        self.connection.stop(self.now, grace=grace)
        return self._step("stop")

    def submit(
        self,
        action: ami.Action,
        *,
        timeout: float | None = None,
        completion: Completion | None = None,
        wait: bool = False,
    ) -> ami.Ticket:
        """Submit an action."""
        ticket = self.connection.submit(action, self.now, timeout=timeout, completion=completion, wait=wait)
        self._step(f"submit {ticket}")
        return ticket

    def cancel(self, ticket: ami.Ticket) -> Self:
        """Cancel an action."""
        self.connection.cancel(ticket, self.now)
        return self._step(f"cancel {ticket}")

    def subscribe(
        self,
        *names: str,
        limit: int = QUEUE_LIMIT_DEFAULT,
        limit_bytes: int = QUEUE_BYTES_DEFAULT,
        policy: ami.Overflow = ami.Overflow.DROP_OLDEST,
    ) -> Subscription:
        """Subscribe to events by name or glob."""
        wanted = ami.Filter(names)
        return self.connection.subscribe(wanted, limit=limit, limit_bytes=limit_bytes, policy=policy)

    # -- facts

    def connect(self) -> Self:
        """Let the dial succeed."""
        self.connection.handle_connected(self.session, self.now)
        return self._step(f"connected {self.session}")

    def receive(self, *data: bytes) -> Self:
        """Let bytes arrive."""
        for each in data:
            self.connection.handle_received(self.session, each, self.now)
            self._step(f"received {each!r}")
        return self

    def find_nothing(self, looked_at: float | None = None) -> Self:
        """Let a read without waiting find nothing; it began now, or at `looked_at`."""
        looked_at = self.now if looked_at is None else looked_at
        self.connection.handle_drained(self.session, looked_at)
        return self._step(f"drained at {looked_at}")

    def disconnect(self, reason: ami.Reason = ami.Reason.EOF, detail: str = "") -> Self:
        """Let the stream end, or the dial fail."""
        self.connection.handle_disconnected(self.session, ami.Disconnect(reason, detail), self.now)
        return self._step(f"disconnected {reason.name}")

    def write(self, count: int | None = None, *, limit: int = 65_536) -> bytes:
        """Write the shown bytes, or the first `count` of them; return the written ones."""
        data = self.connection.poll_transmit(self.session, limit)[:count]
        if data:
            self.wire += data
            self.connection.handle_sent(self.session, len(data), self.now)
            self._story.append(f"   << {data!r}")
        return data

    def wait(self, seconds: float) -> Self:
        """Let time pass, and act at every deadline on the way."""
        end = self.now + seconds
        self._settle()
        for _ in range(DEADLINES_MAX):
            deadline = self.connection.poll_timeout()
            if self.lazy or deadline is None or deadline > end:
                return self.oversleep(end - self.now)
            self.oversleep(max(0.0, deadline - self.now))
            self.connection.handle_timeout(
                self.now
            )  # L5: once all is drained, a due `handle_timeout` must move the deadline
            following = self.connection.poll_timeout()
            if following is not None and following <= self.now:
                self._fail(f"no progress (L5): all was drained and done at {self.now}, and it is due again")
        return self._fail("the connection spins")

    def oversleep(self, seconds: float) -> Self:
        """Let time pass without acting at the deadlines, like a suspended process."""
        self.now += seconds
        self.connection.handle_timeout(self.now)
        return self._step(f"it is {self.now:.3f}")

    # -- as Asterisk

    def dial(self) -> Self:
        """Start, and accept the dial."""
        return self.start().connect()

    def log_in(self) -> Self:
        """Go on to READY: from the start, or from a `Connect` that was drained."""
        if self.connection.state is ami.State.CLOSED:
            self.start()
        self.connect().receive(BANNER)
        if self.unanswered[-1].name == "Challenge":
            self.reply(self.unanswered[-1], "Challenge: 123456789")
        return self.reply(self.unanswered[-1], "Message: Authentication accepted")

    def reply(self, to: ami.Ticket | SentAction | str, *lines: str, status: str = "Success") -> Self:
        """Answer an action."""
        action_id = to if isinstance(to, str) else to.action_id
        for number, each in enumerate(self.sent_actions):
            if each.action_id == action_id:
                self._answered = max(self._answered, number + 1)
        return self.receive(frame(f"Response: {status}", f"ActionID: {action_id}", *lines))

    def item(self, to: ami.Ticket | SentAction, name: str, *lines: str) -> Self:
        """Send an event with the ActionID of an action."""
        return self.receive(frame(f"Event: {name}", f"ActionID: {to.action_id}", *lines))

    def event(self, name: str, *lines: str) -> Self:
        """Send an event."""
        return self.receive(frame(f"Event: {name}", "Privilege: call,all", *lines))

    @property
    def sent_actions(self) -> list[SentAction]:
        """Every action of the current session that was written completely."""
        return read_actions(self.wire)

    @property
    def unanswered(self) -> list[SentAction]:
        """The actions after the last one that was answered."""
        return self.sent_actions[self._answered :]

    # -- outputs

    def take(self, kind: type[NoticeKind]) -> list[NoticeKind]:
        """Return the notices of a kind so far, and forget them."""
        taken: list[NoticeKind] = [each for each in self.notices if isinstance(each, kind)]
        self.notices = [each for each in self.notices if not isinstance(each, kind)]
        return taken

    def take_commands(self) -> list[Command]:
        """Return the commands so far, and forget them."""
        taken, self.commands = self.commands, []
        return taken

    def outcomes(self, ticket: ami.Ticket) -> list[ami.Outcome]:
        """Return every outcome of a ticket; more than one breaks L4."""
        return [
            each.outcome
            for each in self.notices
            if isinstance(each, ami.ActionFinished) and each.ticket == ticket
        ]

    def outcome(self, ticket: ami.Ticket) -> ami.Outcome:
        """Return the one outcome of a ticket."""
        found = self.outcomes(ticket)
        if len(found) != 1:
            self._fail(f"{ticket} has {len(found)} outcomes, not one")
        return found[0]

    def faults(self) -> dict[ami.Fault, int]:
        """Return the count of each reported fault, and forget them."""
        counts: dict[ami.Fault, int] = {}
        for each in self.take(ami.FaultSeen):
            counts[each.fault] = counts.get(each.fault, 0) + each.count
        return counts

    def messages(self, subscription: Subscription) -> list[ami.Message | ami.Gap | ami.Drops]:
        """Return all queued messages of a subscription."""
        pulled = []
        while (item := self.connection.poll_message(subscription)) is not None:
            pulled.append(item)
        self._settle()
        return pulled

    def expect_states(self, *states: ami.State) -> Self:
        """Require that exactly these states were entered since the last look."""
        return self._expect("states", [each.new for each in self.take(ami.StateChanged)], states)

    def expect_commands(self, *commands: Command) -> Self:
        """Require exactly these commands since the last look."""
        return self._expect("commands", self.take_commands(), commands)

    def expect_actions(self, *names: str) -> Self:
        """Require that exactly these actions wait for an answer."""
        return self._expect("actions", [each.name for each in self.unanswered], names)

    # -- helpers

    def drain(self) -> Self:
        """Take every notice and command."""
        while (notice := self.connection.poll_notice()) is not None:
            self.notices.append(notice)
            self._story.append(f"   << {notice}")
        while (command := self.connection.poll_command()) is not None:
            self.commands.append(command)
            self._story.append(f"   << {command}")
            if isinstance(command, Connect):
                self.session, self.wire, self._answered = command.session, b"", 0
            if not isinstance(command, Look):
                self.watch = command if isinstance(command, Watch) else None
        return self

    def _settle(self) -> None:
        if not self.lazy:
            self.drain()
            while self.write():
                self.drain()

    def _step(self, what: str) -> Self:
        self._story.append(f">> {what}")
        self._settle()
        return self

    def _expect(self, what: str, seen: Sequence[object], wanted: Sequence[object]) -> Self:
        if list(seen) == list(wanted):
            return self
        lines = [
            f"{what} are not as expected",
            *(f"  - {each}" for each in wanted),
            *(f"  + {each}" for each in seen),
        ]
        return self._fail("\n".join(lines))

    def _fail(self, what: str) -> Self:
        raise AssertionError("\n".join([what, "the story so far:", *self._story[-STORY_SHOWN_MAX:]]))
