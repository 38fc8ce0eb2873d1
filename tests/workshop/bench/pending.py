"""The cost of an action beside the number of open ones: submitting and completing it, in processor time.

The number of open actions stays the same: a new one is submitted, written and completed. Either the oldest is
answered, as by a slow server, or the new one itself, past those that wait.

"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace

from ami_proto import Action, Connection, Ticket
from ami_proto.drivers import SessionId
from conformance.laws.playbook import SERVER, Playbook
from tests.workshop.bench.timing import least_seconds

FEW, MANY = 10, 5000
ACTIONS_PER_ROUND = 500
ROUNDS = 20
RATIO_MAX = 1.2
"""Wanted: cost among many, for each second of cost among few."""

ACTION = Action("Getvar", {"Variable": "CALLERID(num)", "Channel": "PJSIP/1000-00000001"})


def figures() -> Iterator[str]:
    """Yield one line for each way to answer."""
    for way in WAYS:
        ratio, seconds = measure(way)
        yield (
            f"{way:28}{seconds * 1e6:8.1f} us with {FEW} pending, {ratio:5.2f} times that with {MANY}"
            f"   (wanted: at most {RATIO_MAX})"
        )


def measure(way: str, rounds: int = ROUNDS) -> tuple[float, float]:
    """Return the cost among many as a ratio to the cost among few, and the latter in seconds."""
    few, many = Row(FEW, take=WAYS[way]), Row(MANY, take=WAYS[way])
    seconds_few, seconds_many = least_seconds(rounds, few.turn_over, many.turn_over)
    return seconds_many / seconds_few, seconds_few / ACTIONS_PER_ROUND


WAYS: dict[str, Callable[[deque[Ticket]], Ticket]] = {
    "the oldest is answered": deque.popleft,
    "the newest is answered": deque.pop,
}


class Row:
    """A connection that is READY, with open actions."""

    def __init__(self, length: int, *, take: Callable[[deque[Ticket]], Ticket]) -> None:
        play = Playbook(replace(SERVER, max_pending_actions=2 * MANY)).log_in()
        self._connection: Connection = play.connection
        self._session: SessionId = play.session
        self._now = play.now
        self._take = take
        self._open: deque[Ticket] = deque()
        for _ in range(length):
            self._submit()

    def turn_over(self) -> None:
        """Submit and complete some actions."""
        for _ in range(ACTIONS_PER_ROUND):
            self._submit()
            self._complete(self._take(self._open))

    def _submit(self) -> None:
        """Submit and write an action, as a driver does."""
        self._now += 0.0001
        self._open.append(self._connection.submit(ACTION, self._now, timeout=86_400.0))
        self._drain()
        piece = self._connection.poll_transmit(self._session)
        self._connection.handle_sent(self._session, len(piece), self._now)
        self._drain()

    def _complete(self, ticket: Ticket) -> None:
        """Let an answer arrive, as a driver does."""
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
