"""Calls from another thread: safe on drivers with threads, a clear error on the others (R-DRIVER-06)."""

import inspect
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ami_backends.clients.one_text import run_to_end
from ami_backends.clients.signals import SignalWatch
from ami_proto import MisuseError
from conformance.laws.peer import PATIENCE, PeerFactory, echoing, honest
from conformance.suite.backends import SuiteBackend


class OtherThread:
    """A call in another thread, made without any regard to loops."""

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
            value = function(*arguments, **words)
            self.value = run_to_end(value) if inspect.iscoroutine(value) else value
        except BaseException as error:  # noqa: BLE001 - the test checks it
            self.error = error


async def test_a_call_from_another_thread_is_answered_or_refused(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-06: either way, the client's own calls go on."""
    async with backend.connect(start_peer(honest).port) as pbx:
        calls = [
            OtherThread(pbx.send, "Ping"),
            OtherThread(pbx.events, "Never"),
            OtherThread(pbx.send, "Ping", wait=True, timeout=PATIENCE),
        ]
        assert await backend.eventually(lambda: all(call.over() for call in calls))
        if backend.shared:
            assert [call.error for call in calls] == [None] * 3
            assert calls[0].value["Ping"] == "Pong"
        else:
            assert all(isinstance(call.error, MisuseError) for call in calls)
        assert pbx.snapshot().actions_pending == 0
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_a_close_from_another_thread_closes_or_raises(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-06."""
    async with backend.connect(start_peer(honest).port) as pbx:
        closing = OtherThread(pbx.close)
        assert await backend.eventually(closing.over)
        if backend.shared:
            assert closing.error is None
            assert not pbx.state.sending
        else:
            assert isinstance(closing.error, MisuseError)
            assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_every_method_works_or_raises_in_another_thread(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-06: methods that only look, too."""
    async with backend.connect(start_peer(honest).port) as pbx:
        subscription = pbx.events()
        words: list[Callable[..., Any]] = [pbx.wait_ready, pbx.events, subscription.close]
        calls = [OtherThread(word) for word in words]
        assert await backend.eventually(lambda: all(call.over() for call in calls))
        if backend.shared:
            assert all(call.error is None for call in calls)
        else:
            assert all(isinstance(call.error, MisuseError) for call in calls)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_many_threads_at_once(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-DRIVER-06: each gets its own replies, or each is refused."""
    async with backend.connect(start_peer(echoing).port) as pbx:
        calls = [OtherThread(pbx.send, "Echo", Number=number) for number in range(50)]
        assert await backend.eventually(lambda: all(call.over() for call in calls))
        if backend.shared:
            assert [call.value["Number"] for call in calls] == [str(number) for number in range(50)]
        else:
            assert all(isinstance(call.error, MisuseError) for call in calls)
        assert (await pbx.send("Echo", Number=50))["Number"] == "50"


async def test_signals_are_refused_outside_the_main_thread(backend: SuiteBackend) -> None:
    """R-DRIVER-05: Python handles signals nowhere else. A patched thread is a greenlet of the main one."""
    asked = OtherThread(watch_signals)
    assert await backend.eventually(asked.over)
    if backend.name == "gevent-patched":
        assert asked.error is None
    else:
        assert isinstance(asked.error, MisuseError)


def watch_signals() -> None:
    """Watch a signal, as `connect` does with `stop_on`."""
    with SignalWatch((signal.SIGTERM,), pytest.fail):
        pass
