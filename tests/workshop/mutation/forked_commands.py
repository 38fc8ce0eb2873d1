"""A package's command, forked from this process: it runs the changed code, and costs no start of Python.

Tests start `python -m PACKAGE` with `subprocess`. Once `fork_commands` was called, such a process is a fork
of the one that runs the tests, with the descriptors, the environment and the signals of a new one. Where
coverage runs, the lines that the fork executes count for the test that started it (`ChildLines`).
"""

import atexit
import faulthandler
import inspect
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from coverage import Coverage

_CHILD: Final = "child"
"""Coverage's context of a forked command."""

_DESCRIPTORS_MAX: Final = 1024
_DEFAULT_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGPROF)


def fork_commands(package: str, modules: list[str]) -> None:
    """Have `python -m PACKAGE` forked from now on. These modules are imported: a fork shares them."""
    for module in modules:
        name = module.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        if not name.endswith("__main__"):
            import_module(name)
    _Forked.package = package
    subprocess.Popen = _Forked  # type: ignore[misc]


class ChildLines:
    """The lines that forked commands execute while coverage runs here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self) -> Iterator[tuple[str, int]]:
        """Yield file and line of all that commands have executed since the last call."""
        for part in self._folder.glob("*.json"):
            for file, lines in json.loads(part.read_text(encoding="utf-8")).items():
                yield from ((file, line) for line in lines)
            part.unlink()

    def write(self, coverage: Coverage) -> None:
        """Write what this fork has executed; it is about to end."""
        coverage.stop()
        data = coverage.get_data()
        data.set_query_context(_CHILD)
        lines = {file: data.lines(file) for file in data.measured_files()}
        part = self._folder / f"{os.getpid()}.part"
        part.write_text(json.dumps({file: numbers for file, numbers in lines.items() if numbers}))
        part.rename(part.with_suffix(".json"))


@contextmanager
def child_lines() -> Iterator[ChildLines]:
    """Have commands write which lines they execute, for as long as the context lasts."""
    with TemporaryDirectory() as folder:
        _Forked.lines = ChildLines(Path(folder))
        try:
            yield _Forked.lines
        finally:
            _Forked.lines = None


class _Forked(subprocess.Popen[Any]):
    """`Popen` whose process is a fork where its command is the package's."""

    package = ""
    lines: ChildLines | None = None
    _execute = subprocess.Popen._execute_child  # type: ignore[attr-defined]

    def _execute_child(self, *arguments: Any) -> None:
        given = inspect.signature(type(self)._execute).bind(self, *arguments).arguments
        command = given["args"]
        if list(command[:3]) != [sys.executable, "-m", self.package]:
            self._execute(*arguments)
            return
        pid = os.fork()
        if pid == 0:
            _run_and_exit(self.package, [*command[3:]], given)
        self.pid = pid
        self._child_created = True
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(given[each] for each in pipes))  # type: ignore[attr-defined]


def _run_and_exit(package: str, arguments: list[str], given: Mapping[str, Any]) -> None:
    """Be the command's process."""
    status = 1
    coverage = Coverage.current()
    try:
        if coverage is not None:
            coverage.switch_context(_CHILD)
        _be_new(given)
        sys.argv = [package, *arguments]
        status = _status_of(package)
        _finish()
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
    finally:
        if coverage is not None and _Forked.lines is not None:
            _Forked.lines.write(coverage)
        os._exit(status)


def _be_new(given: Mapping[str, Any]) -> None:
    """Make this fork look like a process that has just started."""
    faulthandler.disable()
    atexit._clear()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for each in _DEFAULT_SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    for target, source in enumerate(("p2cread", "c2pwrite", "errwrite")):
        if given[source] != -1:
            os.dup2(given[source], target)
    os.closerange(3, _DESCRIPTORS_MAX)
    if given["cwd"] is not None:
        os.chdir(given["cwd"])
    if given["env"] is not None:
        os.environ.clear()
        os.environ.update(given["env"])
    for number, (name, mode, errors) in enumerate(_STREAMS):
        stream = open(number, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115 - for good
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    logging.getLogger().handlers.clear()
    warnings.resetwarnings()
    warnings.simplefilter("ignore")


_STREAMS: Final = (("stdin", "r", "strict"), ("stdout", "w", "strict"), ("stderr", "w", "backslashreplace"))


def _status_of(package: str) -> int:
    """Run the package's `main`; return the status with which it exits."""
    try:
        import_module(package).main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    return 0


def _finish() -> None:
    """Do what the interpreter does at its end."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
