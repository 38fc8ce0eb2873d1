"""Several mutants at a time, each in a process of its own, forked from one that is ready for it.

A `Stable` forks. One kind has collected the tests with the unchanged package, so that a changed function
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

from conformance.mutation.ground import Ground
from conformance.mutation.mutants import Mutant, unchanged
from conformance.mutation.reach import Reach, survey
from conformance.mutation.trial import exchange, import_changed, killer, prepare, run_pytest

PATIENCE: Final = 300.0
"""Seconds for one mutant, whatever else the machine does: a test that waits takes no processor time."""

SURVIVED: Final = ""
TIMEOUT: Final = "it never ended"
DIED: Final = "the process died"
_NOT_HERE: Final = "import"
"""The code of this function cannot be exchanged where it is."""

_CONTEXT: Final = get_context("fork")

Limits = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one mutant fared."""

    mutant: Mutant
    killed_by: str
    """A test, or what else ended it; empty when it survived."""
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


def try_all(ground: Ground, reach: Reach, mutants: Sequence[Mutant], jobs: int) -> Iterator[Verdict]:
    """Yield a verdict for each mutant, in their order; so many at a time.

    Raises `UnfitGroundError` where the tests do not even let the unchanged package live.
    """
    stables = [(_Stable(ground, collected=True), _Stable(ground, collected=False)) for _ in range(jobs)]
    free: SimpleQueue[tuple[_Stable, _Stable]] = SimpleQueue()
    for pair in stables:
        free.put(pair)

    def limits_of(mutant: Mutant) -> Limits:
        return reach.limits(reach.judges(mutant, ground.mirror(mutant.key.path)))

    def try_one(mutant: Mutant) -> Verdict:
        pair = free.get()
        began = monotonic()
        limits = limits_of(mutant)
        killed_by = pair[0].judge(mutant, limits) if mutant.function else _NOT_HERE
        if killed_by in (_NOT_HERE, SURVIVED):  # what was made at collection may hide it
            killed_by = pair[1].judge(mutant, limits)
        free.put(pair)
        return Verdict(mutant, killed_by, monotonic() - began)

    executor = ThreadPoolExecutor(jobs)
    try:
        for mutant in islice(mutants, 1):
            _require_survival(stables[0], unchanged(mutant), limits_of(mutant))
        yield from executor.map(try_one, mutants)
    finally:
        executor.shutdown(cancel_futures=True)
        for pair in stables:
            for stable in pair:
                stable.close()


class UnfitGroundError(Exception):
    """Tests fail where nothing was changed."""


def _require_survival(pair: tuple["_Stable", "_Stable"], mutant: Mutant, limits: Limits) -> None:
    """Raise `UnfitGroundError` where tests that pass in a run of their own do not pass here."""
    for stable in pair if mutant.function else pair[1:]:
        killed_by = stable.judge(mutant, limits)
        if killed_by not in (SURVIVED, _NOT_HERE):
            raise UnfitGroundError(f"{killed_by}, where nothing was changed: no verdict would mean anything")


class _Stable:
    """A process that forks one for each mutant, and watches over it."""

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
    """Collect every test, then answer for changed functions."""

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
    """Answer for changed modules, which are imported when the tests are collected."""

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
    """Fork for each mutant that comes by the pipe, as long as there is somebody who sends them."""
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
    """Write the answer, and end this process without a trace of what it was forked from."""
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
