"""R-WORLD-01: dials keep the pace of backoff and breaker, pings theirs."""

from collections.abc import Callable
from random import Random

import pytest

import ami_proto as ami
from ami_proto.drivers import SessionId
from conformance.laws.trace import Trace
from conformance.world.contradiction import Complaints, LedgerContradicted
from conformance.world.pace import DIALS, PINGS, DialJudge, PingJudge

CONFIG = ami.ServerConfig(
    key="pbx",
    host="pbx",
    username="admin",
    secret="s3cr3t",
    reconnect_min=1.0,
    reconnect_max=8.0,
    breaker_threshold=3,
    breaker_cooldown=20.0,
    stable_after=5.0,
    heartbeat_interval=10.0,
    heartbeat_timeout=2.0,
    read_timeout=60.0,
)


def broken(rule: str, deed: Callable[[], object]) -> None:
    """Require that a deed contradicts the ledger by this rule."""
    with pytest.raises(LedgerContradicted) as error:
        deed()
    assert error.value.rule == rule


def scheduled(attempt: int, delay: float, due: float) -> ami.ConnectScheduled:
    return ami.ConnectScheduled("pbx", "pbx", 5038, attempt, delay, due, None)


@pytest.fixture
def dials() -> DialJudge:
    judge = DialJudge(CONFIG, Complaints(Trace()))
    judge.start()
    return judge


@pytest.fixture
def pings() -> PingJudge:
    judge = PingJudge(SessionId("pbx", 1), CONFIG, Complaints(Trace()))
    judge.begin(100.0)
    judge.tick(100.0, queued=0)
    return judge


def fail(dials: DialJudge, times: int, now: float) -> None:
    for _ in range(times):
        dials.fail(now)


def test_the_first_dial_does_not_wait(dials: DialJudge) -> None:
    dials.schedule(scheduled(1, 0.0, 0.0))
    dials.dial(0.0)


def test_a_dial_waits_for_the_floor(dials: DialJudge) -> None:
    dials.fail(10.0)
    dials.dial(11.0)
    broken(DIALS, lambda: dials.dial(10.9))


def test_a_dial_waits_for_the_breaker(dials: DialJudge) -> None:
    fail(dials, 3, 10.0)
    dials.dial(30.0)
    broken(DIALS, lambda: dials.dial(29.9))


def test_stability_forgets_failures(dials: DialJudge) -> None:
    fail(dials, 2, 10.0)
    dials.enter(ami.State.READY, 20.0)
    dials.enter(ami.State.DISCONNECTED, 25.0)
    dials.fail(25.0)
    dials.dial(26.0)
    dials.enter(ami.State.READY, 30.0)
    dials.enter(ami.State.DISCONNECTED, 34.0)  # not stable
    fail(dials, 2, 34.0)
    broken(DIALS, lambda: dials.dial(35.0))


def test_stability_that_was_proved_must_forget(dials: DialJudge) -> None:
    fail(dials, 2, 10.0)
    dials.enter(ami.State.READY, 20.0)
    dials.tick(ami.State.READY, 26.0)
    dials.enter(ami.State.DISCONNECTED, 26.0)
    dials.fail(26.0)
    dials.schedule(scheduled(4, 2.0, 28.0))
    broken(DIALS, lambda: dials.dial(28.0))


@pytest.mark.parametrize(
    ("attempt", "delay"),
    [(2, 0.9), (2, 2.1), (3, 4.1), (9, 20.1)],
)
def test_a_delay_lies_between_floor_and_cap(dials: DialJudge, attempt: int, delay: float) -> None:
    broken(DIALS, lambda: dials.schedule(scheduled(attempt, delay, delay)))


def test_the_cooldown_is_a_delay_too(dials: DialJudge) -> None:
    dials.schedule(scheduled(4, 20.0, 20.0))


def test_a_dial_is_not_before_the_time_that_was_told_nor_after(dials: DialJudge) -> None:
    dials.fail(10.0)
    dials.schedule(scheduled(2, 1.5, 11.5))
    dials.tick(ami.State.DISCONNECTED, 11.5)
    broken(DIALS, lambda: dials.dial(11.4))
    broken(DIALS, lambda: dials.tick(ami.State.DISCONNECTED, 11.6))


@pytest.mark.parametrize("attempt", [1, 3])
def test_attempts_are_counted(dials: DialJudge, attempt: int) -> None:
    dials.fail(10.0)
    dials.schedule(scheduled(attempt, 1.5, 11.5))
    broken(DIALS, lambda: dials.dial(12.0))


def test_draws_are_spread(dials: DialJudge) -> None:
    """Ten thousand honest worlds are never taken for a liar; one that does not grow soon is."""
    for seed in range(300):
        random, honest = Random(seed), DialJudge(CONFIG, Complaints(Trace()))
        for _ in range(50):
            honest.schedule(scheduled(3, random.uniform(1.0, 4.0), 0.0))
    random = Random(1)

    def crowd() -> None:
        for _ in range(50):
            dials.schedule(scheduled(3, random.uniform(1.0, 1.5), 0.0))

    broken(DIALS, crowd)


def test_a_delay_without_jitter_is_noticed(dials: DialJudge) -> None:
    broken(DIALS, lambda: dials.schedule(scheduled(2, 1.0, 1.0)))


def test_silence_calls_for_a_ping(pings: PingJudge) -> None:
    pings.tick(119.9, queued=0)
    pings.tick(121.0, queued=55)  # it is queued
    pings.show(121.0)
    pings.tick(150.0, queued=0)  # and awaited
    pings.hear(151.0, pongs=1)
    pings.tick(151.0, queued=0)
    broken(PINGS, lambda: pings.tick(171.1, queued=0))


def test_a_frame_or_a_hold_ends_the_silence(pings: PingJudge) -> None:
    pings.hear(110.0, pongs=0)
    pings.tick(129.0, queued=0)
    pings.hold()
    pings.tick(140.0, queued=0)
    pings.tick(159.0, queued=0)
    broken(PINGS, lambda: pings.tick(160.1, queued=0))


def test_a_ping_waits_for_silence(pings: PingJudge) -> None:
    pings.hear(103.0, pongs=0)
    pings.queue(113.0)
    broken(PINGS, lambda: pings.queue(112.0))


def test_a_missed_ping_had_its_time(pings: PingJudge) -> None:
    pings.queue(110.0)
    pings.miss(112.0)
    broken(PINGS, lambda: pings.miss(111.9))
