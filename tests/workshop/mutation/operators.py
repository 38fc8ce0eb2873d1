"""The changes of a node of the syntax tree: each is another node in its place."""

import ast
from collections.abc import Iterator
from copy import copy
from typing import Final

_COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
"""Off by one at the boundary, and the opposite."""

_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}

_TWINS: Final = (
    ("min", "max"), ("any", "all"), ("startswith", "endswith"), ("removeprefix", "removesuffix"),
    ("find", "rfind"), ("index", "rindex"), ("partition", "rpartition"), ("split", "rsplit"),
    ("lstrip", "rstrip"), ("lower", "upper"), ("popleft", "pop"), ("appendleft", "append"),
)  # fmt: skip
_TWIN: Final = {**dict(_TWINS), **{right: left for left, right in _TWINS}}
"""Names that are easily confused."""

_LIMITED: Final = {"split", "rsplit"}
"""Twins that differ only with a limit, their second argument."""

_MARK: Final = "~"
"""Occurs nowhere in the protocol, and has no meaning in a pattern."""


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every node that may replace this one. The node itself is not changed."""
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BoolOp():
            yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.BinOp() | ast.AugAssign() if type(node.op) in _ARITHMETIC:
            yield _with(node, op=_ARITHMETIC[type(node.op)]())
        case ast.Constant():
            yield from _constants(node)
        case ast.Call():
            yield from _calls(node)
        case ast.If() | ast.While() | ast.IfExp() if not _is_negated_already(node.test):
            yield _with(node, test=_not(node.test))
        case ast.comprehension():
            yield from _filters(node)
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield ast.Return(ast.Constant(None))
    if _is_removable(node):
        yield ast.Pass()


def _compared(node: ast.Compare) -> Iterator[ast.AST]:
    for index, operator in enumerate(node.ops):
        for other in _COMPARISONS[type(operator)]:
            yield _with(node, ops=[*node.ops[:index], other(), *node.ops[index + 1 :]])


def _constants(node: ast.Constant) -> Iterator[ast.AST]:
    match node.value:
        case bool():
            yield ast.Constant(not node.value)
        case int() | float():
            yield ast.Constant(node.value + 1)
            yield ast.Constant(node.value - 1)
        case str():
            yield ast.Constant(node.value + _MARK)
        case bytes():
            yield ast.Constant(node.value + _MARK.encode())


_UNORDERED: Final = {"min", "max", "clear"}
"""Calls whose arguments may come in any order."""


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    """Yield the call with two neighbouring arguments exchanged, and the call of the twin."""
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    for index in range(0 if name in _UNORDERED else len(node.args) - 1):
        left, right = node.args[index : index + 2]
        if ast.dump(left) != ast.dump(right) and not isinstance(left, ast.Starred):
            yield _with(node, args=[*node.args[:index], right, left, *node.args[index + 2 :]])
    match node.func:
        case ast.Name() if name in _TWIN:
            yield _with(node, func=_with(node.func, id=_TWIN[name]))
        case ast.Attribute() if name in _TWIN and (name not in _LIMITED or len(node.args) > 1):
            yield _with(node, func=_with(node.func, attr=_TWIN[name]))


def _filters(node: ast.comprehension) -> Iterator[ast.AST]:
    for index, test in enumerate(node.ifs):
        if not _is_negated_already(test):
            yield _with(node, ifs=[*node.ifs[:index], _not(test), *node.ifs[index + 1 :]])


def _is_negated_already(test: ast.expr) -> bool:
    """Whether a change of the test itself is its opposite."""
    return (isinstance(test, ast.Compare) and len(test.ops) == 1) or (
        isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    )


def _is_removable(node: ast.AST) -> bool:
    """Whether the code runs without this statement; not so for the first binding of a name."""
    match node:
        case ast.Assign():
            return all(isinstance(target, (ast.Attribute, ast.Subscript)) for target in node.targets)
        case ast.AnnAssign():
            return isinstance(node.target, (ast.Attribute, ast.Subscript))
    return isinstance(node, (ast.Expr, ast.AugAssign, ast.Delete, ast.Raise))


def _not(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed
