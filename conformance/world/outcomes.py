"""What became of each action, compared with what the server was asked, ran and answered.

An action is known by its ActionID. The ledger has the frames with that ID on the session that ran it; the
reply must be these frames, in order, as far as the machine had read them when the action ended.

| outcome | what the ledger must have |
|---|---|
| success | the answer that the strategy waits for, whole, and no error |
| `ActionFailed` | an error |
| `ActionTimeout` | the deadline has passed, and no whole answer had come |
| `ActionUnconfirmed` | a success, and not the event with the result; or an error that names no action |
| `ActionCancelled` | the application's `cancel` at that moment |
| `ActionLost` | the end of the session at that moment |
| `ReplyTooLarge` | a frame of the answer that is too long |
| `MissingResponse` | the end of the answer, and no response |
"""

from collections import Counter

import ami_proto as ami
from ami_proto.completion import Completion, CompletionFailed, MissingResponse, ReplyTooLarge
from ami_proto.drivers import SessionId

from .action_book import ActionBook, default_duration, ends, is_error, messages, proof
from .contradiction import Complaints
from .ledger import SessionLedger, ToldFrame, ToldKind
from .sending import SendingJudge

OUTCOMES = "each outcome is the server's answer"
ROUNDING = 1e-6
"""Seconds by which a time of the machine may differ from the world's: it is the sum of two others."""

OWN_DURATION = frozenset({"originate", "waitevent"})
"""Actions whose default strategy has a duration of its own."""
UNFINISHED = (
    ami.ActionTimeout | ami.ActionUnconfirmed | ami.ActionCancelled | ami.ActionLost | CompletionFailed
)
"""Errors of actions whose answer was not whole."""


