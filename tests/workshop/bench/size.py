"""Lines of driving code for each driver: the code that waits and carries out commands, not the client's."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import ami_backends

FOLDER = Path(ami_backends.__file__).parent

DRIVERS = {
    "selectors": ("selectors/reactor.py",),
    "anyio": ("anyio/driver.py", "anyio/session_task.py", "anyio/asyncio_callbacks.py"),
    "gevent": ("gevent/client.py",),
}
"""The files that drive. gevent runs the reactor of `selectors`."""

CONVENIENCES = {
    "Work",
    "poll",
    "fileno",
    "run_calls",
    "call_soon",
    "wake",
    "listener_errors",
    "_totals",
    "TaskWaiter",
    "FutureWaiter",
    "GreenletWaiter",
    "connect",
    "connect_machine",
    "Client",
}
"""Classes and functions in those files that users want and driving does not need."""

SHARED = tuple(f"sessions/{path.name}" for path in sorted((FOLDER / "sessions").glob("*.py")))
"""The files that all drivers use: the stream, TLS, the resolver, the mailbox."""


def figures() -> Iterator[str]:
    """Yield one line for each driver, and one for what they share."""
    for name, files in DRIVERS.items():
        yield f"driving code, {name:12}{_lines(files):6} lines   (wanted: at most 110)"
    yield f"shared by all             {_lines(SHARED):6} lines"


def _lines(files: tuple[str, ...]) -> int:
    """Count lines of code: no blank ones, no comments, docstrings, imports or conveniences."""
    return sum(_lines_of((FOLDER / file).read_text(encoding="utf-8")) for file in files)


def _lines_of(source: str) -> int:
    code = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER)
        and token.string.strip()
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
                code -= _span(node)
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) if name in CONVENIENCES:
                code -= _span(node)
            case _:
                pass
    return len(code)


def _span(node: ast.stmt) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
