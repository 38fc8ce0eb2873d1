"""Several mutants at a time, each in a process of its own, forked from a process that is ready for it.

A `_Forker` forks. One kind has collected the tests with the unchanged package, so that a changed function
costs a fork; the other has imported nothing of the package, so that a changed module is imported anew.

"""

import os
import select
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from time import monotonic
from typing import Final

import pytest

from tests.workshop.mutation.ground import Ground
from tests.workshop.mutation.mutants import Mutant, unchanged
from tests.workshop.mutation.reach import Reach, survey
from tests.workshop.mutation.trial import exchange, import_changed, killer, prepare, run_pytest

PATIENCE: Final = 300.0
"""Seconds of real time for one mutant: a test that waits takes no processor time."""

SURVIVED: Final = ""
TIMEOUT: Final = "it never ended"
DIED: Final = "the process died"
_NOT_HERE: Final = "import"
"""The code of this function cannot be replaced in place."""

_CONTEXT: Final = get_context("fork")

Limits = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TrialResult:
    """The result of one mutant."""

    mutant: Mutant
    killed_by: str
    """A test, or another cause; empty for a survivor."""
    seconds: float


def look_around(ground: Ground) -> Reach:
    """Run every test of the unchanged package, in a process of its own."""
    ours, theirs = _CONTEXT.Pipe()

    def look() -> None:
        _be_quiet()
        prepare()
        theirs.send(survey(ground, lambda plugin: run_pytest(ground, plugin)))

    process = _CONTEXT.Process(target=look)
    process.start()
    theirs.close()
    reach: Reach = ours.recv()
    process.join()
    return reach


def try_all(
    ground: Ground, reach: Reach, mutants: Sequence[Mutant], jobs: int, patience: int = 1
) -> Iterator[TrialResult]:
    """Yield a result for each mutant, in their order; so many at a time, each up to so many budgets.

    Raises `UnfitGroundError` if tests fail on the unchanged package.
    """
    forkers = [(_Forker(ground, collected=True), _Forker(ground, collected=False)) for _ in range(jobs)]
    free: SimpleQueue[tuple[_Forker, _Forker]] = SimpleQueue()
    for pair in forkers:
        free.put(pair)

    def limits_of(mutant: Mutant) -> Limits:
        return reach.limits(reach.judges(mutant, ground.mirror(mutant.key.path), patience * ground.budget))

    def try_one(mutant: Mutant) -> TrialResult:
        pair = free.get()
        began = monotonic()
        judge = _judged_twice if ground.is_timed else _judged
        killed_by = judge(pair, mutant, limits_of(mutant))
        free.put(pair)
        return TrialResult(mutant, killed_by, monotonic() - began)

    executor = ThreadPoolExecutor(jobs)
    try:
        for mutant in islice(mutants, 1):
            _require_survival(forkers[0], unchanged(mutant), limits_of(mutant))
        yield from executor.map(try_one, mutants)
    finally:
        executor.shutdown(cancel_futures=True)
        for pair in forkers:
            for forker in pair:
                forker.close()


def _judged(pair: tuple["_Forker", "_Forker"], mutant: Mutant, limits: Limits) -> str:
    """Return the killer of a mutant. A survivor is tried anew: what was made at collection may hide it."""
    killed_by = pair[0].judge(mutant, limits) if mutant.function else _NOT_HERE
    return pair[1].judge(mutant, limits) if killed_by in (_NOT_HERE, SURVIVED) else killed_by


def _judged_twice(pair: tuple["_Forker", "_Forker"], mutant: Mutant, limits: Limits) -> str:
    """Return the killer of a mutant that kills it alone as well; a test may fail once on a busy machine."""
    limits = dict(limits)
    while True:
        killed_by = pair[0].judge(mutant, limits) if mutant.function else _NOT_HERE
        is_nested = mutant.key.scope != mutant.function  # perhaps made by a decorator, at import
        if killed_by == _NOT_HERE or (killed_by == SURVIVED and is_nested):
            killed_by = pair[1].judge(mutant, limits)
        if killed_by not in limits or _judged(pair, mutant, {killed_by: limits.pop(killed_by)}):
            return killed_by


class UnfitGroundError(Exception):
    """Tests fail on the unchanged package."""


def _require_survival(pair: tuple["_Forker", "_Forker"], mutant: Mutant, limits: Limits) -> None:
    """Raise `UnfitGroundError` if tests that pass in a run of their own fail here."""
    for forker in pair if mutant.function else pair[1:]:
        killed_by = forker.judge(mutant, limits)
        if killed_by not in (SURVIVED, _NOT_HERE):
            raise UnfitGroundError(f"{killed_by}, where nothing was changed: no verdict would mean anything")


class _Forker:
    """A process that forks one for each mutant, and waits for it."""

    def __init__(self, ground: Ground, *, collected: bool) -> None:
        self._pipe, theirs = _CONTEXT.Pipe()
        serve = _serve_collected if collected else _serve_unimported
        self._process = _CONTEXT.Process(target=serve, args=(ground, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def judge(self, mutant: Mutant, limits: Limits) -> str:
        self._pipe.send((mutant, limits))
        return str(self._pipe.recv())

    def close(self) -> None:
        self._process.terminate()
        self._process.join()


def _serve_collected(ground: Ground, pipe: Connection) -> None:
    """Collect every test, then try changed functions."""

    class Collected:
        def pytest_runtestloop(self, session: pytest.Session) -> bool:
            def judge(mutant: Mutant, limits: Limits) -> str:
                return (killer(session, limits) or SURVIVED) if exchange(ground, mutant) else _NOT_HERE

            _serve(pipe, judge)
            return True

    _be_quiet()
    prepare()
    run_pytest(ground, Collected())


def _serve_unimported(ground: Ground, pipe: Connection) -> None:
    """Try changed modules, which are imported when the tests are collected."""

    def judge(mutant: Mutant, limits: Limits) -> str:
        found = [DIED]  # what it is when not even the tests can be collected

        class Single:
            def pytest_runtestloop(self, session: pytest.Session) -> bool:
                if not session.testsfailed:
                    found[0] = killer(session, limits) or SURVIVED
                return True

        import_changed(ground, mutant)
        run_pytest(ground, Single(), tuple(dict.fromkeys(test.partition("::")[0] for test in limits)))
        return found[0]

    _be_quiet()
    prepare()
    _serve(pipe, judge)


def _serve(pipe: Connection, judge: Callable[[Mutant, Limits], str]) -> None:
    """Fork for each mutant that comes through the pipe, until the parent ends."""
    parent = os.getppid()
    while True:
        while not pipe.poll(1.0):
            if os.getppid() != parent:
                return
        mutant, limits = pipe.recv()
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            _answer(writing, partial(judge, mutant, limits))
        os.close(writing)
        pipe.send(_awaited(child, reading))
        os.close(reading)


def _answer(writing: int, judge: Callable[[], str]) -> None:
    """Write the answer, and end this process without cleaning up what it was forked from."""
    os.setpgid(0, 0)
    try:
        os.write(writing, b"=" + judge().encode())
    finally:
        os._exit(0)


def _awaited(child: int, reading: int) -> str:
    """Return what a child wrote, or how it ended without. What it started itself ends with it."""
    answered, _, _ = select.select([reading], [], [], PATIENCE)
    said = os.read(reading, 65536).decode() if answered else ""
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if said:
        return said[1:]
    timed_out = not answered or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF)
    return TIMEOUT if timed_out else DIED


def _be_quiet() -> None:
    """Send what pytest prints nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
