"""Every limit is named, justified and documented: the page of limits says what the code says."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import ami_proto

PACKAGE = Path(ami_proto.__file__).parent
PAGE = PACKAGE.parent / "docs" / "reference" / "limits.md"
ROW = re.compile(r"^\| `([\w.]+)\.([A-Z_]+)` \| (\d+) \| .{10,} \|$", re.MULTILINE)

UNITS = {
    ("config.server", "KIB"),
    ("config.server", "MIB"),
    ("connection.timers", "ALWAYS"),
    ("message.arguments", "MILLISECONDS"),
}
"""Numbers in capitals that limit nothing."""


def test_the_page_has_every_limit_with_its_value() -> None:
    """So that a limit is neither undocumented nor changed in one place only."""
    documented = {(module, name): int(value) for module, name, value in ROW.findall(PAGE.read_text("utf-8"))}
    found = dict(numbers())
    assert found.keys() >= UNITS, "an exception that excepts nothing"
    assert documented == {place: value for place, value in found.items() if place not in UNITS}


def numbers() -> Iterator[tuple[tuple[str, str], float]]:
    """Yield module, name and value of each number with a public name in capitals."""
    for file in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(file.relative_to(PACKAGE).with_suffix("").parts)
        for name in _constants(ast.parse(file.read_text("utf-8"))):
            value = getattr(import_module(f"ami_proto.{module}"), name)
            if isinstance(value, int | float):
                yield (module, name), value


def _constants(tree: ast.Module) -> Iterator[str]:
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if name.isupper() and not name.startswith("_"):
                    yield name
