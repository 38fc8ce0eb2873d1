"""Invariant 1 and L1: the core is pure, and its layers import downwards only; read from its source.

The layers stand in one place, import-linter's contract in `pyproject.toml`. The folders' names follow it.
"""

import ast
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import ami_proto

CORE = Path(ami_proto.__file__).parent
MODULES = sorted(CORE.rglob("*.py"))
ROOT = CORE.parent
FOUNDATIONS = {"values", "catalogue", "errors", "policy", "config"}
"""The lowest layers, which every other may import. Data does not flow through them."""
SURFACES = {"__init__", "actions", "completion", "drivers", "events"}
"""Modules that give names from any layer to users. No layer imports them."""
PURE = {
    "bisect", "collections", "contextlib", "dataclasses", "difflib", "enum", "functools", "hashlib", "heapq",
    "inspect", "itertools", "json", "math", "operator", "random", "re", "types", "typing",
}  # fmt: skip
FOR_TYPE_CHECKERS = {"typing_extensions"}
"""Modules that are never imported: their names stand under `TYPE_CHECKING`."""


def layers() -> list[str]:
    """Return the layers of the core that import-linter's contract lists, lowest first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (listed,) = [
        each["layers"]
        for each in contracts
        if each["type"] == "layers" and each["layers"][-1].startswith("ami_proto.")
    ]
    return [each.removeprefix("ami_proto.") for each in reversed(listed)]


LAYERS = layers()


def imports_of(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names.append(node.module or "")
    return names


def layer_of(parts: tuple[str, ...]) -> int | None:
    """Return the layer of a module; None for a surface."""
    name = parts[0].removesuffix(".py")
    return LAYERS.index(name) if name in LAYERS else None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CORE)))
def test_the_core_imports_pure_modules_and_never_upwards(path: Path) -> None:
    """L1, invariant 1: no clock, socket, thread, environment or logging, and one direction."""
    own = layer_of(path.relative_to(CORE).parts)
    for name in imports_of(path):
        top, *rest = name.split(".")
        if top != "ami_proto":
            assert top in PURE | FOR_TYPE_CHECKERS, f"{name} is not among the pure modules"
        elif own is not None:
            other = layer_of(tuple(rest)) if rest else None
            assert other is not None
            assert other <= own, f"{name} is above"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CORE)))
def test_the_core_draws_only_from_the_generator_it_was_given(path: Path) -> None:
    """L1, L9: no global randomness, no `hash()` or `id()` that differs from run to run."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "random":
            assert [alias.name for alias in node.names] == ["Random"]
        assert not (isinstance(node, ast.Import) and any(alias.name == "random" for alias in node.names))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("id", "open", "print", "input", "exec", "eval")


@pytest.mark.parametrize(
    ("module", "most"),
    [("ami_proto", 54), ("ami_proto.completion", 16), ("ami_proto.drivers", 29), ("ami_proto.routes", 6)],
)
def test_the_public_names_exist_are_listed_once_and_are_few(module: str, most: int) -> None:
    """A new public name takes the place of another, or raises the number here."""
    public = import_module(module)
    names: list[str] = public.__all__
    assert len(set(names)) == len(names) <= most
    for name in names:
        assert getattr(public, name) is not None


def test_every_module_is_in_a_layer_or_is_a_surface() -> None:
    """Otherwise import-linter's contract, and the test above, would leave it out."""
    modules = {path.relative_to(CORE).parts[0].removesuffix(".py") for path in MODULES}
    assert modules == {*LAYERS, *SURFACES}
    assert len(set(LAYERS)) == len(LAYERS)


def test_the_layers_are_in_the_order_of_their_folders() -> None:
    """Read a list of the folders upwards and you follow the data."""
    assert set(LAYERS[: len(FOUNDATIONS)]) == FOUNDATIONS
    flow = [layer for layer in LAYERS[len(FOUNDATIONS) :] if (CORE / layer).is_dir()]
    assert len(flow) >= 4
    assert flow == sorted(flow, reverse=True)
