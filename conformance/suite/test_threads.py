"""Calls from another thread: safe where a driver has threads, a clear error elsewhere (R-DRIVER-06)."""

import inspect
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ami_backends._signals import SignalWatch
from ami_proto import MisuseError
from conformance.leaks import PATIENCE
from conformance.peer import PeerFactory, echoing, honest
from conformance.suite.backends import Backend


class Elsewhere:
    """A call in a thread of its own, as somebody who knows nothing of loops would make it."""

    def __init__(self, function: Callable[..., Any], *arguments: Any, **words: Any) -> None:
        self.value: Any = None
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(function, arguments, words))
        self._thread.start()

    def over(self) -> bool:
        """Whether it has returned or raised."""
        return not self._thread.is_alive()

    def _run(self, function: Callable[..., Any], arguments: Any, words: dict[str, Any]) -> None:
        try:
            self.value = function(*arguments, **words)
            if inspect.iscoroutine(self.value):
                self.value.send(None)
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            self.error = error


async def test_a_call_from_another_thread_is_answered_or_refused(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-06: whichever it is, the client's own calls go on."""
    async with backend.connect(start_peer(honest).port) as pbx:
        calls = [
            Elsewhere(pbx.send, "Ping"),
            Elsewhere(pbx.events, "Never"),
            Elsewhere(pbx.send, "Ping", wait=True, timeout=PATIENCE),
        ]
        assert await backend.eventually(lambda: all(call.over() for call in calls))
        if backend.shared:
            assert [call.error for call in calls] == [None] * 3
            assert calls[0].value["Ping"] == "Pong"
        else:
            assert all(isinstance(call.error, MisuseError) for call in calls)
        assert pbx.snapshot().actions_pending == 0
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_a_close_from_another_thread_is_a_close_or_refused(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-06."""
    async with backend.connect(start_peer(honest).port) as pbx:
        closing = Elsewhere(pbx.close)
        assert await backend.eventually(closing.over)
        if backend.shared:
            assert closing.error is None
            assert not pbx.state.sending
        else:
            assert isinstance(closing.error, MisuseError)
            assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_every_word_is_answered_or_refused_in_another_thread(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-06: what only looks, too."""
    async with backend.connect(start_peer(honest).port) as pbx:
        heard = pbx.events()
        words: list[Callable[..., Any]] = [pbx.wait_ready, pbx.events, heard.close]
        calls = [Elsewhere(word) for word in words]
        assert await backend.eventually(lambda: all(call.over() for call in calls))
        if backend.shared:
            assert all(call.error is None for call in calls)
        else:
            assert all(isinstance(call.error, MisuseError) for call in calls)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_many_threads_at_once(backend: Backend, start_peer: PeerFactory) -> None:
    """R-DRIVER-06: each gets its own answers, or each is refused."""
    async with backend.connect(start_peer(echoing).port) as pbx:
        calls = [Elsewhere(pbx.send, "Echo", Number=number) for number in range(50)]
        assert await backend.eventually(lambda: all(call.over() for call in calls))
        if backend.shared:
            assert [call.value["Number"] for call in calls] == [str(number) for number in range(50)]
        else:
            assert all(isinstance(call.error, MisuseError) for call in calls)
        assert (await pbx.send("Echo", Number=50))["Number"] == "50"


async def test_signals_are_refused_outside_the_main_thread(backend: Backend) -> None:
    """R-DRIVER-05: Python handles them nowhere else, and nothing has begun. A patched thread is no other."""
    asked = Elsewhere(watch_signals)
    assert await backend.eventually(asked.over)
    if backend.name == "gevent-patched":
        assert asked.error is None
    else:
        assert isinstance(asked.error, MisuseError)


def watch_signals() -> None:
    """Ask for signals, as `connect` does."""
    with SignalWatch((signal.SIGTERM,), pytest.fail):
        pass
