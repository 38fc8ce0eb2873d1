"""Ctrl-C and SIGTERM while a command runs on a driver: handled once, and in the command's own greenlet."""

import signal
import threading
import time
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Any

REPEAT_MAX = 1.0
"""Seconds in which a repeated signal counts as the first one: longer than it takes to log off."""

SignalHandler = Callable[[int, FrameType | None], Any]


def may_handle() -> bool:
    """Whether this thread may set signal handlers: Python allows that in the main thread only."""
    return threading.current_thread() is threading.main_thread()


@contextmanager
def first_signals_only() -> Iterator[None]:
    """Pass the first of each signal to the handler that is set, and ignore repeats, also after the context.

    A terminal and a wrapper script may each send the signal. A repeat would raise in whichever task runs
    while the client logs off, and asyncio may then wait for ever. A repeat after `REPEAT_MAX` ends the
    process at once: by then the logoff hangs, and the user wants out.
    """
    first_at: dict[int, float] = {}

    def once(handler: SignalHandler) -> SignalHandler:
        def handle(number: int, frame: FrameType | None) -> None:
            now = time.monotonic()
            first = first_at.get(number)
            if first is None:
                first_at[number] = now
                handler(number, frame)
            elif now - first > REPEAT_MAX:
                signal.signal(number, signal.SIG_DFL)
                signal.raise_signal(number)

        return handle

    with _handlers_wrapped(once, keep=first_at):
        yield


@contextmanager
def signals_in_main_greenlet() -> Iterator[None]:
    """Raise a signal handler's exception in the current greenlet, whichever greenlet the signal interrupts.

    In gevent's hub the exception would be printed, and lost if another signal arrives at that moment. In the
    driver's greenlet it would end the driver, which must still log off.
    """
    gevent = import_module("gevent")
    loop, main = gevent.get_hub().loop, gevent.getcurrent()

    def for_main(handler: SignalHandler) -> SignalHandler:
        def handle(number: int, frame: FrameType | None) -> None:
            try:
                handler(number, frame)
            except BaseException as raised:
                if gevent.getcurrent() is main:
                    raise
                loop.run_callback_threadsafe(main.throw, raised)

        return handle

    with _handlers_wrapped(for_main):
        yield


@contextmanager
def _handlers_wrapped(
    wrap: Callable[[SignalHandler], SignalHandler], keep: Container[int] = ()
) -> Iterator[None]:
    """Wrap the handlers of SIGINT and SIGTERM inside the context; those in `keep` stay wrapped after it.

    Does nothing outside the main thread. A signal that is ignored stays ignored.
    """
    if not may_handle():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ours = {number: wrap(handler) for number, handler in before.items() if callable(handler)}
    for number, handler in ours.items():
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, handler in ours.items():
            if number not in keep and signal.getsignal(number) is handler:
                signal.signal(number, before[number])
