"""R-HEALTH-03: jittered backoff with a floor and a cap."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_proto.connection.breaker import Backoff


@given(
    low=st.floats(0.001, 10),
    factor=st.floats(1, 10_000),
    failures=st.integers(1, 200),
    seed=st.integers(),
)
def test_the_nth_delay_lies_between_floor_and_cap(
    low: float, factor: float, failures: int, seed: int
) -> None:
    """R-HEALTH-03: uniform between min and min(max, min x 2^n); the cap is a cap."""
    backoff = Backoff(low, low * factor, Random(seed))
    for number in range(1, failures + 1):
        delay = backoff.next_delay()
        assert low <= delay <= min(low * factor, low * 2.0**number)
    assert backoff.failures == failures


def test_it_uses_the_whole_range() -> None:
    """R-HEALTH-03: full jitter, or servers that fail together come back together."""
    delays = []
    for seed in range(500):
        backoff = Backoff(0.1, 30.0, Random(seed))
        delays.append([backoff.next_delay() for _ in range(12)][-1])
    assert min(delays) < 1.0
    assert max(delays) > 29.0
    assert sum(delays) / len(delays) == pytest.approx(15.05, rel=0.1)


def test_a_reset_begins_again() -> None:
    backoff = Backoff(0.1, 30.0, Random(1))
    for _ in range(20):
        backoff.next_delay()
    backoff.reset()
    assert backoff.failures == 0
    assert backoff.next_delay() <= 0.2


def test_endless_failure_overflows_nothing() -> None:
    backoff = Backoff(0.1, 30.0, Random(1))
    backoff.failures = 10**6
    assert 0.1 <= backoff.next_delay() <= 30.0
