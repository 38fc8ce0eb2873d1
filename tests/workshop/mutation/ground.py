"""The packages that are mutated, and their tests."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Ground:
    """A package and its tests, in one folder; every path is relative to it."""

    root: Path
    package: str
    """Name of the package, and of its folder."""
    tests: tuple[str, ...]
    """Files and folders; `tests/package/folder` mirrors `package/folder`."""
    unfit: tuple[str, ...] = ()
    """Parts of the names of tests that are left out: tests of speed are slow, and fail on a busy machine."""
    places: tuple[str, ...] = ()
    """Modules and folders that are mutated."""
    share: float = 0.9
    """Share of the mutants with an effect that must be killed."""
    options: tuple[str, ...] = ()
    """Of pytest, beside the tests."""
    command: str = ""
    """A package that tests start as a process: `forked_commands.py` runs the changed code there."""
    budget: float = 10.0
    """Seconds of all tests for one mutant; then it has survived."""
    is_timed: bool = False
    """Whether its tests wait on the clock.

    A busy machine can fail one, so a killer must kill twice. Survivors are not tried where nothing was
    imported, unless they are in a function inside another: that takes a minute, and these tests create
    what they use when they run.
    """

    @property
    def jobs_per_core(self) -> int:
        """How many mutants to try on one core at a time: tests that wait leave it idle."""
        return 3 if self.is_timed else 1

    def modules(self, paths: Iterable[str] = ()) -> list[str]:
        """Return the modules of this ground, or those at these paths, which may be folders."""
        everything = self._found(self.places)
        wanted = self._found(paths) & everything if paths else everything
        return sorted(str(module.relative_to(self.root)) for module in wanted)

    def mirror(self, module: str) -> str:
        """Return the prefix of the paths of a module's own tests."""
        return f"tests/{Path(module).parent}/"

    def _found(self, paths: Iterable[str]) -> set[Path]:
        found: set[Path] = set()
        for path in paths:
            place = self.root / path
            found |= {place} if place.is_file() else set(place.rglob("*.py"))
        return found


SLOW_TESTS: Final = ("costs_no_more_per_byte", "is_linear", "large_frame_byte_by_byte", "cannot_stall")

DRIVER_PLACES: Final = ("anyio", "clients", "selectors", "sessions", "telemetry")
DRIVER_TESTS: Final = tuple(
    f"test_{name}.py" for name in ("gevent_driver", "suspended", "configuration", "machines")
)

SUITE_PLUGIN: Final = ("-p", "conformance.suite.plugin")
"""Named here, because some mutants are judged without the suite's own files."""

CORE_LAYERS: Final = ("wire", "message", "correlation", "connection", "cluster")

GROUNDS: Final = (
    Ground(
        ROOT,
        "ami_proto",
        ("tests/ami_proto", "tests/laws"),
        SLOW_TESTS,
        (*(f"ami_proto/{layer}" for layer in CORE_LAYERS), "ami_proto/routes.py"),
    ),
    Ground(
        ROOT,
        "ami_proto",
        ("tests/ami_proto",),
        SLOW_TESTS,
        ("ami_proto/config", "ami_proto/errors.py", "ami_proto/policy.py", "ami_proto/values.py"),
        share=0.8,
    ),
    Ground(
        ROOT,
        "ami_backends",
        (*(f"tests/ami_backends/{place}" for place in (*DRIVER_PLACES, *DRIVER_TESTS)), "conformance/suite"),
        (*SLOW_TESTS, "lawful", "monkey_patched", "storm"),
        (*(f"ami_backends/{place}" for place in (*DRIVER_PLACES, "gevent")), "ami_backends/configuration.py"),
        share=0.8,
        options=(*SUITE_PLUGIN, *(f"--backend={name}" for name in ("selectors", "asyncio", "gevent"))),
        budget=6.0,
        is_timed=True,
    ),
    Ground(
        ROOT,
        "ami_backends",
        ("tests/ami_backends/cli",),
        SLOW_TESTS,
        ("ami_backends/cli",),
        share=0.8,
        command="ami_backends.cli",
        budget=6.0,
        is_timed=True,
    ),
)
