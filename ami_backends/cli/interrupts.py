"""Ctrl-C and SIGTERM while a command runs on a driver: heard once, where the program can hear them."""

import signal
import threading
import time
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Any

SAME_MAX = 1.0
"""Seconds in which more of a signal are the same one: longer than it takes to log off."""

Handler = Callable[[int, FrameType | None], Any]


def may_handle() -> bool:
    """Whether this thread may say what a signal does: Python lets the main one alone."""
    return threading.current_thread() is threading.main_thread()


@contextmanager
def heard_once() -> Iterator[None]:
    """Have the first of each signal do what it does already, and more of them nothing, also afterwards.

    A shell, a wrapper and a finger may all send it. What a second one raised would come in the middle of
    the first one's work, in whichever task runs: asyncio may wait for ever then. One that comes much later
    ends the process as it stands.
    """
    heard: dict[int, float] = {}

    def once(handler: Handler) -> Handler:
        def handle(number: int, frame: FrameType | None) -> None:
            now = time.monotonic()
            first = heard.get(number)
            if first is None:
                heard[number] = now
                handler(number, frame)
            elif now - first > SAME_MAX:
                signal.signal(number, signal.SIG_DFL)
                signal.raise_signal(number)

        return handle

    with _handling(once, keep=heard):
        yield


@contextmanager
def heard_by_the_main_greenlet() -> Iterator[None]:
    """Have what a handler raises raised in this greenlet, whichever runs when the signal comes.

    In the hub, gevent would print it, and lose it where the next signal comes before it is handed on; in a
    driver's greenlet it would end the driver, which is to log off.
    """
    gevent = import_module("gevent")
    loop, main = gevent.get_hub().loop, gevent.getcurrent()

    def for_main(handler: Handler) -> Handler:
        def handle(number: int, frame: FrameType | None) -> None:
            try:
                handler(number, frame)
            except BaseException as raised:
                if gevent.getcurrent() is main:
                    raise
                loop.run_callback_threadsafe(main.throw, raised)

        return handle

    with _handling(for_main):
        yield


@contextmanager
def _handling(change: Callable[[Handler], Handler], keep: Container[int] = ()) -> Iterator[None]:
    """Change how both signals are handled, for as long as this lasts; those to `keep` stay changed.

    A signal that is ignored stays so, and so does everything in another thread than the main one.
    """
    if not may_handle():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ours = {number: change(handler) for number, handler in before.items() if callable(handler)}
    for number, handler in ours.items():
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, handler in ours.items():
            if number not in keep and signal.getsignal(number) is handler:
                signal.signal(number, before[number])
