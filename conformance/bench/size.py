"""Lines of driving code for each driver: what waits, and carries out commands. Not what users call."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import ami_backends

FOLDER = Path(ami_backends.__file__).parent

DRIVERS = {
    "selectors": ("selectors/reactor.py",),
    "anyio": ("anyio/driver.py", "anyio/line.py"),
    "gevent": ("gevent/greenlet.py",),
}
"""The files that drive. gevent runs the reactor of `selectors`."""

CONVENIENCES = {
    "Work",
    "poll",
    "fileno",
    "read_mail",
    "call_soon",
    "wake",
    "listener_errors",
    "_totals",
    "Promise",
}
"""Classes and functions in those files that users want and driving does not need."""

SHARED = ("_causes.py", "_line.py", "_listener.py", "_mailbox.py", "_resolve.py", "_stream.py", "_tls.py")
"""What all of them stand on: one stream, one resolver."""


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
