"""The same program text for calls that block: `async` and `await` struck out of a module's source."""

import ast
import inspect
import sys
from collections.abc import Callable
from functools import cache
from typing import Any


def struck(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function of this name in its module, read without `async` and `await`."""
    plain: Callable[..., Any] = _namespace(function.__module__)[function.__name__]
    return plain


@cache
def _namespace(module_name: str) -> dict[str, Any]:
    """Run the struck text of a module; its lines keep their numbers, so that tracebacks show the source."""
    module = sys.modules[module_name]
    tree = _Strike().visit(ast.parse(inspect.getsource(module)))
    namespace: dict[str, Any] = {"__name__": module_name, "__file__": module.__file__}
    exec(compile(ast.fix_missing_locations(tree), module.__file__ or module_name, "exec"), namespace)
    return namespace


class _Strike(ast.NodeTransformer):
    """Replace each asynchronous node by the plain one."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Strike the `async` of a `def`."""
        return self._plain(node, ast.FunctionDef)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        """Strike the `async` of a `with`."""
        return self._plain(node, ast.With)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        """Strike the `async` of a `for`."""
        return self._plain(node, ast.For)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        """Strike the `await`."""
        self.generic_visit(node)
        return node.value

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        """Strike the `async` of a comprehension's `for`."""
        self.generic_visit(node)
        node.is_async = 0
        return node

    def _plain(self, node: ast.AST, kind: type[ast.AST]) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(kind(**dict(ast.iter_fields(node))), node)
