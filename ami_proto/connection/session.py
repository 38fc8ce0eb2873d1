"""One stream, from connect to close, and everything that dies with it.

Parser, outbound bytes, open actions and login belong to a session and to no other. A new stream gets a new
session, so no byte can cross from one to the next.

A session reports what matters for the life of its connection as signs: an `Input` of the transition table,
or a `Disconnect` when it finds that it cannot go on. The connection acts on each sign before the session
looks at its next frame, because a frame may have another meaning after that, or none.
"""

from collections import deque

from ami_proto.catalogue.releases import clean_release
from ami_proto.config.server import ServerConfig
from ami_proto.connection.commands import watches
from ami_proto.connection.inbox import Inbox
from ami_proto.connection.journal import ServerJournal
from ami_proto.connection.login import COMPLETE, Login, Step
from ami_proto.connection.notices import Fault
from ami_proto.connection.outbox import Outbox
from ami_proto.connection.registry import Delivery
from ami_proto.connection.stream_checks import Desyncs, Greeting
from ami_proto.connection.transitions import Input
from ami_proto.correlation.action_ids import ActionIds
from ami_proto.correlation.attribution import asynchronous, is_straggler, owner
from ami_proto.correlation.completion import DONE, FAILED, IGNORE, MORE, Completion, Verdict, succeeded
from ami_proto.correlation.entry import USER, Entry, Purpose, prepare
from ami_proto.correlation.odd_actions import AUTOMATIC, completion_for
from ami_proto.correlation.outcome import ActionFailed, Outcome
from ami_proto.correlation.pending import Pending
from ami_proto.correlation.strategies import SingleResponse
from ami_proto.errors import described
from ami_proto.message.encoding import Action
from ami_proto.message.message import Message
from ami_proto.values import EVENT, FULLY, RESPONSE, Disconnect, Kind, Reason, SessionId
from ami_proto.wire.banner import version_tuple

PINGS_MAX = 3
"""Pings that are remembered: a peer that answers only some must not cost memory. More than are missed
before the session ends."""
UNDELIVERABLE = {Kind.INCOMPLETE: Fault.INCOMPLETE, Kind.OVERSIZED: Fault.OVERSIZED}
"""The fault of a frame that is not a message; any other frame at the end is UNREAD."""
Sign = Input | Disconnect
"""What a session reports about the life of its connection."""


