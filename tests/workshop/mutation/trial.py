"""Try one mutant: this process runs tests until one fails, and can do nothing else afterwards."""

import os
import resource
import signal
import sys
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final

import hypothesis
import pytest

from tests.workshop.mutation.forked_commands import fork_commands
from tests.workshop.mutation.ground import Ground
from tests.workshop.mutation.mutants import Mutant, code_of

MEMORY_MAX: Final = 3 * 1024**3
"""Bytes that a mutant may allocate: some never stop collecting."""

_HYPOTHESIS_IS_HERE: Final = "ignore::pytest.PytestAssertRewriteWarning"


def prepare() -> None:
    """Make Hypothesis try the same examples each time, without shrinking.

    Call it before tests are imported, because they copy the settings.
    """
    sys.dont_write_bytecode = True
    hypothesis.settings.register_profile(
        "mutation",
        database=None,
        deadline=None,
        derandomize=True,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("mutation")


def run_pytest(ground: Ground, plugin: object, tests: tuple[str, ...] = ()) -> int:
    """Collect these tests, or all, in this process, with one more plugin."""
    os.chdir(ground.root)
    if ground.command:
        sys.path.insert(0, str(ground.root))
        fork_commands(ground.command, ground.modules())
    arguments = ["-q", "-p", "no:cacheprovider", "--rootdir", str(ground.root), "-W", _HYPOTHESIS_IS_HERE]
    arguments += ground.options
    if ground.unfit:
        arguments += ["-k", f"not ({' or '.join(ground.unfit)})"]
    return int(pytest.main([*arguments, *(tests or ground.tests)], plugins=[plugin]))


def exchange(ground: Ground, mutant: Mutant) -> bool:
    """Replace the code of an imported function; return False if its shape forbids that."""
    changed = _code_within(code_of(ground.root, mutant), mutant.function.split("."))
    function = _function(ground, mutant)
    if changed is None or function is None or function.__code__.co_freevars != changed.co_freevars:
        return False
    function.__code__ = changed
    return True


def import_changed(ground: Ground, mutant: Mutant) -> None:
    """Make the import of the module use the changed code."""
    path, code = ground.root / mutant.key.path, code_of(ground.root, mutant)
    get_code = SourceFileLoader.get_code

    def get_changed(loader: SourceFileLoader, name: str) -> CodeType | None:
        return code if Path(loader.path) == path else get_code(loader, name)

    SourceFileLoader.get_code = get_changed  # type: ignore[method-assign, assignment]


def killer(session: pytest.Session, limits: Mapping[str, float]) -> str | None:
    """Run these tests, each within its limit of processor time; return the first that fails.

    A test beyond its limit ends the process, by SIGPROF.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_MAX, MEMORY_MAX))
    known = {item.nodeid: item for item in session.items}
    items = [known[test] for test in limits if test in known]
    for item, following in zip(items, [*items[1:], None], strict=True):
        signal.setitimer(signal.ITIMER_PROF, limits[item.nodeid])
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return item.nodeid
    return None


def _code_within(code: CodeType, names: list[str]) -> CodeType | None:
    """Return the code of a function by its qualified name; of several with one name, the last."""
    for name in names:
        inner = [each for each in code.co_consts if isinstance(each, CodeType) and each.co_name == name]
        if not inner:
            return None
        code = inner[-1]
    return code


def _function(ground: Ground, mutant: Mutant) -> FunctionType | None:
    """Return the imported function, without its decorators."""
    module = mutant.key.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    found: Any = sys.modules[module]
    for name in mutant.function.split("."):
        found = vars(found)[name]
    found = getattr(found, "fget", None) or getattr(found, "__func__", found)
    found = getattr(found, "__wrapped__", found)
    return found if isinstance(found, FunctionType) else None
