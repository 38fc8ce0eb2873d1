"""Names, options, figures, words, links and commands in the README and in `docs/` agree with the code."""

import dataclasses
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from typer.core import TyperGroup
from typer.main import get_command

import ami_proto
from ami_backends.cli.app import build
from ami_backends.telemetry.labels import OUTCOMES
from ami_backends.telemetry.metrics import DROP_REASONS, Metrics
from ami_proto import AmiError, Fault, Reason, ServerConfig, State
from ami_proto.completion import Strategy
from ami_proto.config.server import BOUNDS, DURATION_MAX
from ami_proto.message.view import views

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
DRIVERS = ["ami_backends.selectors", "ami_backends.anyio", "ami_backends.gevent"]
CORE = ["ami_proto.routes", "ami_proto", "ami_proto.completion", "ami_proto.drivers", "ami_proto.events"]
PUBLIC = [*CORE, *DRIVERS, "ami_backends.telemetry", "ami_backends.configuration"]

ROW = re.compile(r"^\| (.*) \|$", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
UNITS = {"": 1, "s": 1, "KiB": 1024, "MiB": 1024 * 1024}

DEFAULTS = {
    each.name: each.default
    for each in dataclasses.fields(ServerConfig)
    if each.default is not dataclasses.MISSING
}


def rows(page: str) -> Iterator[list[str]]:
    """Yield the cells of each row of each table of a page."""
    for row in ROW.findall((DOCS / page).read_text(encoding="utf-8")):
        yield [cell.strip() for cell in row.split("|")]


def number(text: str) -> float:
    """Read a figure as the pages print it: `10,000`, `0.25 s`, `4 MiB`."""
    figure, _, unit = text.partition(" ")
    return float(figure.replace(",", "")) * UNITS[unit]


# -- names


def test_every_public_name_is_listed() -> None:
    """The views stand on a page of their own."""
    listed = {name for cells in rows("reference/api.md") for name in CODE.findall(cells[0])}
    public = {name for module in PUBLIC for name in import_module(module).__all__} - views().keys()
    assert public - listed == set()
    assert listed - public == {"Metrics"}


def test_every_public_class_has_a_docstring_of_its_own() -> None:
    """A dataclass without one gets its signature as docstring."""
    missing = {
        f"{module}.{name}"
        for module in PUBLIC
        for name in import_module(module).__all__
        if isinstance(value := getattr(import_module(module), name), type)
        and (value.__doc__ is None or value.__doc__.startswith(f"{name}("))
    }
    assert missing == set()


def test_every_error_is_explained() -> None:
    page = (DOCS / "how-to/handle-errors.md").read_text(encoding="utf-8")
    named = set(CODE.findall(FENCED.sub("", page)))
    errors = {
        name
        for module in PUBLIC
        for name in import_module(module).__all__
        if isinstance(value := getattr(import_module(module), name), type) and issubclass(value, Exception)
    }
    assert errors - named - {AmiError.__name__} == set()


# -- options and figures


def options() -> dict[str, list[str]]:
    """Return the rows of the options, by key."""
    return {
        CODE.findall(cells[0])[0]: cells for cells in rows("reference/configuration.md") if "`" in cells[0]
    }


def test_every_option_is_listed() -> None:
    """R-CONF-01: in the order of the code, and no other."""
    assert list(options()) == [each.name for each in dataclasses.fields(ServerConfig)]


@pytest.mark.parametrize("key", [each.name for each in dataclasses.fields(ServerConfig)])
def test_an_option_is_listed_with_its_default_and_bounds(key: str) -> None:
    """R-CONF-01."""
    _, default, bounds, _ = options()[key]
    if key not in DEFAULTS:
        assert default == "none"
    elif key in BOUNDS:
        assert number(default) == DEFAULTS[key]
    else:
        assert default == (f'"{DEFAULTS[key]}"' if isinstance(DEFAULTS[key], str) else repr(DEFAULTS[key]))
    if key in BOUNDS:
        low, high = re.split(r", ?(?!\d{3})", bounds)  # not at the commas inside a figure: `1, 1,000,000`
        assert (number(low), number(high) if high else DURATION_MAX) == BOUNDS[key]


def test_every_page_gives_the_same_default_for_an_option() -> None:
    """Where text mentions one in brackets, as in: `reconnect_max` (30 s)."""
    mention = re.compile(r"`(\w+)`\s\((?:[^()]*default )?([\d.,]+(?: (?:s|[KM]iB))?)\b")
    mentions = [
        (page.stem, key, number(figure))
        for page in PAGES
        for key, figure in mention.findall(page.read_text(encoding="utf-8"))
        if key in DEFAULTS
    ]
    assert len(mentions) > 10  # the pattern still finds them
    assert [each for each in mentions if each[2] != DEFAULTS[each[1]]] == []


def test_the_declarations_of_a_strategy_are_listed_with_their_defaults() -> None:
    """R-CORR-01."""
    named = [cells for cells in rows("how-to/write-a-completion.md") if CODE.match(cells[0])]
    listed = {CODE.findall(cells[0])[0]: cells[1] for cells in named if len(cells) == 3}
    wanted = {each.name: each.default for each in dataclasses.fields(Strategy)}
    assert listed == {key: "none" if value == frozenset() else shown(value) for key, value in wanted.items()}


def shown(value: object) -> str:
    """Return a value as a page prints it."""
    return f"{value:,}" if type(value) is int else repr(value)


# -- words in logs and metrics


def test_every_word_of_the_logs_is_explained() -> None:
    """R-OBS-01: reasons and faults with label and words, states and outcomes by label."""
    signs = [(CODE.findall(cells[0]), cells[1]) for cells in rows("how-to/read-the-signs.md")]
    said = {(labels[0], words) for labels, words in signs if labels}
    labels = {label for label, _ in said}
    assert {(member.name.lower(), member.value) for member in (*Reason, *Fault)} <= said
    assert {*OUTCOMES.values(), "success", "broken"} <= labels
    assert {state.value for state in State} <= labels


def test_every_metric_is_listed_with_its_labels() -> None:
    """R-OBS-03."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.watch(ami_proto.Connection(ServerConfig(key="k", host="h", username="u", secret="s"), seed=1))
    made = {
        f"{family.name}_total" if family.type == "counter" else family.name for family in registry.collect()
    }
    listed = {
        name for cells in rows("how-to/monitor.md") for name in CODE.findall(cells[0]) if name[:4] == "ami_"
    }
    assert listed == made
    dropped = next(cells[2] for cells in rows("how-to/monitor.md") if "ami_messages_dropped" in cells[0])
    assert set(CODE.findall(dropped)) == {"overflow", *DROP_REASONS.values()}


# -- links and code


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Yield the targets of a page's relative links: a path, and an anchor or nothing."""
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if "://" not in link:
            path, _, anchor = link.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_target_of_every_link_exists(page: Path) -> None:
    for target, anchor in links(page):
        assert target.exists(), target
        assert not anchor or anchor in anchors(target), f"{target}#{anchor}"


def test_the_readme_links_every_page() -> None:
    linked = {target for target, _ in links(README)}
    assert set(PAGES) - {README} - linked == set()


NOT_RUN = [
    pytest.param(code, id=f"{page.stem}-{count}")
    for page in PAGES
    for count, code in enumerate(
        re.findall(r"^```python no-run\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    )
]


@pytest.mark.parametrize("code", NOT_RUN)
def test_code_that_is_not_run_compiles(code: str) -> None:
    """`tests/test_readme.py` runs the other blocks."""
    compile(code, "page", "exec")


# -- the vocabulary


def test_every_word_is_defined_once() -> None:
    words = [cells[0] for cells in rows("reference/vocabulary.md") if cells[0] not in ("word", "---")]
    assert len(words) > 40
    assert sorted(words) == sorted(set(words))


# -- the suite, on a driver of the reader's

OWN = """
from conformance.suite.threads import Threads

{driver}

class YourBackend(Threads):
    name = "yours"
    runner = YourThread
"""


def test_the_suite_proves_a_driver_from_any_folder(tmp_path: Path) -> None:
    """R-DRIVER-06, R-DRIVER-07: with the command that the page shows."""
    page = (DOCS / "explanation/write-your-own-driver.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^pytest (.*)$", page, re.MULTILINE)
    (driver,) = re.findall(r"^```python\n(import select, .*?)^config = ", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "your_module.py").write_text(OWN.format(driver=driver), encoding="utf-8")
    words = shlex.split(command)
    some = "test_a_port_without_a_server or from_another_thread or by_many_callers or it_has_one_life"
    assert "5 passed" in run_pytest(tmp_path, *words, "-k", some).stdout


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder, in a process of its own, which must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


# -- pytest with the mock server's fixtures


def test_the_fixtures_work_as_on_the_page(tmp_path: Path) -> None:
    page = (DOCS / "how-to/mock-server.md").read_text(encoding="utf-8")
    for name, code in re.findall(
        r"^```python no-run\n# (\w+\.py)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL
    ):
        (tmp_path / name).write_text(code, encoding="utf-8")
    assert "1 passed" in run_pytest(tmp_path, "test_mine.py").stdout


# -- the command line

SHOWN = re.compile(r"(?:^(?:\$ )?|\.venv/bin/)ami (.*?)(?: {2,}#.*)?$", re.MULTILINE)
COMMANDS = [
    pytest.param(words, id=words)
    for page in PAGES
    for block in re.findall(r"^```console\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    for words in SHOWN.findall(block)
]


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_on_the_pages_is_valid(words: str) -> None:
    """Parse it with the application's own parser, without running it."""
    name, *arguments = shlex.split(words)
    command = get_command(build())
    assert isinstance(command, TyperGroup)
    if not arguments and name in {option for each in command.params for option in each.opts}:
        return
    with command.commands[name].make_context(name, arguments):
        pass