class OutcomeJudge:
    """Judge the outcomes of one connection."""

    def __init__(self, config: ami.ServerConfig, complaints: Complaints) -> None:
        self._config = config
        self._complaints = complaints
        self.drains = False
        """Whether the driver has ever reported that it has read everything."""
        self._books: dict[str, ActionBook] = {}
        self._open: dict[str, ActionBook] = {}
        """Those without an outcome."""
        self._fences: dict[str, list[float]] = {}
        """When the pong of each fence was read, by ActionID."""
        self._foreign = 0
        """Responses to nobody's action."""
        self._nameless: dict[bytes, float] = {}
        """When each event of an answer without ActionID was read last: it may end a list all the same."""
        self.sending = SendingJudge(config, self._books, complaints)

    # -- what the application asks for

    def submit(
        self,
        ticket: ami.Ticket,
        action: ami.Action,
        completion: Completion | None,
        timeout: float | None,
        now: float,
    ) -> None:
        """Take a submitted action."""
        usual = completion.duration if completion is not None else default_duration(action)
        shortened = timeout is not None and usual is not None and timeout < usual
        if timeout is None and completion is not None:
            timeout = completion.duration
        if timeout is None and (completion is not None or action.name.lower() not in OWN_DURATION):
            timeout = self._config.action_timeout
        deadline = None if timeout is None else now + timeout
        book = ActionBook(ticket, action, completion, deadline, len(self._books), shortened=shortened)
        self._books[ticket.action_id] = self._open[ticket.action_id] = book
        if ticket.strategy == "Fence":
            prefix, _, number = ticket.action_id.rpartition(":")
            fence = f"{prefix}:{int(number) + 1}"
            self._fences[fence] = []
            self.sending.fences.add(fence)

    def cancel(self, ticket: ami.Ticket, now: float) -> None:
        """Take a cancellation."""
        book = self._books.get(ticket.action_id)
        if book is not None and book.cancelled_at is None and book.outcome is None:
            book.cancelled_at = now

    # -- what came in

    def read(self, frame: ToldFrame, now: float) -> None:
        """Take a frame that the machine has handled."""
        if frame.action_id is None:
            if frame.item:
                self._nameless[frame.raw] = now
            return
        if frame.action_id in self._fences:
            self._fences[frame.action_id].append(now)
        elif (book := self._books.get(frame.action_id)) is not None:
            book.frames.append((frame, now))
            ended = book.outcome is not None and not frame.published
            book.late += ended and not self._is_oversized(frame)
        elif frame.kind is ToldKind.RESPONSE and not self._is_oversized(frame):
            self._foreign += self.sending.is_foreign(frame.action_id)

    def _is_oversized(self, frame: ToldFrame) -> bool:
        """Whether a frame is counted as too long, and as nothing else."""
        return len(frame.raw) > self._config.max_frame_size

    def may_be_event(self, frame: ToldFrame) -> bool:
        """Whether an event that belongs to an answer may be delivered like one that does not."""
        if frame.action_id is None:
            return True
        book = self._books.get(frame.action_id)
        return book is None or book.ignores

    def session_of(self, ticket: ami.Ticket) -> SessionId | None:
        """Return the session whose driver was shown the action."""
        return self._books[ticket.action_id].session

    def has_blocking(self, session: SessionId) -> bool:
        """Whether an action is open that may keep the server from answering a ping."""
        return any(
            book.session == session
            and (book.ticket.action_name in ("Command", "WaitEvent") or book.action.get("Async") == "false")
            for book in self._open.values()
        )

    def tick(self, now: float) -> None:
        """Take a `handle_timeout`."""
        for book in self._open.values():
            if book.overdue_at is None and book.deadline is not None and book.deadline <= now:
                book.overdue_at = now

    # -- how it ended

    def finish(
        self, outcome: ami.Outcome, elapsed: float, told: SessionLedger | None, *, disorder: bool
    ) -> None:
        """Judge an outcome. `told` is the ledger of its session; `disorder` whether it is in disorder."""
        book = self._books[outcome.ticket.action_id]
        book.outcome = outcome
        self._open.pop(outcome.ticket.action_id, None)
        ended_at = outcome.ticket.submitted + elapsed
        self.sending.judge(book, outcome)
        self._judge_reply(book, outcome.reply, told)
        self._judge_time(book, outcome, ended_at)
        if not disorder:
            self._judge_completeness(book, outcome, ended_at)
            self._judge_moment(book, outcome, ended_at)
        self._judge_verdict(book, outcome, ended_at, disorder=disorder)

    def _judge_reply(self, book: ActionBook, reply: ami.Reply, told: SessionLedger | None) -> None:
        """Require that each message of the reply was told by the server, and to nobody else."""
        for message in messages(reply):
            raw_text = message.kind is ami.Kind.UNKNOWN  # of a fence, whatever it says
            if message.action_id not in (None, book.ticket.action_id) and not raw_text:
                own = book.ticket.action_id
                self._complaints.fail(OUTCOMES, f"{book.ticket}", f"messages of {own}", message.raw)
            if told is None or message.raw not in told.told:
                self._complaints.fail(OUTCOMES, f"{book.ticket}", "what the server told", message.raw)

    def _judge_completeness(self, book: ActionBook, outcome: ami.Outcome, ended_at: float) -> None:
        """Require that the reply is all that was read of the answer before the action ended."""
        reply = outcome.reply
        own = [each.raw for each in messages(reply) if each.action_id is not None]
        answer = book.answer()
        if reply.response is not None and is_error(reply.response):
            # The announcement of a list that broke off is of no use, and is left out.
            answer = [(frame, at) for frame, at in answer if not frame.opens_list or frame.raw in own]
        taken = len(own) + reply.dropped
        if not book.ignores and not isinstance(outcome.error, ReplyTooLarge | CompletionFailed):
            due = [frame.raw for frame, at in answer if at < ended_at - ROUNDING]
            if not len(due) <= taken <= len(answer):
                came = [frame.raw[:70] for frame, _ in answer]
                self._complaints.fail(OUTCOMES, f"{book.ticket}: the reply", came, [raw[:70] for raw in own])
            answer = answer[:taken]
        known = Counter(frame.raw for frame, _ in answer)
        if Counter(own) - known:
            came = [frame.raw[:70] for frame, _ in answer]
            self._complaints.fail(OUTCOMES, f"{book.ticket}: the reply", came, [raw[:70] for raw in own])
        place = 0
        raws = [frame.raw for frame, _ in answer]
        for event in (each.raw for each in reply.events if each.action_id is not None):
            if event not in raws[place:]:
                self._complaints.fail(OUTCOMES, f"{book.ticket}: the order of the reply", raws[place:], event)
            place = raws.index(event, place) + 1

    def _judge_time(self, book: ActionBook, outcome: ami.Outcome, ended_at: float) -> None:
        """Require an end by the deadline where time alone judges: no driver has reported what it has read."""
        late = book.overdue_at is not None and ended_at > book.overdue_at + ROUNDING
        if late and not self.drains:
            expected = f"a timeout at {book.overdue_at}"
            self._complaints.fail(OUTCOMES, f"{book.ticket}", expected, f"{outcome.error!r} at {ended_at}")

    def _judge_moment(self, book: ActionBook, outcome: ami.Outcome, ended_at: float) -> None:
        """Require that an action ends with the frame that ends it: not without one, and not later."""
        answer = book.answer()
        if outcome.error is None or isinstance(outcome.error, ami.ActionFailed):
            moments = [at for _, at in answer] if book.ticket.strategy != "Fence" else self._pongs(book)
            end = outcome.reply.complete
            if end is not None and end.action_id is None and end.raw in self._nameless:
                moments.append(self._nameless[end.raw])
            if not any(_same(at, ended_at) for at in moments):
                what = f"{book.ticket}: {outcome.error!r} at {ended_at}"
                self._complaints.fail(OUTCOMES, what, f"an end at one of {moments}", ended_at)
        elif isinstance(outcome.error, UNFINISHED):
            before = [frame for frame, at in answer if at < ended_at - ROUNDING]
            if ends(book, before):
                came = [frame.raw[:70] for frame in before]
                what = f"{book.ticket} ({book.ticket.strategy}): {outcome.error!r} at {ended_at}"
                self._complaints.fail(OUTCOMES, what, f"an end with {came}", ended_at)

    def _pongs(self, book: ActionBook) -> list[float]:
        """Return when the answers to an action's fence were read."""
        prefix, _, number = book.ticket.action_id.rpartition(":")
        return self._fences[f"{prefix}:{int(number) + 1}"]

    def _judge_verdict(
        self, book: ActionBook, outcome: ami.Outcome, ended_at: float, *, disorder: bool
    ) -> None:
        error, reply = outcome.error, outcome.reply
        proved = proof(book, reply)
        if book.ticket.strategy == "Fence" and disorder:  # nobody knows whether the pong has come
            proved = self._possible_proof(reply, error)
        elif book.ticket.strategy == "Fence":
            proved = self._fence_proof(book, reply, ended_at)
        if error is None:
            right = proved is True
        elif isinstance(error, ami.ActionFailed):
            right = proved is False
        elif isinstance(error, ami.ActionTimeout):
            late = book.deadline is None or ended_at >= book.deadline - ROUNDING
            right = proved is None and late and not (book.hints and reply.response is not None)
        elif isinstance(error, ami.ActionCancelled):
            right = proved is None and _same(book.cancelled_at, ended_at)
        elif isinstance(error, ami.ActionLost):
            right = proved is None and self._is_lost(book, ended_at)
        elif isinstance(error, ami.ActionUnconfirmed):
            accepted = proved is None and book.hints and reply.response is not None
            right = accepted or book.ticket.strategy == "Fence"
        elif isinstance(error, MissingResponse):
            right = reply.response is None
        elif isinstance(error, ReplyTooLarge):
            size_max = self._config.max_frame_size
            right = disorder or any(len(frame.raw) > size_max for frame, _ in book.frames)
        else:
            right = book.ticket.strategy == "RaisingStrategy"
        if not right:
            came = [each.raw[:70] for each in messages(reply)]
            when = f"ended at {ended_at}, deadline {book.deadline}, cancelled {book.cancelled_at}"
            what = f"{book.ticket} ({book.ticket.strategy}, {when})"
            told = {True: "a success", False: "an error", None: "no whole answer"}[proved]
            self._complaints.fail(OUTCOMES, what, f"what follows from {told}: {came}", repr(error))

    def _possible_proof(self, reply: ami.Reply, error: ami.ActionError | None) -> bool | None:
        """Return what a reply that ends with a pong proves, if the pong came where the outcome says so."""
        if error is None or isinstance(error, ami.ActionFailed):
            return not any(map(is_error, messages(reply)))
        return None

    def _fence_proof(self, book: ActionBook, reply: ami.Reply, ended_at: float) -> bool | None:
        """Return what a reply proves that ends with a pong: nothing before the pong has come."""
        if not any(at <= ended_at + ROUNDING for at in self._pongs(book)):
            return None
        return not any(is_error(each) for each in messages(reply))

    def _is_lost(self, book: ActionBook, ended_at: float) -> bool:
        """Whether a session ended at this moment; for an action that was never sent, the connection."""
        if book.session is None:
            return any(_same(each, ended_at) for each in self.sending.ends)
        return _same(self.sending.ended_at(book.session), ended_at)

    def close(self, late_counted: int, cut_counted: int) -> None:
        """Judge the whole run: sending, and what was counted of late answers and of replies that were cut."""
        cut = sum(
            book.outcome is not None and book.outcome.reply.dropped > 0 for book in self._books.values()
        )
        if cut != cut_counted:
            self._complaints.fail(OUTCOMES, "replies that were cut, counted as faults", cut, cut_counted)
        late = self._foreign + sum(book.late for book in self._books.values())
        if late > late_counted:
            self._complaints.fail(
                OUTCOMES, "answers that came too late, counted as faults", late, late_counted
            )
        self.sending.close()


def _same(one: float | None, other: float) -> bool:
    return one is not None and abs(one - other) <= ROUNDING
