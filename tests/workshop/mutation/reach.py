"""The lines that each test executes, and the time it takes: one run of all tests, under coverage."""

import os
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import PurePath
from time import process_time
from typing import Final

import pytest
from coverage import Coverage

from tests.workshop.mutation.forked_commands import ChildLines, child_lines
from tests.workshop.mutation.ground import Ground
from tests.workshop.mutation.mutants import Mutant

QUICK: Final = 0.05
"""Seconds of a test that runs anyway: a cache can hide from coverage that a test needs a line."""

SLOW: Final = 0.5
"""Seconds of a test that runs after all others."""


@dataclass(slots=True)
class Reach:
    """The results of one run of the unchanged package. Tests are named by their node ids."""

    seconds: dict[str, float] = field(default_factory=dict)
    """Of processor time, under coverage, for each test, in the order in which they ran."""
    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    """Module, line, and the tests that executed it."""
    failed: set[str] = field(default_factory=set)
    """Tests that fail without a mutant; they are left out."""

    def judges(self, mutant: Mutant, mirror: str, budget: float = 10.0) -> list[str]:
        """Return the tests that may kill this mutant, in the best order, up to so many seconds of them."""
        executed = self.lines.get(mutant.key.path, {})
        lines = mutant.lines if mutant.function else executed.keys()
        judges: set[str] = set().union(*(executed.get(line, ()) for line in lines))
        if not mutant.function:
            judges.update(test for test in self.seconds if test.startswith(mirror) or _is_above(test, mirror))
        suspicious = {test for test in self.seconds if test.startswith(mirror) and self.seconds[test] < QUICK}
        order = [*self._ordered(judges, mirror), *self._ordered(suspicious - judges, mirror)]
        spent = accumulate(self.seconds[test] for test in order)
        return [test for test, seconds in zip(order, spent, strict=True) if seconds <= budget]

    def limits(self, tests: Iterable[str]) -> dict[str, float]:
        """Return seconds of processor time for each test, with room for its fixtures."""
        slowest: dict[str, float] = {}
        for test, seconds in self.seconds.items():
            file = test.partition("::")[0]
            slowest[file] = max(slowest.get(file, 0.0), seconds)
        return {test: 3.0 + 3.0 * slowest[test.partition("::")[0]] for test in tests}

    def _ordered(self, tests: Iterable[str], mirror: str) -> list[str]:
        """Return the quick tests of its own folder, the quick ones of others, then the slow ones."""

        def rank(test: str) -> tuple[bool, bool, float, str]:
            seconds = self.seconds[test]
            return seconds > SLOW, not test.startswith(mirror), seconds, test

        return sorted(set(tests) - self.failed, key=rank)


def _is_above(test: str, mirror: str) -> bool:
    """Whether a test is in a folder above: it may check the constants of every module."""
    return PurePath(test.partition("::")[0]).parent in PurePath(mirror).parents


def survey(ground: Ground, run: Callable[[object], int]) -> Reach:
    """Run every test of the unchanged package; `run` runs pytest with one more plugin."""
    source = [str(ground.root / ground.package)]
    coverage = Coverage(data_file=None, config_file=False, source=source)
    with child_lines() as lines:
        coverage.start()
        observer = _Observer(coverage, lines)
        run(observer)
        coverage.stop()
    reach = observer.reach
    data = coverage.get_data()
    for file in data.measured_files():
        executed = {line: {*tests} - {""} for line, tests in data.contexts_by_lineno(file).items()}
        reach.lines[file.removeprefix(f"{ground.root}/")] = executed
    for test, file, line in observer.commands:
        executed = reach.lines.setdefault(file.removeprefix(f"{ground.root}/"), {})
        executed.setdefault(line, set()).add(test)
    return reach


def _seconds_used() -> float:
    """Return the processor time of this process, and of those that it started and that have ended."""
    times = os.times()
    return process_time() + times.children_user + times.children_system


class _Observer:
    """A plugin that tells coverage which test runs, and measures its time."""

    def __init__(self, coverage: Coverage, lines: ChildLines) -> None:
        self.reach = Reach()
        self.commands: list[tuple[str, str, int]] = []
        """Test, file and line of what its commands executed."""
        self._coverage = coverage
        self._lines = lines

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, bool, bool]:
        self._coverage.switch_context(item.nodeid)
        began = _seconds_used()
        try:
            return (yield)
        finally:
            self.reach.seconds[item.nodeid] = _seconds_used() - began
            self.commands += [(item.nodeid, *line) for line in self._lines.take()]
            self._coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.reach.failed.add(report.nodeid)
