"""L3: a request raises and changes nothing, or succeeds."""

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from ami_proto import (
    Action,
    ActionFinished,
    Backpressure,
    ConfigError,
    Connection,
    Filter,
    InvalidAction,
    Message,
    MisuseError,
    NotReady,
    Overflow,
    Snapshot,
    State,
    Ticket,
)
from ami_proto.completion import Automatic
from ami_proto.config.server import DURATION_MAX
from ami_proto.connection.journal import NOW_MAX
from ami_proto.drivers import Subscription
from ami_proto.message.encoding import encode
from conformance.laws.playbook import BANNER, SERVER, Playbook
from tests.playbooks import STATUS


def snapshot(play: Playbook) -> tuple[Snapshot, float | None]:
    """Return everything that a refused request must leave as it was."""
    return (play.connection.snapshot(), play.connection.poll_timeout())


def number_of(ticket: Ticket) -> int:
    """Return the place of an ActionID among those that its connection drew."""
    return int(ticket.action_id.rpartition(":")[2])


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (lambda c: c.start(1000.0), MisuseError),
        (lambda c: c.start(math.nan), MisuseError),
        (lambda c: c.stop(math.inf), MisuseError),
        (lambda c: c.stop(1000.0, grace=-1), ConfigError),
        (lambda c: c.stop(1000.0, grace=math.nan), ConfigError),
        (lambda c: c.stop(1000.0, grace=math.inf), ConfigError),
        (lambda c: c.submit(STATUS, math.inf), MisuseError),
        (lambda c: c.submit(STATUS, 10.0**18), MisuseError),
        (lambda c: c.submit(STATUS, 1000.0, timeout=0), ConfigError),
        (lambda c: c.submit(STATUS, 1000.0, timeout="1"), ConfigError),
        (lambda c: c.submit(STATUS, 1000.0, timeout=-1), ConfigError),
        (lambda c: c.submit(STATUS, 1000.0, timeout=math.nan), ConfigError),
        (lambda c: c.submit(STATUS, 1000.0, timeout=math.inf), ConfigError),
        (lambda c: c.submit(STATUS, 1000.0, to="pbx2"), MisuseError),
        (lambda c: c.submit(Action("LogOff"), 1000.0), InvalidAction),
        (lambda c: c.submit(STATUS, 1000.0, completion=Automatic(duration=math.nan)), ConfigError),
        (lambda c: c.submit(STATUS, 1000.0, completion=Automatic(duration=0)), ConfigError),
        (lambda c: c.cancel(Ticket("pbx", "x", "y"), math.nan), MisuseError),
        (lambda c: c.subscribe(Filter(), limit=0), ConfigError),
    ],
)
def test_a_refused_request_changes_nothing(
    ready: Playbook, request_: Callable[[Connection], object], error: type[Exception]
) -> None:
    """L3, R-CORR-04: not even the next ActionID."""
    earlier, before = ready.submit(STATUS), snapshot(ready)
    with pytest.raises(error):
        request_(ready.connection)
    assert snapshot(ready) == before
    assert ready.drain().notices == []
    assert number_of(ready.submit(STATUS)) == number_of(earlier) + 1


@pytest.mark.parametrize("now", [math.nan, math.inf])
def test_the_state_is_the_first_reason_to_refuse_an_action(now: float) -> None:
    """R-LIFE-03: an application that waits for `NotReady` gets it, whatever else is wrong."""
    with pytest.raises(NotReady):
        Connection(SERVER, seed=1).submit(STATUS, now)


def test_a_strategy_that_is_asked_makes_no_request(ready: Playbook) -> None:
    """R-CORR-11: a second action in the middle of the first would get the same ActionID."""

    class Nested(Automatic):
        def __getattribute__(self, name: str) -> object:
            if name == "fence":
                ready.connection.submit(STATUS, ready.now)
            return super().__getattribute__(name)

    with pytest.raises(MisuseError, match="inside"):
        ready.submit(STATUS, completion=Nested())
    assert ready.connection.snapshot().actions_pending == 0


def test_the_clock_never_goes_back_under_a_strategy(ready: Playbook) -> None:
    """R-CORR-11: what a strategy declares is read within the request, and may bring a later time."""
    later = ready.now + 5

    class Late(Automatic):
        def __getattribute__(self, name: str) -> object:
            if name == "fence":
                ready.connection.handle_timeout(later)
            return super().__getattribute__(name)

    ready.connection.submit(STATUS, ready.now, completion=Late())
    ticket = ready.connection.submit(STATUS, ready.now)
    assert ticket.submitted == later


