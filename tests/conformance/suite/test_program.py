"""The struck text: nothing asynchronous is left in it, and everything else is."""

import ast
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conformance import suite
from conformance.suite import program, test_actions, test_same_text

PROGRAMS = sorted(Path(suite.__path__[0]).glob("test_*.py"))

ASYNCHRONOUS = (ast.AsyncFunctionDef, ast.AsyncWith, ast.AsyncFor, ast.Await)


def struck_tree(text: str) -> ast.AST:
    return program._Strike().visit(ast.parse(text))  # type: ignore[no-any-return]


def lines_of(tree: ast.AST) -> list[int]:
    return sorted(node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.name))
def test_no_await_is_left_and_no_line_is_moved(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = struck_tree(text)
    for node in ast.walk(tree):
        assert not isinstance(node, ASYNCHRONOUS), ast.unparse(node)
        assert not (isinstance(node, ast.comprehension) and node.is_async)
    assert lines_of(tree) == lines_of(ast.parse(text))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("async def f():\n    await g(await h())", "def f():\n    g(h())"),
        (
            "async def f():\n    async with a as b, c:\n        pass",
            "def f():\n    with a as b, c:\n        pass",
        ),
        ("async def f():\n    async for a in b:\n        break", "def f():\n    for a in b:\n        break"),
        (
            "async def f():\n    return [a async for a in b if await c]",
            "def f():\n    return [a for a in b if c]",
        ),
        ("async def f():\n    async def g():\n        await h", "def f():\n\n    def g():\n        h"),
        ("@mark\nasync def f(a: int=1) -> str:\n    pass", "@mark\ndef f(a: int=1) -> str:\n    pass"),
    ],
)
def test_each_asynchronous_word_is_struck(text: str, plain: str) -> None:
    assert ast.unparse(ast.fix_missing_locations(struck_tree(text))) == plain


@pytest.mark.parametrize("module", [test_actions, test_same_text], ids=["actions", "same text"])
def test_the_struck_functions_are_plain_and_say_what_the_others_say(module: ModuleType) -> None:
    for name, function in inspect.getmembers(module, inspect.iscoroutinefunction):
        if function.__module__ != module.__name__:
            continue
        plain: Any = program.struck(function)
        assert not inspect.iscoroutinefunction(plain)
        assert (plain.__name__, plain.__doc__) == (name, function.__doc__)
        assert plain.__code__.co_filename == function.__code__.co_filename
        assert plain.__code__.co_firstlineno == function.__code__.co_firstlineno
