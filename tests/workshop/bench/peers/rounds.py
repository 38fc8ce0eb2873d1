"""Runs in turns: A B C, A B C. So a slow moment of the machine affects all alike.

Each run is a process of its own, on one core; the load server is on another, where the system lets us choose.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.workshop.bench.peers.contest import Contender, Side, Workload
from tests.workshop.bench.peers.environments import PEERS, PINNED_ON, ROOT, interpreter, library_of, missing

HERE = "tests.workshop.bench.peers"
PATIENCE = 120.0
"""Seconds that one run may take."""
CLIENT_CORE, SERVER_CORE = 0, 1

Report = dict[str, Any]
"""What is written as JSON; `run` makes it."""


def run(
    pairs: Iterable[tuple[Workload, Contender]],
    *,
    rounds: int,
    scale: float,
    libraries: Mapping[str, Path] = {},
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Run everything in so many rounds, and return all that was measured.

    `libraries` are other forms of the library, by name: each is measured too, in turns with the others. The
    path is a tree of the project, or any folder that has the packages.
    """
    runs = [Run(workload, contender, scale) for workload, contender in pairs]
    for name, tree in libraries.items():
        runs = [each for one in runs for each in (one, *one.with_library(name, tree))]
    events_max = max((each.events for each in runs), default=0)
    with load_server(events_max) as port, on_core(CLIENT_CORE):
        for number in range(rounds):
            tell(f"round {number + 1} of {rounds}")
            for each in runs:
                each.once(port)
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "python": platform.python_version(),
        "machine": machine(),
        "rounds": rounds,
        "scale": scale,
        "peers": PEERS,
        "peers_pinned_on": PINNED_ON,
        "runs": [each.report() for each in runs],
    }


class Run:
    """One workload of one contender, and what its rounds gave."""

    def __init__(
        self, workload: Workload, contender: Contender, scale: float, library: Path | None = None
    ) -> None:
        self._workload, self._contender, self._scale = workload, contender, scale
        self._library = library or library_of(contender.commit)
        self._samples: list[dict[str, float]] = []
        self._failure = missing(contender.peer, contender.commit)

    @property
    def events(self) -> int:
        """Return how many events it asks the server for."""
        if self._workload.kind != "flood":
            return 0
        return self._workload.count_for(self._contender, self._scale)

    def with_library(self, name: str, tree: Path) -> Iterator["Run"]:
        """Yield the same run with another form of the library, if it uses this tree's."""
        if self._contender.side is Side.OURS and self._library == ROOT:
            named = replace(self._contender, name=f"{self._contender.name}, {name}")
            yield Run(self._workload, named, self._scale, tree)

    def once(self, port: int) -> None:
        """Run it once, unless it failed before."""
        if self._failure is None:
            try:
                self._samples.append(self._sample(port))
            except (subprocess.SubprocessError, ValueError) as error:
                said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
                self._failure = f"failed: {said[-1] if said else error!r}"

    def _sample(self, port: int) -> dict[str, float]:
        workload, contender = self._workload, self._contender
        count = workload.count_for(contender, self._scale)
        words = [workload.name, str(port), str(count), str(workload.width), contender.variant]
        with library_path(self._library) as path:
            done = subprocess.run(
                [interpreter(contender.peer), "-P", "-m", f"{HERE}.programs.{contender.program}", *words],
                env={**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore"},
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=True,
            )
        sample: dict[str, float] = json.loads(done.stdout)
        return sample

    def report(self) -> Report:
        """Return what is written about it."""
        return {
            "workload": self._workload.name,
            "contender": self._contender.name,
            "side": self._contender.side.value,
            "samples": self._samples,
            "failure": self._failure,
        }


@contextmanager
def library_path(tree: Path) -> Iterator[str]:
    """Give the PYTHONPATH with these programs and the library of a tree."""
    if tree == ROOT:
        yield str(ROOT)
        return
    with TemporaryDirectory() as folder:
        (Path(folder) / "tests").symlink_to(ROOT / "tests")
        yield os.pathsep.join((folder, str(tree)))


@contextmanager
def load_server(events_max: int) -> Iterator[int]:
    """Run the load server in a process of its own, for floods of so many events at most; give its port."""
    with (
        on_core(SERVER_CORE),
        subprocess.Popen(
            [sys.executable, "-m", f"{HERE}.load_server", str(events_max)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()  # it ends then


@contextmanager
def on_core(number: int) -> Iterator[None]:
    """Start processes on one core, if the system has several and lets us choose."""
    if not hasattr(os, "sched_setaffinity") or not {number} < os.sched_getaffinity(0):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {number})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def machine() -> str:
    """Return what the figures depend on: processor and number of cores."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores, {platform.system()}"
