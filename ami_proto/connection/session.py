"""One stream, from connect to close, and everything that dies with it.

Parser, outbound bytes, open actions and login belong to a session and to no other; a new stream
gets a new one, so no byte can cross. What a session learns about the life of its connection it
yields: an `Input` of the lifecycle, or a `Disconnect` when it finds that it cannot go on.
"""

from collections import deque
from collections.abc import Callable, Generator
from operator import length_hint

from ami_proto.config import ServerConfig
from ami_proto.connection.callouts import Callouts
from ami_proto.connection.desyncs import Desyncs
from ami_proto.connection.excerpt import Excerpts
from ami_proto.connection.greeting import Greeting
from ami_proto.connection.lifecycle import Input
from ami_proto.connection.login import Login, Step
from ami_proto.connection.notices import Fault, Report
from ami_proto.connection.outbox import Outbox
from ami_proto.connection.subscriptions import Subscriptions
from ami_proto.correlation.action_ids import ActionIds
from ami_proto.correlation.attribution import asynchronous, is_straggler, owner
from ami_proto.correlation.completion import Completion, Verdict
from ami_proto.correlation.odd_actions import AUTOMATIC, completion_for
from ami_proto.correlation.outcome import Outcome
from ami_proto.correlation.pending import Entry, Pending, Purpose
from ami_proto.correlation.prepare import prepare
from ami_proto.errors import described
from ami_proto.message.encode import Action
from ami_proto.message.message import Message
from ami_proto.values import Disconnect, Kind, Reason, SessionId
from ami_proto.wire.banner import version_tuple
from ami_proto.wire.framing import Framer

PINGS_MAX = 3
"""Pings that are remembered: a peer that answers only some must not cost memory. More than are missed
before the session ends."""
UNDELIVERABLE = {Kind.INCOMPLETE: Fault.INCOMPLETE, Kind.OVERSIZED: Fault.OVERSIZED}
"""What is no message, and was counted by its own name; everything else can be left unread."""
Sign = Input | Disconnect
"""What a session tells of the life of its connection."""
Signs = Generator[Sign, None, None]


