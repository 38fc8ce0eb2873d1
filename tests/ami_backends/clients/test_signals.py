"""Signals on which clients stop: each watch gets the first one, then the previous handler is restored."""

import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

from ami_backends.clients.signals import SignalWatch
from ami_proto import MisuseError


@pytest.fixture
def before() -> Iterator[list[int]]:
    """Set a handler before the test; return the signals that it got."""
    heard: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        heard.append(number)

    original = signal.signal(signal.SIGTERM, handle)
    yield heard
    assert signal.signal(signal.SIGTERM, original) is handle


def send() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_the_first_signal_stops_and_the_second_goes_to_the_previous_handler(before: list[int]) -> None:
    """R-DRIVER-05."""
    stops: list[str] = []
    with SignalWatch([signal.SIGTERM], lambda: stops.append("stop")):
        send()
        send()
    assert (stops, before) == (["stop"], [signal.SIGTERM])


def test_one_signal_is_for_every_watch(before: list[int]) -> None:
    """R-DRIVER-05: a process with two clients ends both."""
    stops: list[str] = []
    watches = [SignalWatch([signal.SIGTERM], lambda name=name: stops.append(name)) for name in "ab"]  # type: ignore[misc]
    send()
    for watch in watches:
        watch.close()
    assert (stops, before) == (["a", "b"], [])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_watches_may_close_in_any_order(before: list[int], order: tuple[int, int]) -> None:
    stops: list[int] = []
    watches = [SignalWatch([signal.SIGTERM], lambda index=index: stops.append(index)) for index in (0, 1)]  # type: ignore[misc]
    first, second = order
    watches[first].close()
    send()
    watches[second].close()
    send()
    assert (stops, before) == ([second], [signal.SIGTERM])


def test_a_signal_named_twice_is_one(before: list[int]) -> None:
    stops: list[str] = []
    with SignalWatch([signal.SIGTERM, signal.SIGTERM], lambda: stops.append("stop")):
        send()
        send()
    assert (stops, before) == (["stop"], [signal.SIGTERM])


def test_a_signal_that_cannot_be_handled_is_refused_and_no_handler_stays(before: list[int]) -> None:
    with pytest.raises(MisuseError, match="stop_on"):
        SignalWatch([signal.SIGTERM, signal.SIGKILL], lambda: None)
    send()
    assert before == [signal.SIGTERM]


def test_another_thread_is_refused(before: list[int]) -> None:
    refused: list[MisuseError] = []

    def watch() -> None:
        try:
            SignalWatch([signal.SIGTERM], lambda: None)
        except MisuseError as error:
            refused.append(error)

    thread = threading.Thread(target=watch)
    thread.start()
    thread.join()
    assert "main thread" in str(refused[0])
    assert before == []


def test_a_watch_closed_in_another_thread_gets_no_signal(before: list[int]) -> None:
    """Another thread cannot restore the handler: ours runs, finds no watch, and does as the previous one."""
    stops: list[str] = []
    watch = SignalWatch([signal.SIGTERM], lambda: stops.append("stop"))
    thread = threading.Thread(target=watch.close)
    thread.start()
    thread.join()
    send()
    assert (stops, before) == ([], [signal.SIGTERM])


def test_a_second_close_in_the_main_thread_restores_the_handler(before: list[int]) -> None:
    """The first one was in the thread of a reactor that ended."""
    watch = SignalWatch([signal.SIGTERM], lambda: None)
    thread = threading.Thread(target=watch.close)
    thread.start()
    thread.join()
    ours = signal.getsignal(signal.SIGTERM)
    watch.close()
    assert signal.getsignal(signal.SIGTERM) is not ours
    assert before == []
