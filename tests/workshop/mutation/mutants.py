"""Every mutant of a module: its place, its text and its code."""

import ast
from collections import Counter
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from types import CodeType
from typing import Final

from tests.workshop.mutation.operators import variants

_DECLARED: Final = {"__slots__", "__all__"}
_TYPING: Final = {"TypeVar", "cast"}
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
_BLOCKS: Final = ("body", "orelse", "finalbody", "handlers", "cases", "decorator_list")


@dataclass(frozen=True, slots=True)
class Key:
    """The identity of a mutant, as long as its statement stays the same."""

    path: str
    """Of the module, from the folder of its package: `ami_proto/wire/banner.py`."""
    scope: str
    """The class and function, `Framer.feed`; empty outside of both."""
    before: str
    """The statement, or the first line of a compound one."""
    after: str
    nth: int = 1
    """Number among equal changes of equal statements in one scope."""


UNCHANGED: Final = -1


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change in one module."""

    key: Key
    line: int
    lines: frozenset[int]
    """A test that can kill it executes at least one of these lines."""
    function: str
    """The outermost function around it; empty when it takes effect on import."""
    ordinal: int
    """Index among the mutants of its module, or `UNCHANGED`."""

    def __str__(self) -> str:
        key = self.key
        nth = f" (the {key.nth}. such)" if key.nth > 1 else ""
        return f"{key.path}:{self.line} {key.scope}\n    - {key.before}\n    + {key.after}{nth}"


@dataclass(frozen=True, slots=True)
class _Place:
    """A node, and its surroundings."""

    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST
    statement: ast.stmt
    scope: tuple[str, ...] = ()
    function: str = ""

    def put(self, node: ast.AST) -> None:
        """Replace the node."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def mutants_of(root: Path, path: str) -> list[Mutant]:
    """Return every mutant of a module, in the order of its text."""
    mutants: list[Mutant] = []
    seen: Counter[tuple[str, str, str]] = Counter()
    tree = ast.parse((root / path).read_text(encoding="utf-8"))
    for ordinal, (place, replacement) in enumerate(_edits(tree)):
        before, after = _told(place, replacement)
        where = (".".join(place.scope), before, after)
        seen[where] += 1
        mutants.append(
            Mutant(Key(path, *where, seen[where]), _first_line(place), _lines(place), place.function, ordinal)
        )
    return mutants


def unchanged(mutant: Mutant) -> Mutant:
    """Return the mutant without its change: a test that kills it kills everything."""
    return replace(mutant, key=replace(mutant.key, after=mutant.key.before), ordinal=UNCHANGED)


def code_of(root: Path, mutant: Mutant) -> CodeType:
    """Return the module's code with the change."""
    file = root / mutant.key.path
    tree = ast.parse(file.read_text(encoding="utf-8"))
    if mutant.ordinal != UNCHANGED:
        place, replacement = next(islice(_edits(tree), mutant.ordinal, None))
        place.put(ast.copy_location(replacement, place.node))
    return compile(ast.fix_missing_locations(tree), str(file), "exec")


def _edits(tree: ast.Module) -> Iterator[tuple[_Place, ast.AST]]:
    for place in _places(tree, None, (), ""):
        for replacement in variants(place.node):
            if not (isinstance(place.node, ast.BinOp) and not place.function and _is_type(place.node)):
                yield place, replacement


def _places(
    parent: ast.AST, statement: ast.stmt | None, scope: tuple[str, ...], function: str
) -> Iterator[_Place]:
    for field, value in ast.iter_fields(parent):
        for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(node, ast.AST) or _is_left_alone(parent, field, node):
                continue
            nearest = node if isinstance(node, ast.stmt) else statement
            assert nearest is not None  # a module has only statements
            inside, within = scope, function
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                inside = (*scope, node.name)
            if isinstance(parent, _FUNCTIONS) and field == "body":
                within = function or ".".join(scope)
            yield _Place(parent, field, index, node, nearest, inside, within)
            yield from _places(node, nearest, inside, within)


def _is_left_alone(parent: ast.AST, field: str, node: ast.AST) -> bool:
    """Whether this is for readers or type checkers only, or text for people."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Assert() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) if name in _DECLARED:
            return True
        case ast.Assign(value=ast.Constant(value=str())) if _is_enumeration(parent):
            return True  # members are compared by identity; their values are text for people
        case ast.Call(func=ast.Name(id=name)) if name in _TYPING:
            return True
        case ast.FunctionDef(decorator_list=[ast.Name(id="overload")]):
            return True
        case ast.keyword(arg="slots"):
            return True
        case ast.Constant(value=str(words)) if isinstance(parent, ast.JoinedStr) and " " in words:
            return True
    return field in ("annotation", "returns", "bases") or isinstance(parent, ast.Raise)


def _is_enumeration(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and "Enum" in map(ast.unparse, node.bases)


def _is_type(node: ast.BinOp) -> bool:
    """Whether this, outside of functions, is an alias of types: `str | int`."""
    return isinstance(node.op, ast.BitOr)


def _told(place: _Place, replacement: ast.AST) -> tuple[str, str]:
    """Return the statement without and with the change, each as one line."""
    before = _head(place.statement)
    if place.node is place.statement:
        return before, _head(replacement)
    place.put(replacement)
    after = _head(place.statement)
    place.put(place.node)
    return before, after


def _head(node: ast.AST) -> str:
    head = copy(node)
    for block in _BLOCKS:
        if hasattr(head, block):
            setattr(head, block, [])
    named = (*_FUNCTIONS, ast.ClassDef)
    if isinstance(head, named) and isinstance(node, named):
        head.decorator_list = node.decorator_list
    return " ".join(ast.unparse(head).split("\n"))


def _first_line(place: _Place) -> int:
    return getattr(place.node, "lineno", place.statement.lineno)


def _lines(place: _Place) -> frozenset[int]:
    last = getattr(place.node, "end_lineno", None) or place.statement.lineno
    if place.node is place.statement:
        last = place.statement.lineno  # its first line is executed whenever it is
    return frozenset(range(_first_line(place), last + 1)) | {place.statement.lineno}
