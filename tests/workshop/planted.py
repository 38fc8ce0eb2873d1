"""Plant faults in a copy of the tree, and see which test notices each: `python -m tests.workshop.planted`.

Mutants change an operator or leave out a call. These faults are of the kind that people write: an
order turned round, a wake-up forgotten, a case not thought of. Each once survived the tests, or is like one
that did. Only the few tests run that should see it, its judges, so that all faults together take minutes.

The work tree is never written to. A fault that no judge notices fails the command, and so does a judge that
fails without any fault. A change of the code may move or rename an old text: give it here anew.
"""

import argparse
import ast
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from tests.workshop.fault_record import PlantedFault
from tests.workshop.planted_faults import FAULTS

ROOT: Final = Path(__file__).resolve().parents[2]
TEST_MAX: Final = 20
"""Seconds of one test: its own patience is ten, and a fault may make it wait for ever."""
RUN_MAX: Final = 60
"""Seconds of all judges of a fault. Some faults stop a loop for ever, and pytest with it."""
SURVIVED: Final = ""
NEVER_ENDED: Final = "the judges never ended"
PASSED, FAILED = 0, 1
"""Exit codes of pytest. Others say that it could not run the tests."""


class UnfitJudgesError(Exception):
    """The tests cannot judge: they fail without a fault, or pytest could not run them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Plant faults; return 0 if each one was noticed."""
    given = _parser().parse_args(arguments)
    faults = [fault for fault in FAULTS if given.only in f"{fault.path} {fault.sentence}"]
    try:
        if not given.trust:
            require_fit(ROOT, faults)
        with ThreadPoolExecutor(given.jobs) as executor:
            killers = executor.map(lambda fault: killer(ROOT, fault), faults)
            survivors = sum(_print(fault, by) for fault, by in zip(faults, killers, strict=True))
    except UnfitJudgesError as error:
        print(error)
        return 1
    print(f"{len(faults) - survivors} of {len(faults)} killed")
    return 1 if survivors or not faults else 0


def killer(root: Path, fault: PlantedFault) -> str:
    """Return the test that notices a fault in a copy of the tree; `SURVIVED` if none does."""
    with copy_of(root) as tree:
        plant(tree, fault)
        return _first_failure(tree, fault.judges, fault.select)


def require_fit(root: Path, faults: Sequence[PlantedFault]) -> None:
    """Raise `UnfitJudgesError` if a judge fails in a copy without a fault, and in a second run too."""
    judges: dict[str, dict[str, None]] = {}
    for fault in faults:
        judges.setdefault(fault.select, {}).update(dict.fromkeys(fault.judges))
    with copy_of(root) as tree:
        for select, tests in judges.items():
            run = partial(_first_failure, tree, tuple(tests), select, run_max=RUN_MAX * len(tests))
            if run() and (failed := run()):  # a busy machine can fail a test once
                raise UnfitJudgesError(f"fails without a fault, so that it proves nothing: {failed}")


@contextmanager
def copy_of(root: Path) -> Iterator[Path]:
    """Give a copy of the tree, without what is hidden, made or installed."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(root, tree, ignore=shutil.ignore_patterns(".*", "__pycache__", "dist", "build"))
        yield tree


def plant(tree: Path, fault: PlantedFault) -> None:
    """Put the new text in the place of the old one."""
    file = tree / fault.path
    file.write_text(planted_source(file, fault), encoding="utf-8")


def planted_source(file: Path, fault: PlantedFault) -> str:
    """Return the text of a module with the fault. Raises `UnfitJudgesError` unless its place is clear."""
    source = file.read_text(encoding="utf-8")
    if (found := source.count(fault.old)) != 1:
        raise UnfitJudgesError(f"{fault.path} has {found} times, not once: {fault.old!r}")
    return source.replace(fault.old, fault.new)


def scope_of(file: Path, fault: PlantedFault) -> str:
    """Return the name of the class and function that the old text is in; empty outside of both."""
    source = file.read_text(encoding="utf-8")
    line = source[: source.index(fault.old)].count("\n") + 1
    return ".".join(
        node.name
        for node in ast.walk(ast.parse(source))  # outer ones first
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.lineno <= line <= (node.end_lineno or 0)
    )


def _print(fault: PlantedFault, killed_by: str) -> bool:
    """Print the result of one fault; return whether it survived."""
    verdict = f"killed by {killed_by}" if killed_by else "SURVIVED"
    place = f"{fault.path}: {scope_of(ROOT / fault.path, fault)}"
    print(f"{fault.sentence}\n    {place}\n    {verdict}", flush=True)
    return not killed_by


def _first_failure(tree: Path, judges: Sequence[str], select: str, *, run_max: float = RUN_MAX) -> str:
    """Run tests of a tree in a process of their own, up to the first that fails; return its id."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "--tb=no", "-p", "no:cacheprovider"]
    command += ["-o", f"timeout={TEST_MAX}", *(["-k", select] if select else []), *judges]
    # The copy comes before the tree that is installed, also for what pytest loads before its configuration.
    variables = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        command,
        cwd=tree,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=run_max)
        except subprocess.TimeoutExpired:
            return NEVER_ENDED
        finally:
            with suppress(ProcessLookupError):  # with what the tests have started
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode == PASSED:
        return SURVIVED
    failed = [line for line in said.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    if process.returncode != FAILED or not failed:
        raise UnfitJudgesError(f"pytest could not run {' '.join(judges)}:\n{said}")
    return failed[0].split(maxsplit=1)[1].partition(" - ")[0]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.workshop.planted", description=main.__doc__)
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="those whose file or sentence has this text"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="at a time")
    parser.add_argument("--trust", action="store_true", help="do not run the judges without a fault first")
    return parser


if __name__ == "__main__":
    sys.exit(main())