class Session:
    """Turn the bytes of one stream into outcomes and queued messages."""

    __slots__ = (
        "_booted",
        "_callouts",
        "_desyncs",
        "_excerpts",
        "_finish",
        "_framer",
        "_greeting",
        "_ids",
        "_pings",
        "_report",
        "_subscriptions",
        "ami_version",
        "banner",
        "bytes_received",
        "config",
        "connected",
        "frames",
        "heard_at",
        "id",
        "login",
        "others",
        "outbox",
        "pending",
    )

    def __init__(
        self,
        session: SessionId,
        config: ServerConfig,
        ids: ActionIds,
        subscriptions: Subscriptions,
        callouts: Callouts,
        excerpts: Excerpts,
        finish: Callable[[Outcome], None],
        report: Report,
    ) -> None:
        self.id = session
        self.config = config
        self.connected = False
        self.banner: str | None = None
        """The version in the banner, once it has come."""
        self.ami_version: tuple[int, ...] = ()
        """The same as numbers, as far as it has any."""
        self.login = Login(config)
        self.outbox = Outbox(config.max_outbound_bytes, tls=config.tls is not None)
        self.pending = Pending()
        self.frames = 0
        self.others = 0
        """Frames that are no events."""
        self.bytes_received = 0
        self.heard_at = 0.0
        """When bytes came last."""
        self._framer = Framer(Message, frame_size_max=config.max_frame_size)
        self._greeting = Greeting()
        self._booted: Message | None = None
        """The FullyBooted that was awaited; its place among the events is behind READY and the gap."""
        self._desyncs = Desyncs(config)
        self._pings: deque[Entry] = deque()
        self._ids = ids
        self._subscriptions = subscriptions
        self._callouts = callouts
        self._excerpts = excerpts
        self._finish = finish
        self._report = report

    # -- out: actions

    def open(self, entry: Entry, *, urgent: bool = False) -> None:
        """Register an action and queue its bytes, both or neither. Raises `Backpressure`."""
        self.outbox.put(entry.outgoing, urgent=urgent)
        entry.progress.begin(self.ami_version)
        self.pending.add(entry)

    def begin_login(self) -> None:
        """Queue the first action of the login."""
        self._open_own(*self.login.begin())

    def ping(self) -> None:
        """Queue a ping. The answers to the latest few count, late as they may be."""
        self._pings.append(self._open_own(Purpose.PING, Action("Ping")))
        if len(self._pings) > PINGS_MAX:
            self._close(self._pings.popleft())

    def log_off(self) -> Entry:
        """Queue the Logoff; return it, for whoever wants to know whether it left."""
        return self._open_own(Purpose.LOGOFF, Action("Logoff"))

    def withdraw(self, entry: Entry) -> None:
        """Take back the bytes of an action that has ended early, as far as nobody was shown them."""
        self.outbox.withdraw(entry.outgoing)

    def _set_up(self) -> Sign | None:
        """Send the next set-up action; behind the last, the login is complete."""
        action = self.login.next_setup()
        if action is None:
            return Input.ACCEPTED
        self._open_own(Purpose.SETUP, action, completion_for(action))
        return None

    def _open_own(self, purpose: Purpose, action: Action, completion: Completion = AUTOMATIC) -> Entry:
        """Open an action of the engine's own; a timer of the connection watches it."""
        entry = prepare(self._ids, self.id.server, action, completion, deadline=None, purpose=purpose)
        self.open(entry, urgent=True)
        self._ids.draw(entry.ids)
        return entry

    # -- in: bytes

    def handle_received(self, data: bytes, now: float) -> Signs:
        """Parse bytes, and deal with each frame before the next is looked at."""
        if data:
            self.bytes_received += len(data)
            self.heard_at = now
        yield from self._handle_frames(self._framer.feed(data), now)
        if self.banner is None:
            strange = self._greeting.strangeness(data, self._framer.buffered, self._excerpts.quote)
            if strange is not None:
                yield Disconnect(Reason.PROTOCOL, f"not an AMI server: {strange}")

    def handle_eof(self, now: float) -> Signs:
        """Deal with the frames that the end of the stream completes, or tears."""
        yield from self._handle_frames(self._framer.eof(), now)

    def end(self) -> None:
        """Count what was received and will not be delivered. Once the stream has ended, that is nothing."""
        if self._booted is not None and not self.login.complete:
            self._report_message(Fault.WITHHELD, self._booted)
        for message in self._framer.eof():
            self._report_message(UNDELIVERABLE.get(message.kind, Fault.UNREAD), message)

    def _handle_frames(self, messages: list[Message], now: float) -> Signs:
        pending, login, offer = self.pending, self.login, self._subscriptions.offer
        received = self.frames + len(messages)
        unread = iter(messages)
        try:
            for message in unread:
                event = message.kind is Kind.EVENT
                plain = event and message.action_id is None and not pending.collecting
                if plain and login.step is Step.COMPLETE:
                    offer(message)
                elif sign := self._handle_frame(message, now):
                    self.frames = received - length_hint(unread)
                    yield sign
                    if sign is Input.ACCEPTED and self._booted is not None:
                        offer(self._booted)
        finally:
            # Where a sign was the last, its session has ended and nobody reads on.
            rest = length_hint(unread)
            self.frames = received - rest
            if rest:
                self._report(Fault.UNREAD, self._excerpts.of(messages[-rest]), rest)

    def _handle_frame(self, message: Message, now: float) -> Sign | None:
        if message.kind is Kind.EVENT:
            return self._handle_event(message)
        self.others += 1
        if message.kind is Kind.RESPONSE:
            return self._handle_response(message)
        return self._handle_odd(message, now)

    def _handle_event(self, message: Message) -> Sign | None:
        if message.name == "FullyBooted" and self.login.handle_fully_booted():
            self._booted = message
            return self._set_up()
        entry = owner(self.pending, message) if self.login.accepted else None
        if entry is not None:
            return self._advance_by_event(entry, message)
        if not self.login.complete:
            self._report_message(Fault.WITHHELD, message)
        elif is_straggler(self.pending, self._ids, message):
            self._report_message(Fault.STRAGGLER, message)
        else:
            self._subscriptions.offer(message)
        return None

    def _advance_by_event(self, entry: Entry, message: Message) -> Sign | None:
        if message.torn:
            self._report_message(Fault.TORN, message)
            return None
        return self._advance(entry, message)

    def _handle_response(self, message: Message) -> Sign | None:
        action_id = message.action_id
        entry = self.pending.find(action_id) if action_id is not None else None
        if entry is None and not self.pending.is_fence(action_id):
            return self._handle_unmatched(message)
        if message.torn:
            self._report_message(Fault.TORN, message)
            return None
        return self._pass_fence(message) if entry is None else self._advance(entry, message)

    def _pass_fence(self, pong: Message) -> Sign | None:
        """End the action that the answered ping was sent behind."""
        entry = self.pending.pass_fence(pong.action_id or "")
        if entry is None:
            self._report_message(Fault.UNMATCHED, pong, ", behind an action that has ended")
            return None
        self._close(entry)
        return self._end(entry, entry.fenced())

    def _handle_unmatched(self, message: Message) -> Sign | None:
        if self.login.step is Step.ANSWER_AWAITED and message.action_id is None:
            said = message.get("Message") or self._excerpts.of(message)
            return Disconnect(Reason.PROTOCOL, f"a response without ActionID during the login: {said}")
        self._report_message(Fault.UNMATCHED if self.banner is not None else Fault.UNEXPECTED, message)
        return None

    def _handle_odd(self, message: Message, now: float) -> Sign | None:
        """Deal with what is neither event nor response."""
        if message.kind is Kind.BANNER:
            self.banner = message.version or ""
            self.ami_version = version_tuple(self.banner)
            return Input.BANNER
        if message.kind is Kind.INCOMPLETE:
            self._report_message(Fault.INCOMPLETE, message)
            return None
        if self.banner is None:
            return Disconnect(Reason.PROTOCOL, f"not an AMI server: it said {self._excerpts.of(message)!r}")
        if message.kind is Kind.OVERSIZED:
            return self._handle_oversized(message)
        return self._handle_unknown(message, now)

    def _handle_oversized(self, message: Message) -> Sign | None:
        """Report it, and end the action it answers: an event by the same rule as any other."""
        self._report_message(Fault.OVERSIZED, message)
        entry = owner(self.pending, message)
        if entry is None:
            return None
        self._close(entry)
        return self._end(entry, entry.oversized(message.size, self.config.max_frame_size))

    def _handle_unknown(self, message: Message, now: float) -> Sign | None:
        """Take it for a raw answer where one is due. Else deliver it as it is, and count: too many in too
        short a time, and the stream is lost.
        """
        entry = self.pending.fenced
        if entry is not None:
            return self._advance(entry, message)
        if self.pending.fence_abandoned:
            self._report_message(Fault.STRAGGLER, message)
            return None
        self._report_message(Fault.DESYNC, message)
        if self.login.complete:
            self._subscriptions.offer(message)
        too_many = self._desyncs.add(now)
        if too_many is None:
            return None
        return Disconnect(Reason.PROTOCOL, f"out of step, {too_many}, lately {self._excerpts.of(message)!r}")

    # -- actions come to their ends

    def _advance(self, entry: Entry, message: Message) -> Sign | None:
        """Let the action's strategy judge a message that belongs to it, and deliver it."""
        try:
            with self._callouts:
                verdict = entry.judge(message)
        except Exception as exception:  # noqa: BLE001 - whatever a user's strategy raises
            with self._callouts:
                what = described(exception)
            entry.collect(message)
            self._deliver(message, Verdict.FAILED)
            self._close(entry)
            return self._end(entry, entry.broken(exception, what))
        self._deliver(message, verdict)
        if verdict is not Verdict.DONE and verdict is not Verdict.FAILED:
            if verdict is Verdict.MORE and message.kind is Kind.RESPONSE and entry.lists(message):
                self.pending.open_list(entry)
            return None
        self._close(entry)
        return self._end(entry, entry.done() if verdict is Verdict.DONE else entry.failed(message))

    def _deliver(self, message: Message, verdict: Verdict) -> None:
        """Let subscriptions have what came to an open action, as far as it is theirs."""
        if message.kind is Kind.RESPONSE:
            if verdict is Verdict.IGNORE:
                self._report_message(Fault.UNMATCHED, message, ", refused by the completion strategy")
        elif not self.login.complete:  # it came to a set-up action
            if verdict is Verdict.IGNORE:
                self._report_message(Fault.WITHHELD, message)
        elif verdict is Verdict.IGNORE or asynchronous(message):
            self._subscriptions.offer(message)
        else:
            self._subscriptions.offer_item(message)

    def _close(self, entry: Entry) -> None:
        """Close the action; only then is it settled how much of it has left or will leave."""
        self.pending.remove(entry)
        self.withdraw(entry)

    def _end(self, entry: Entry, outcome: Outcome) -> Sign | None:
        """Hand over the end of a closed action: to the application, or to the engine its own."""
        match entry.purpose:
            case Purpose.USER:
                self._finish(outcome)
                return None
            case Purpose.CHALLENGE:
                answer = self.login.answer_challenge(outcome)
                if isinstance(answer, Disconnect):
                    return answer
                self._open_own(Purpose.LOGIN, answer)
                return None
            case Purpose.LOGIN:
                refusal = self.login.finish(outcome)
                return refusal or (self._set_up() if self.login.accepted else None)
            case Purpose.SETUP:
                if outcome.error is not None:
                    self._report(Fault.SETUP_FAILED, str(outcome.error))
                return self.login.finish_setup(outcome) or self._set_up()
            case Purpose.PING:
                return Input.ANSWERED
            case Purpose.LOGOFF:  # pragma: no branch - there is no other purpose
                return Input.GOODBYE

    def _report_message(self, fault: Fault, message: Message, remark: str = "") -> None:
        if message.kind is Kind.OVERSIZED:
            remark = f", {message.size} bytes"
        self._report(fault, self._excerpts.of(message) + remark, action_id=message.action_id)
