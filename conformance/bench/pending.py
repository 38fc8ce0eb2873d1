"""What an action costs, beside how many are open: submitting it and completing it, in processor time.

A row of open actions is kept at its length: a new one is submitted, written and completed. Two ways: the
oldest of all is answered, as a server answers that is slow, or the new one itself, past those that wait.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from time import process_time

from ami_proto import Action, Connection, SessionId, Ticket
from conformance.playbook import SERVER, Playbook

FEW, MANY = 10, 5000
ACTIONS_PER_ROUND = 500
ROUNDS = 20
RATIO_MAX = 1.2
"""Wanted: what an action may cost among many, for each second that it costs among few."""

ACTION = Action("Getvar", {"Variable": "CALLERID(num)", "Channel": "PJSIP/1000-00000001"})


def figures() -> Iterator[str]:
    """Yield one line for each way to answer."""
    for way, ratio, seconds in measured():
        yield (
            f"{way:28}{seconds * 1e6:8.1f} us with {FEW} pending, {ratio:5.2f} times that with {MANY}"
            f"   (wanted: at most {RATIO_MAX})"
        )


def measured(rounds: int = ROUNDS) -> Iterator[tuple[str, float, float]]:
    """Yield each way, the ratio of many to few, and the seconds with few."""
    for way, oldest in (("the oldest is answered", True), ("the newest is answered", False)):
        few, many = Row(FEW, oldest=oldest), Row(MANY, oldest=oldest)
        best_few = best_many = float("inf")
        for _ in range(rounds):  # in turns, so that a slow moment of the machine hits both alike
            best_few = min(best_few, few.seconds_per_action())
            best_many = min(best_many, many.seconds_per_action())
        yield way, best_many / best_few, best_few


class Row:
    """A connection that is READY, and its open actions."""

    def __init__(self, length: int, *, oldest: bool) -> None:
        play = Playbook(replace(SERVER, max_pending_actions=2 * MANY)).log_in()
        self._connection: Connection = play.connection
        self._session: SessionId = play.session
        self._now = play.now
        self._oldest = oldest
        self._open: deque[Ticket] = deque()
        for _ in range(length):
            self._submit()

    def seconds_per_action(self) -> float:
        """Submit and complete some actions; return the mean."""
        begin = process_time()
        for _ in range(ACTIONS_PER_ROUND):
            self._submit()
            self._complete(self._open.popleft() if self._oldest else self._open.pop())
        return (process_time() - begin) / ACTIONS_PER_ROUND

    def _submit(self) -> None:
        """Do what a driver does when it is given an action."""
        self._now += 0.0001
        self._open.append(self._connection.submit(ACTION, self._now, timeout=86_400.0))
        self._drain()
        piece = self._connection.poll_transmit(self._session)
        self._connection.handle_sent(self._session, len(piece), self._now)
        self._drain()

    def _complete(self, ticket: Ticket) -> None:
        """Do what a driver does when the answer comes."""
        answer = f"Response: Success\r\nActionID: {ticket.action_id}\r\nValue: 1\r\n\r\n"
        self._connection.handle_received(self._session, answer.encode(), self._now)
        self._connection.handle_timeout(self._now)
        self._drain()

    def _drain(self) -> None:
        while self._connection.poll_notice() is not None:
            pass
        while self._connection.poll_command() is not None:
            pass
        self._connection.poll_timeout()