def test_time_that_is_no_time_starts_nothing() -> None:
    """L3: a clock of minus infinity would be due for ever."""
    for now in (math.nan, math.inf, -math.inf, -1e300, 10**400, NOW_MAX, -NOW_MAX):
        connection = Connection(SERVER, seed=1)
        with pytest.raises(MisuseError, match="no time"):
            connection.start(now)
        assert connection.stopped


@pytest.mark.parametrize("state", [state for state in State if not state.sending])
def test_actions_are_refused_where_nobody_can_send_them(state: State) -> None:
    """R-LIFE-03: a typed error with server key and state."""
    play = Playbook(throttled=state is State.DISCONNECTED)
    if state is not State.CLOSED:
        play.start()
    if state in (State.CONNECTED, State.AUTHENTICATING):
        play.connect()
    if state is State.AUTHENTICATING:
        play.receive(BANNER)
    if state is State.CLOSING:
        play.log_in().stop()
    with pytest.raises(NotReady, match=f"'pbx' is {state.value}"):
        play.connection.submit(STATUS, play.now)
    if state in (State.CLOSED, State.CLOSING):
        with pytest.raises(NotReady):
            play.submit(STATUS, wait=True)
    else:
        play.submit(STATUS, wait=True)


def test_the_longest_timeout_is_that_of_every_wait(ready: Playbook) -> None:
    """R-CORR-06: and one that is longer is refused."""
    ready.submit(STATUS, timeout=DURATION_MAX)
    with pytest.raises(ConfigError, match="timeout"):
        ready.submit(STATUS, timeout=DURATION_MAX + 1)


def test_what_waits_is_bounded_to_the_byte() -> None:
    """R-FLOW-04, R-LIFE-03: the cap may be reached, and not passed."""
    play = Playbook(replace(SERVER, max_outbound_bytes=64 * 1024)).start()
    tickets = [play.submit(Action("Ping"), wait=True)]
    first = len(encode(Action("Ping"), tickets[0].action_id))

    def submit(size: int) -> None:
        """Submit an action of so many bytes, its ActionID included."""
        following = f"{tickets[0].action_id.rpartition(':')[0]}:{number_of(tickets[-1]) + 1}"
        value = "x" * (size - len(encode(Action("Setvar", {"Value": ""}), following)))
        tickets.append(play.submit(Action("Setvar", {"Value": value}), wait=True))

    for _ in range(63):
        submit(1024)
    with pytest.raises(Backpressure):
        submit(1024 - first + 1)
    submit(1024 - first)
    with pytest.raises(Backpressure):
        play.submit(Action("Ping"), wait=True)


def test_start_twice_is_an_error_and_never_a_second_socket(ready: Playbook) -> None:
    """R-LIFE-05."""
    with pytest.raises(MisuseError, match="started already"):
        ready.start()
    assert ready.connection.state is State.READY


@pytest.mark.parametrize("instance", ["", "xyz", "0123456", "0123abc\n", "0123abcde"])
def test_an_instance_is_eight_hex_digits(instance: str) -> None:
    """R-ID-01: injectable, and checked, because it goes into every ActionID."""
    with pytest.raises(ConfigError, match="instance"):
        Connection(SERVER, seed=1, instance=instance)
    assert Connection(SERVER, seed=1, instance="0123abcd").key == "pbx"


@pytest.mark.parametrize("key", ["pbx 01", "node_", "pbx:1", "pbx-münchen", "k" * 200])
def test_every_key_logs_in_and_correlates(key: str) -> None:
    """R-ID-03: server keys that never logged in were the ancestor's fate."""
    play = Playbook(replace(SERVER, key=key)).log_in()
    ticket = play.submit(STATUS)
    assert ticket.action_id.isascii()
    assert len(ticket.action_id) <= 64
    play.reply(ticket)
    assert play.outcome(ticket).succeeded


def test_two_servers_of_one_seed_draw_independently() -> None:
    """R-ID-01: from a generator derived from (seed, key)."""
    ids = {Playbook(replace(SERVER, key=key)).log_in().sent_actions[0].action_id for key in ("a", "b")}
    assert len({each.split(":")[1] for each in ids}) == 2


