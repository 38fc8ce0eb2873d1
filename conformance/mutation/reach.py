"""Which tests execute which lines, and how long each takes: one run of all of them, under coverage."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import PurePath
from time import process_time
from typing import Final

import pytest
from coverage import Coverage

from conformance.mutation.ground import Ground
from conformance.mutation.mutants import Mutant

QUICK: Final = 0.05
"""Seconds of a test that is run on suspicion: a memo can hide from coverage that a test needs a line."""

SLOW: Final = 0.5
"""Seconds of a test that has to wait until the others, of whatever folder, have been run."""

BUDGET: Final = 10.0
"""Seconds of all tests that are run for one mutant: what none of them has noticed has survived."""


@dataclass(slots=True)
class Reach:
    """What one run of the unchanged package has shown. Tests are named by their node ids."""

    seconds: dict[str, float] = field(default_factory=dict)
    """Of processor time, under coverage, for each test, in the order in which they ran."""
    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    """Module, line, and the tests that executed it."""
    failed: set[str] = field(default_factory=set)
    """Tests that no mutant is needed to fail; they judge none."""

    def judges(self, mutant: Mutant, mirror: str) -> list[str]:
        """Return the tests that may notice this mutant, in the order in which they are best run."""
        executed = self.lines.get(mutant.key.path, {})
        lines = mutant.lines if mutant.function else executed.keys()
        judges: set[str] = set().union(*(executed.get(line, ()) for line in lines))
        if not mutant.function:
            judges.update(test for test in self.seconds if test.startswith(mirror) or _is_above(test, mirror))
        suspicious = {test for test in self.seconds if test.startswith(mirror) and self.seconds[test] < QUICK}
        return self._affordable([*self._ordered(judges, mirror), *self._ordered(suspicious - judges, mirror)])

    def limits(self, tests: Iterable[str]) -> dict[str, float]:
        """Return seconds of processor time each may take: plenty, and what others set up for it as well."""
        slowest: dict[str, float] = {}
        for test, seconds in self.seconds.items():
            file = test.partition("::")[0]
            slowest[file] = max(slowest.get(file, 0.0), seconds)
        return {test: 3.0 + 3.0 * slowest[test.partition("::")[0]] for test in tests}

    def _ordered(self, tests: Iterable[str], mirror: str) -> list[str]:
        """Return the quick tests of its own folder, the quick ones of others, and then the slow ones."""

        def rank(test: str) -> tuple[bool, bool, float, str]:
            seconds = self.seconds[test]
            return seconds > SLOW, not test.startswith(mirror), seconds, test

        return sorted(set(tests) - self.failed, key=rank)

    def _affordable(self, tests: Iterable[str]) -> list[str]:
        spent = accumulate(self.seconds[test] for test in tests)
        return [test for test, seconds in zip(tests, spent, strict=True) if seconds <= BUDGET]


def _is_above(test: str, mirror: str) -> bool:
    """Whether a test stands in a folder above: such tests may look at the constants of every module."""
    return PurePath(test.partition("::")[0]).parent in PurePath(mirror).parents


def survey(ground: Ground, run: Callable[[object], int]) -> Reach:
    """Run every test of the unchanged package; `run` runs pytest with one more plugin."""
    coverage = Coverage(data_file=None, config_file=False, source=[str(ground.root / ground.package)])
    coverage.start()
    observer = _Observer(coverage)
    run(observer)
    coverage.stop()
    reach = observer.reach
    data = coverage.get_data()
    for file in data.measured_files():
        executed = {line: {*tests} - {""} for line, tests in data.contexts_by_lineno(file).items()}
        reach.lines[file.removeprefix(f"{ground.root}/")] = executed
    return reach


class _Observer:
    """The plugin that tells coverage which test is running, and keeps its time."""

    def __init__(self, coverage: Coverage) -> None:
        self.reach = Reach()
        self._coverage = coverage

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, bool, bool]:
        self._coverage.switch_context(item.nodeid)
        began = process_time()
        try:
            return (yield)
        finally:
            self.reach.seconds[item.nodeid] = process_time() - began
            self._coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.reach.failed.add(report.nodeid)