class Session:
    """Turn the bytes of one stream into outcomes and queued messages."""

    __slots__ = (
        "_booted",
        "_delivery",
        "_desyncs",
        "_greeting",
        "_ids",
        "_journal",
        "_logoff",
        "_pings",
        "ami_version",
        "banner",
        "config",
        "connected",
        "id",
        "inbox",
        "login",
        "outbox",
        "pending",
        "watches",
    )

    def __init__(
        self,
        session: SessionId,
        config: ServerConfig,
        ids: ActionIds,
        delivery: Delivery,
        journal: ServerJournal,
        *,
        boot_hidden: bool = False,
    ) -> None:
        self.id = session
        self.watches = watches(session)
        self.config = config
        self.connected = False
        self.banner: str | None = None
        """The version in the banner, once it has come."""
        self.ami_version: tuple[int, ...] = ()
        """The leading numbers of that version."""
        self.login = Login(config, boot_hidden=boot_hidden)
        self.outbox = Outbox(config.max_outbound_bytes, tls=config.tls is not None)
        self.pending = Pending()
        self.inbox = Inbox(config, self.pending)
        self._greeting = Greeting(journal)
        self._booted: Message | None = None
        """The FullyBooted that the login waited for. It is delivered after READY and the gap."""
        self._desyncs = Desyncs(config)
        self._logoff: Entry | None = None
        self._pings: deque[Entry] = deque()
        self._ids = ids
        self._delivery = delivery
        self._journal = journal

    # -- out: actions

    def open(self, entry: Entry, *, urgent: bool = False) -> None:
        """Open an action and queue its bytes: both or, with `Backpressure`, neither."""
        self.outbox.put(entry.outgoing, urgent=urgent)
        entry.progress.begin(self.ami_version)
        self.pending.add(entry)

    def begin_login(self) -> None:
        """Queue the first action of the login."""
        self._open_own(*self.login.begin())

    def ping(self) -> None:
        """Queue a ping. A late answer still counts while the ping is among the latest few."""
        self._pings.append(self._open_own(Purpose.PING, Action("Ping")))
        if len(self._pings) > PINGS_MAX:
            self._close(self._pings.popleft())

    def ask_uptime(self) -> None:
        """Queue the question how long the server has been up."""
        self._open_own(Purpose.UPTIME, Action("CoreStatus"))

    def log_off(self) -> None:
        """Queue the Logoff."""
        self._logoff = self._open_own(Purpose.LOGOFF, Action("Logoff"))

    def withdraw(self, entry: Entry) -> None:
        """Take back the bytes of an action that has ended early, unless they were shown."""
        if entry.outgoing.queued:
            self.outbox.withdraw(entry.outgoing)

    def set_up(self) -> Input | None:
        """Send the next set-up action; after the last, the login is complete."""
        action = self.login.next_setup()
        if action is None:
            if self.config.ask_release:  # nobody waits for the answer: it may be refused, or never come
                self._open_own(Purpose.RELEASE, Action("CoreSettings"), SingleResponse())
            return Input.ACCEPTED
        self._open_own(Purpose.SETUP, action, completion_for(action))
        return None

    def _open_own(self, purpose: Purpose, action: Action, completion: Completion = AUTOMATIC) -> Entry:
        """Open an action of the engine itself. It has no deadline: a timer of the connection watches it."""
        entry = prepare(self._ids, self.id.server, action, completion, deadline=None, purpose=purpose)
        self.open(entry, urgent=True)
        self._ids.draw(entry.ids)
        return entry

    # -- in: bytes

    def next_sign(self, now: float) -> Sign | None:
        """Handle frames of `inbox` up to the next one that matters for the connection; None after the last.

        When the sign ends the session, the rest stays unread.
        """
        inbox, pending, login = self.inbox, self.pending, self.login
        unread = inbox.unread
        calm = login.step is COMPLETE and not login.boot_hidden
        while unread or inbox.frame_next():
            # The short way of a flood: events that cannot belong to any action.
            if calm and not pending.collecting and unread[0].kind is EVENT:
                self._delivery.offer_events(unread)
            if unread and (sign := self._handle_frame(unread.popleft(), now)):
                return sign
        return None

    def check_greeting(self, data: bytes) -> Disconnect | None:
        """Return why the peer is not an AMI server, if its first bytes, up to the banner, show that."""
        objection = self._greeting.objection(data, self.inbox.buffered)
        return None if objection is None else Disconnect(Reason.PROTOCOL, f"not an AMI server: {objection}")

    def deliver_fully_booted(self) -> None:
        """Deliver the FullyBooted that the login waited for, now that subscribers are served."""
        if self._booted is not None:
            self._delivery.offer(self._booted)

    def report_unread(self) -> None:
        """Count the frames that nothing will handle any more."""
        unread = self.inbox.take_unread()
        if unread:
            self._journal.put_fault(Fault.UNREAD, self._journal.excerpt(unread[0]), len(unread))

    def end(self, cause: Disconnect | None) -> None:
        """Count what was received and will not be delivered. There is nothing after `receive_eof`."""
        if self._logoff is not None and self._logoff.sent is not FULLY:
            self._journal.put_fault(Fault.LOGOFF_UNSENT, str(cause))
        if self._booted is not None and not self.login.complete:
            self._report(Fault.WITHHELD, self._booted)
        for message in self.inbox.take_open():
            self._report(UNDELIVERABLE.get(message.kind, Fault.UNREAD), message)

    def _handle_frame(self, message: Message, now: float) -> Sign | None:
        if message.kind is EVENT:
            return self._handle_event(message)
        self.inbox.others += 1
        if message.kind is RESPONSE:
            return self._handle_response(message)
        return self._handle_odd(message, now)

    def _handle_event(self, message: Message) -> Sign | None:
        if message.name == "FullyBooted" and self.login.handle_fully_booted():
            # Kept back until READY: subscribers get it after the gap, like every event of this session.
            self._booted = message
            return Input.BOOTED
        entry = owner(self.pending, message) if self.login.accepted else None
        if entry is not None:
            return self._advance_by_event(entry, message)
        if not self.login.complete:
            self._report(Fault.WITHHELD, message)
        elif is_straggler(self.pending, self._ids, message):
            self._report(Fault.STRAGGLER, message)
        else:
            self._delivery.offer(message)
        return None

    def _advance_by_event(self, entry: Entry, message: Message) -> Sign | None:
        if message.torn:
            self._handle_torn(entry, message)
            return None
        if message.repeated:
            self._report(Fault.REPEATED, message)
            entry.progress.note_damage()
        return self._advance(entry, message)

    def _handle_torn(self, entry: Entry | None, message: Message) -> None:
        """Leave a torn frame out of its answer, which may lack an item now."""
        self._report(Fault.TORN, message)
        if entry is not None:
            entry.progress.note_damage()

    def _handle_response(self, message: Message) -> Sign | None:
        action_id = message.action_id
        pending = self.pending
        entry = pending.fenced if action_id is None else pending.find(action_id)
        if entry is None and not pending.is_fence(action_id):
            return self._handle_unmatched(message)
        if message.torn:
            self._handle_torn(entry, message)
            return None
        if entry is None:
            return self._pass_fence(message)
        if action_id is None and not succeeded(message) and not pending.reached(entry):
            entry.doubt = message  # the answer to an earlier action, or to this one
            return self._handle_unmatched(message)
        return self._advance(entry, message)

    def _pass_fence(self, pong: Message) -> Sign | None:
        """End the action that this fence followed."""
        entry = self.pending.pass_fence(pong.action_id or "")
        if entry is None:
            self.pending.take_late_response(pong.action_id)
            self._report(Fault.UNMATCHED, pong, ", the fence of an action that has ended")
            return None
        self.pending.note_answer(entry.outgoing.number)
        self._close(entry)
        return self._end(entry, entry.fenced())

    def _handle_unmatched(self, message: Message) -> Sign | None:
        """Report a response to no open action; during the login one without ActionID ends the session.

        It may be the answer to the login itself, from a server that does not echo the ActionID. Guessing
        would mean a login without evidence.
        """
        if self.login.step is Step.ANSWER_AWAITED and message.action_id is None:
            said = message.get("Message") or self._journal.excerpt(message)
            return Disconnect(Reason.PROTOCOL, f"a response without ActionID during the login: {said}")
        self.pending.take_late_response(message.action_id)
        self._report(Fault.UNMATCHED if self.banner is not None else Fault.UNEXPECTED, message)
        return None

    def _handle_odd(self, message: Message, now: float) -> Sign | None:
        """Handle a frame that is neither event nor response."""
        if message.kind is Kind.BANNER:
            self.banner = message.version or ""
            self.ami_version = version_tuple(self.banner)
            return Input.BANNER
        if message.kind is Kind.INCOMPLETE:
            self._report(Fault.INCOMPLETE, message)
            return None
        if self.banner is None:
            return Disconnect(
                Reason.PROTOCOL, f"not an AMI server: it said {self._journal.excerpt(message)!r}"
            )
        if message.kind is Kind.OVERSIZED:
            return self._handle_oversized(message)
        return self._handle_unknown(message, now)

    def _handle_oversized(self, message: Message) -> Sign | None:
        """Report a frame that was skipped, and end the action that it answers."""
        self._report(Fault.OVERSIZED, message)
        entry = owner(self.pending, message)
        if entry is None:
            return None
        self._close(entry)
        return self._end(entry, entry.oversized(message.size, self.config.max_frame_size))

    def _handle_unknown(self, message: Message, now: float) -> Sign | None:
        """Take raw text as part of an answer if a fence is open; else deliver it and count it.

        Too many in too short a time mean that the stream is out of step.
        """
        entry = owner(self.pending, message)
        if entry is not None:
            return self._advance(entry, message)
        if self.pending.fence_abandoned or self._ids.issued(message.action_id or ""):
            self._report(Fault.STRAGGLER, message)
            return None
        self._report(Fault.DESYNC, message)
        if (listing := self.pending.collector) is not None:  # it may be a part of an item
            listing.progress.note_damage()
        if self.login.complete:
            self._delivery.offer(message)
        too_many = self._desyncs.add(now)
        if too_many is None:
            return None
        return Disconnect(
            Reason.PROTOCOL, f"out of step, {too_many}, lately {self._journal.excerpt(message)!r}"
        )

    # -- actions come to their ends

    def _advance(self, entry: Entry, message: Message) -> Sign | None:
        """Let the action's strategy judge a message of its answer; deliver the message to subscriptions."""
        message.sender = self.id.server
        if message.action_id is not None:
            self.pending.note_answer(entry.outgoing.number)
        try:
            with self._delivery.callouts:
                verdict = entry.judge(message)
        except Exception as exception:  # noqa: BLE001 - whatever a user's strategy raises
            with self._delivery.callouts:
                what = described(exception)
            entry.collect(message)
            self._journal.put_cut(entry)
            self._deliver(message, FAILED)
            self._close(entry)
            return self._end(entry, entry.broken(exception, what))
        self._journal.put_cut(entry)
        self._deliver(message, verdict)
        if verdict is not DONE and verdict is not FAILED:
            if verdict is MORE and message.kind is RESPONSE and entry.lists(message):
                self.pending.open_list(entry)
            return None
        self._close(entry)
        return self._end(entry, entry.done() if verdict is DONE else entry.failed(message))

    def _deliver(self, message: Message, verdict: Verdict) -> None:
        """Deliver a message of an open action to the subscriptions that may have it.

        Events from the queue of Asterisk are everybody's; list items only go to subscriptions with `replies`.
        """
        if message.kind is RESPONSE:
            if verdict is IGNORE:
                self._report(Fault.UNMATCHED, message, ", refused by the completion strategy")
        elif not self.login.complete:  # part of a set-up action's answer
            if verdict is IGNORE:
                self._report(Fault.WITHHELD, message)
        elif verdict is IGNORE or asynchronous(message):
            self._delivery.offer(message)
        else:
            self._delivery.offer_item(message)

    def _close(self, entry: Entry) -> None:
        """Close the action. Make its outcome after this: withdrawing the bytes settles `sent`."""
        self.pending.remove(entry)
        self.withdraw(entry)

    def _end(self, entry: Entry, outcome: Outcome) -> Sign | None:
        """Report the outcome of an application's action; act on the outcome of one of the engine's own."""
        if entry.purpose is USER:
            if isinstance(outcome.error, ActionFailed) and self._journal.release is not None:
                outcome.error.explain(self._journal.release)
            self._journal.put_outcome(outcome)
            return None
        match entry.purpose:
            case Purpose.CHALLENGE:
                answer = self.login.answer_challenge(outcome)
                if isinstance(answer, Disconnect):
                    return answer
                self._open_own(Purpose.LOGIN, answer)
                return None
            case Purpose.LOGIN:
                return self.login.finish(outcome) or self.set_up()
            case Purpose.UPTIME:
                over = self.login.judge_uptime(outcome)
                if over is False:
                    self._journal.put_fault(Fault.BOOTING, "no FullyBooted yet; the server has just started")
                return Input.BOOTED if over else None
            case Purpose.RELEASE:
                # None for users without `system` and `reporting`, who may not ask.
                self._journal.release = clean_release(outcome.reply.get("AsteriskVersion"))
                return None
            case Purpose.SETUP:
                if outcome.error is not None:
                    self._journal.put_fault(Fault.SETUP_FAILED, str(outcome.error))
                return self.login.finish_setup(outcome) or self.set_up()
            case Purpose.PING:
                self.login.server_time = outcome.reply.get("Timestamp") or ""
                return Input.ANSWERED
            case Purpose.LOGOFF:  # pragma: no branch - there is no other purpose
                return Input.GOODBYE

    def _report(self, fault: Fault, message: Message, remark: str = "") -> None:
        if message.kind is Kind.OVERSIZED or message.kind is Kind.INCOMPLETE:
            remark = f", {message.size} bytes"
        self._journal.put_fault(fault, self._journal.excerpt(message) + remark, action_id=message.action_id)