@pytest.mark.parametrize(
    "request_",
    [
        lambda connection: connection.start(1000.0),
        lambda connection: connection.stop(1000.0),
        lambda connection: connection.cancel(Ticket("pbx", "x", "y"), 1000.0),
        lambda connection: connection.submit(STATUS, 1000.0),
        lambda connection: connection.subscribe(Filter()),
        lambda connection: connection.unsubscribe(Subscription(Filter(), 5, Overflow.DROP_OLDEST)),
    ],
    ids=["start", "stop", "cancel", "submit", "subscribe", "unsubscribe"],
)
def test_every_request_is_refused_from_inside_a_predicate(
    ready: Playbook, request_: Callable[[Connection], object]
) -> None:
    """L3: with an error that says so, whatever the request would have done."""
    raised: list[BaseException] = []

    def where(message: Message) -> bool:
        with pytest.raises(MisuseError, match="from inside a predicate") as caught:
            request_(ready.connection)
        raised.append(caught.value)
        return True

    ready.connection.subscribe(Filter(where=where))
    ready.event("Newchannel")
    assert len(raised) == 1


def test_a_submit_moves_the_clock() -> None:
    """The machine's clock never goes back behind a request: what it set is in the future of it."""
    play = Playbook().log_in()
    play.connection.submit(STATUS, play.now + 100)
    play.connection.submit(STATUS, play.now, timeout=5)
    deadlines = [play.now + 100 + 5, play.now + SERVER.heartbeat_interval]
    play.connection.handle_timeout(min(deadlines) + 0.0)
    assert play.drain().take(ActionFinished) == []
    play.connection.handle_timeout(play.now + 105)
    assert len(play.drain().take(ActionFinished)) == 1


# -- backpressure


def test_too_many_actions_are_refused_one_by_one() -> None:
    """R-CORR-05, R-OBS-05: a typed error for that action only, counted; undrained outcomes take room."""
    play = Playbook(replace(SERVER, max_pending_actions=3), lazy=False).log_in()
    tickets = [play.submit(STATUS) for _ in range(3)]
    before = snapshot(play)
    with pytest.raises(Backpressure, match="3 actions are pending"):
        play.submit(STATUS)
    assert snapshot(play) == (replace(before[0], actions_refused=1), before[1])
    play.lazy = True
    play.reply(tickets[0])
    with pytest.raises(Backpressure):
        play.submit(STATUS)
    assert number_of(play.drain().submit(STATUS)) == number_of(tickets[-1]) + 1
    assert play.connection.state is State.READY


def test_too_many_bytes_are_refused_one_by_one() -> None:
    """R-FLOW-04, R-CORR-04, R-OBS-05: nothing stays registered, no ActionID is lost; it is counted."""
    play = Playbook(replace(SERVER, max_outbound_bytes=16 * 1024)).log_in()
    play.lazy = True
    big = Action("UserEvent", {f"H{number}": "x" * 1000 for number in range(10)})
    first = play.submit(big)
    before = snapshot(play)
    with pytest.raises(Backpressure, match="more exceed 16384"):
        play.submit(big)
    assert snapshot(play) == (replace(before[0], actions_refused=1), before[1])
    small = play.submit(STATUS)
    assert number_of(small) == number_of(first) + 1
    play.lazy = False
    play.drain().reply(first).reply(small)
    assert play.outcome(first).succeeded


def test_what_waits_for_ready_is_bounded_too() -> None:
    """R-CORR-05, L6: by number and by bytes."""
    play = Playbook(replace(SERVER, max_outbound_bytes=16 * 1024, max_pending_actions=50)).start()
    big = Action("UserEvent", {f"H{number}": "x" * 1000 for number in range(10)})
    play.submit(big, wait=True)
    with pytest.raises(Backpressure, match="wait for READY"):
        play.submit(big, wait=True)
    for _ in range(49):
        play.submit(STATUS, wait=True)
    with pytest.raises(Backpressure, match="50 actions"):
        play.submit(STATUS, wait=True)


def test_the_engines_own_actions_are_not_held_up_by_a_full_outbox() -> None:
    """R-FLOW-04, R-HEALTH-01: the cap refuses actions of the application, never a ping."""
    play = Playbook(replace(SERVER, max_outbound_bytes=16_384)).log_in()
    play.lazy = True  # from here on nobody writes
    play.submit(Action("UserEvent", [("X", "x" * 1000)] * 15))
    with suppress(Backpressure):
        while True:
            play.submit(Action("Ping"))
    queued = play.connection.snapshot().outbound_bytes
    play.oversleep(SERVER.heartbeat_interval)
    assert play.connection.snapshot().outbound_bytes > queued
