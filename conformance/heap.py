"""The heap of a long process, set aside, so that nothing done in it pays for what was there before.

A full garbage collection visits every object that is alive. In a run of many thousand tests these are first
of all the tests, collected; a visit takes a tenth of a second and more: after every test that looks for what
it has left behind (`leaks.py`), and in the middle of any piece of work that is being timed.

It is a pytest plugin too: the tests themselves are set aside while they run.
"""

import gc
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def set_aside() -> Iterator[None]:
    """Set aside what is alive; what is made from now on is collected as ever."""
    within_another = gc.get_freeze_count() > 0
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        if not within_another:  # there is one place aside, and it is emptied as a whole
            gc.unfreeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """Set aside all that was made to collect the tests: it lives as long as they run."""
    with set_aside():
        return (yield)
