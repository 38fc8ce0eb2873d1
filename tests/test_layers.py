"""Invariant 1 and L1: what the core may not know, read from its source."""

import ast
from itertools import pairwise
from pathlib import Path

import pytest

import ami_proto

CORE = Path(ami_proto.__file__).parent
MODULES = sorted(CORE.rglob("*.py"))
LAYERS = (
    "values", "errors", "spellings", "lines", "coercion", "setup_action", "config", "wire", "message",
    "correlation", "connection", "cluster",
)  # fmt: skip
PURE = {
    "bisect", "collections", "contextlib", "dataclasses", "enum", "functools", "hashlib", "heapq",
    "itertools", "math", "operator", "random", "re", "types", "typing",
}  # fmt: skip


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
    """Return the layer; the package's own `__init__` has none and may import from all."""
    name = parts[0].removesuffix(".py")
    return LAYERS.index(name) if name in LAYERS else None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CORE)))
def test_the_core_imports_pure_modules_and_never_upwards(path: Path) -> None:
    """L1, invariant 1: no clock, socket, thread, environment or logging, and one direction."""
    own = layer_of(path.relative_to(CORE).parts)
    for name in imports_of(path):
        top, *rest = name.split(".")
        if top != "ami_proto":
            assert top in PURE, f"{name} is not among the pure modules"
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


def test_the_public_names_exist_and_are_listed_once() -> None:
    assert len(set(ami_proto.__all__)) == len(ami_proto.__all__)
    for name in ami_proto.__all__:
        assert getattr(ami_proto, name) is not None


def test_the_layers_are_in_order() -> None:
    """Read upwards, you follow the data."""
    assert all(layer_of((low,)) != layer_of((high,)) for low, high in pairwise(LAYERS))
