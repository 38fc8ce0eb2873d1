"""One word means one thing in product code, and no two files are called almost the same.

Names are read from the source: those that a module defines at its top level, not those it imports.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("ami_proto", "ami_backends", "conformance")
SMALL = 60
"""Lines below which a file is small."""

SHARED_TYPES = {
    "Client": "the client of each event loop, with the same words",
    "Events": "what a client's `events()` returns, on each event loop",
}
SHARED_FUNCTIONS = {
    "connect": "makes the client of each event loop",
    "connect_cluster": "makes the client of many servers",
    "connect_machine": "makes it of any machine",
}
SHARED_STEMS = {
    "actions actions": "the functions that make actions, and the actions of one connection",
    "client client": "the client of each event loop",
    "events events": "the events of each event loop's client, and their views",
    "completion completion": "the public module, and the one that defines its protocol",
}
"""Names with more than one meaning in the source and one for users, and why."""

SMALL_FILES_MAX = {"ami_proto": 10, "ami_backends": 4, "conformance": 20}
"""How many small files a package may have, apart from `__init__` and `__main__`. Measured, not chosen."""

TYPE_NAME = re.compile(r"_?[A-Z]\w*[a-z]\w*")


def modules(package: str) -> list[Path]:
    """Return the modules of a package."""
    return sorted((ROOT / package).rglob("*.py"))


def named_modules(package: str) -> list[Path]:
    """Return the modules whose names we chose: all but `__init__` and `__main__`."""
    return [path for path in modules(package) if not path.stem.startswith("__")]


def types(tree: ast.Module) -> Iterator[str]:
    """Yield the classes, exceptions and type aliases that a module defines, private ones too."""
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if TYPE_NAME.fullmatch(name) and not is_type_variable(node):
                    yield name


def functions_and_constants(tree: ast.Module) -> Iterator[str]:
    """Yield the public functions and constants that a module defines."""
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if not name.startswith("_"):
                    yield name
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if not (name.startswith("_") or TYPE_NAME.fullmatch(name) or is_type_variable(node)):
                    yield name


def is_type_variable(node: ast.Assign | ast.AnnAssign) -> bool:
    """Tell whether an assignment makes a type variable, which means something in its module only."""
    match node.value:
        case ast.Call(func=ast.Name(id=function)):
            return function in ("TypeVar", "ParamSpec", "TypeVarTuple")
    return False


def defined_twice(
    packages: Iterable[str], names: Callable[[ast.Module], Iterator[str]]
) -> dict[str, list[str]]:
    """Return the names that more than one module defines, and these modules."""
    places: dict[str, list[str]] = defaultdict(list)
    for path in (path for package in packages for path in modules(package)):
        # A name may be bound twice in one module: the branches of an `if`, an overload.
        for name in set(names(ast.parse(path.read_text(encoding="utf-8")))):
            places[name].append(str(path.relative_to(ROOT)))
    return {name: paths for name, paths in places.items() if len(paths) > 1}


def alike(one: str, other: str) -> bool:
    """Tell whether two stems are equal, singular and plural, or a letter apart (from four letters on)."""
    short, long = sorted((one, other), key=len)
    if long in (short, f"{short}s", f"{short}es"):
        return True
    if len(short) < 4 or len(long) - len(short) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    rest = short[start:] if len(short) < len(long) else short[start + 1 :]
    return rest == long[start + 1 :]


def check(kind: str, found: set[str], shared: Iterable[str]) -> None:
    """Require that only names with a reason are left, and that each reason is needed."""
    left = found - set(shared)
    assert not left, f"{len(left)} {kind}: {sorted(left)}"
    assert found >= set(shared), "a reason for a name that nothing shares"


def test_no_class_or_type_has_two_meanings() -> None:
    """In all three packages. Private classes count: a newcomer reads them as well."""
    check("types", set(defined_twice(PACKAGES, types)), SHARED_TYPES)


def test_no_public_function_or_constant_has_two_meanings() -> None:
    """In the core and the drivers; the mock's actions have few words to choose from."""
    found = defined_twice(("ami_proto", "ami_backends"), functions_and_constants)
    check("functions and constants", set(found), SHARED_FUNCTIONS)


def test_no_two_files_of_a_package_are_called_almost_the_same() -> None:
    """`subscription` and `subscriptions`, `life` and `line`: they are mistaken for each other."""
    found = {
        " ".join(sorted((one, other)))
        for package in PACKAGES
        for one, other in combinations((path.stem for path in named_modules(package)), 2)
        if alike(one, other)
    }
    check("file names", found, SHARED_STEMS)


def test_no_file_has_a_leading_underscore() -> None:
    """A package's `__init__` says what is public; a file is named for its subject."""
    found = {
        str(path.relative_to(ROOT))
        for each in PACKAGES
        for path in named_modules(each)
        if path.stem[0] == "_"
    }
    check("underscores", found, ())


@pytest.mark.parametrize("package", PACKAGES)
def test_few_files_are_small(package: str) -> None:
    """A file is a subject, not a sentence: a tiny one belongs to its only user."""
    small = {
        str(path.relative_to(ROOT)): lines
        for path in named_modules(package)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) < SMALL
    }
    assert len(small) <= SMALL_FILES_MAX[package], f"{len(small)}: {small}"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("peer", "peers", True),
        ("switch", "switches", True),
        ("life", "line", True),
        ("frame", "framed", True),
        ("frame", "rame", True),
        ("frame", "framing", False),
        ("life", "lines", False),
        ("raw", "row", False),
        ("link", "links", True),
        ("same", "same", True),
    ],
)
def test_alike_is_a_letter_or_a_plural(one: str, other: str, expected: bool) -> None:
    assert alike(one, other) is alike(other, one) is expected


def test_names_are_those_that_a_module_defines() -> None:
    tree = ast.parse(
        "from a import B, c\nclass D: pass\nclass _E: pass\nF = TypeVar('F')\nGh = list[int]\n"
        "Ij: TypeAlias = int\nKLM = 1\ndef n(): o = 1\n_p = 2\nq = 3"
    )
    assert list(types(tree)) == ["D", "_E", "Gh", "Ij"]
    assert list(functions_and_constants(tree)) == ["KLM", "n", "q"]
