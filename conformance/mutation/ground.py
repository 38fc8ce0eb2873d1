"""What is changed and what should notice: a package, its tests, and where both are."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ground:
    """A package and its tests, in one folder; every path is relative to it."""

    root: Path
    package: str
    """Its name, and that of its folder."""
    tests: tuple[str, ...]
    """Files and folders; `tests/package/folder` mirrors `package/folder`."""
    unfit: tuple[str, ...] = ()
    """Parts of names of tests that judge no mutant: tests of speed are slow, and fail on a busy machine."""

    def modules(self, paths: list[str]) -> list[str]:
        """Return the modules at these paths, which may be folders."""
        found: set[Path] = set()
        for path in paths:
            place = self.root / path
            found |= {place} if place.is_file() else set(place.rglob("*.py"))
        return sorted(str(module.relative_to(self.root)) for module in found)

    def mirror(self, module: str) -> str:
        """Return how the paths of a module's own tests begin."""
        return f"tests/{Path(module).parent}/"
