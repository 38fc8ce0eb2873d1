"""What a test must not leave behind: threads and descriptors. Loops count their own tasks."""

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

PATIENCE = 10.0
"""Seconds a test waits for what should come in milliseconds."""

PATIENCE_WITH_ENDS = 2.0
"""Seconds that a thread on its way out may take."""

IDLE_NAME = "Trio thread "
"""How the threads are called that trio keeps for ten seconds, idle, for the next call that blocks."""


def eventually(condition: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Wait until something that happens in another thread is true; tell whether it became so."""
    deadline = time.monotonic() + patience
    while not (done := bool(condition())) and time.monotonic() < deadline:
        time.sleep(0.002)
    return done


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Fail a test after which a thread or a descriptor is left."""
    threads, descriptors = _threads(), _descriptors()
    yield
    gc.collect()
    assert eventually(lambda: _threads() <= threads, PATIENCE_WITH_ENDS), _threads() - threads
    left = _descriptors() - descriptors
    assert not left, left


def _threads() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if not each.name.startswith(IDLE_NAME)}


def _descriptors() -> set[str]:
    found = set()
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the one that listed the folder
            found.add(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
    return found
