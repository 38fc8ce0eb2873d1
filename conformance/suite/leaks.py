"""Threads and descriptors that a test leaves. The loops count their own tasks."""

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from conformance.laws.peer import PATIENCE

PATIENCE_WITH_ENDS = 2.0
"""Seconds that a thread may take to end after the test."""

IDLE_NAME = "Trio thread "
"""Prefix of the names of idle threads, which trio keeps for ten seconds for its next blocking call."""


def eventually(condition: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Wait until a condition holds that another thread brings about; return whether it does."""
    deadline = time.monotonic() + patience
    while not (done := bool(condition())) and time.monotonic() < deadline:
        time.sleep(0.002)
    return done


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Fail a test that leaves a thread or a descriptor."""
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
        with suppress(FileNotFoundError):  # the descriptor with which `listdir` read the folder
            found.add(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
    return found
