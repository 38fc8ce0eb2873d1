"""Freeze the heap of a long process, so that collections do not visit the objects that were there before.

A full garbage collection visits every living object. In a run of many thousand tests these are mainly the
collected tests, and a visit takes a tenth of a second or more: after every test that checks for leaks
(`leaks.py`), and in the middle of any work that is being timed.

This module is a pytest plugin too: it freezes the tests while they run.
"""

import gc
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def set_aside() -> Iterator[None]:
    """Freeze the objects that are alive now: collections skip them. New objects are collected as usual."""
    within_another = gc.get_freeze_count() > 0
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        if not within_another:  # `gc.unfreeze` thaws everything at once
            gc.unfreeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """Freeze the collected tests while they run."""
    with set_aside():
        return (yield)
