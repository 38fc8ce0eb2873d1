"""What the pages of `docs/` say of names, options, figures and words is what the code has."""

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
from ami_backends.telemetry.metrics import DROPS, Metrics
from ami_backends.telemetry.records import OUTCOMES
from ami_proto import AmiError, Fault, Reason, ServerConfig, State, Strategy
from ami_proto.config import BOUNDS, DURATION_MAX

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
DRIVERS = ["ami_backends.selectors", "ami_backends.anyio", "ami_backends.gevent"]
PUBLIC = ["ami_proto", *DRIVERS, "ami_backends.telemetry", "ami_backends.configuration"]

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
    listed = {name for cells in rows("reference/api.md") for name in CODE.findall(cells[0])}
    public = {name for module in PUBLIC for name in import_module(module).__all__}
    assert public - listed == set()
    assert listed - public == {"Metrics"}


def test_every_public_name_says_what_it_is() -> None:
    unsaid = {
        f"{module}.{name}"
        for module in PUBLIC
        for name in import_module(module).__all__
        if isinstance(value := getattr(import_module(module), name), type)
        and (value.__doc__ is None or value.__doc__.startswith(f"{name}("))  # what a dataclass makes up
    }
    assert unsaid == set()


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
    """R-CONF-01: with the others, none of them made up."""
    assert list(options()) == [each.name for each in dataclasses.fields(ServerConfig)]


@pytest.mark.parametrize("key", [each.name for each in dataclasses.fields(ServerConfig)])
def test_an_option_has_the_default_and_the_bounds_that_are_told(key: str) -> None:
    """R-CONF-01."""
    _, default, bounds, _ = options()[key]
    if key not in DEFAULTS:
        assert default == "none"
    elif key in BOUNDS:
        assert number(default) == DEFAULTS[key]
    else:
        assert default == (f'"{DEFAULTS[key]}"' if isinstance(DEFAULTS[key], str) else repr(DEFAULTS[key]))
    if key in BOUNDS:
        low, high = re.split(r", ?(?!\d{3})", bounds)  # a comma that is not among the thousands
        assert (number(low), number(high) if high else DURATION_MAX) == BOUNDS[key]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_default_is_told_alike_on_every_page(page: Path) -> None:
    """As `reconnect_max` (30 s)."""
    for key, figure in re.findall(
        r"`(\w+)` \((?:[^()]*default )?([\d.,]+(?: (?:s|[KM]iB))?)\b", page.read_text(encoding="utf-8")
    ):
        if key in DEFAULTS:
            assert number(figure) == DEFAULTS[key], key


def test_what_a_strategy_declares_has_the_defaults_that_are_told() -> None:
    """R-CORR-01."""
    named = [cells for cells in rows("how-to/write-a-completion.md") if CODE.match(cells[0])]
    told = {CODE.findall(cells[0])[0]: cells[1] for cells in named if len(cells) == 3}
    wanted = {each.name: each.default for each in dataclasses.fields(Strategy)}
    assert told == {key: "none" if value == frozenset() else shown(value) for key, value in wanted.items()}


def shown(value: object) -> str:
    """Return a value as a page prints it."""
    return f"{value:,}" if type(value) is int else repr(value)


# -- words in logs and metrics


def test_every_word_of_the_logs_is_explained() -> None:
    """R-OBS-01: reasons and faults with what they say, states and outcomes by their label."""
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
    told = {
        name for cells in rows("how-to/monitor.md") for name in CODE.findall(cells[0]) if name[:4] == "ami_"
    }
    assert told == made
    dropped = next(cells[2] for cells in rows("how-to/monitor.md") if "ami_messages_dropped" in cells[0])
    assert set(CODE.findall(dropped)) == {"overflow", *DROPS.values()}


# -- links and code


def anchors(page: Path) -> set[str]:
    """Return where a link can lead in a page, as GitHub names it."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Yield where the links of a page lead: a file, and a heading or nothing."""
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if "://" not in link:
            path, _, anchor = link.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in links(page):
        assert target.exists(), target
        assert not anchor or anchor in anchors(target), f"{target}#{anchor}"


def test_every_page_is_found_from_the_readme() -> None:
    """One step from there."""
    linked = {target for target, _ in links(README)}
    assert set(PAGES) - {README} - linked == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_code_that_is_not_run_is_at_least_python(page: Path) -> None:
    blocks = r"^```python no-run\n(.*?)^```$"
    for code in re.findall(blocks, page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        compile(code, page.name, "exec")


# -- the proof of a driver of one's own

OWN = """
from conformance.suite.threads import Threads

class YourBackend(Threads):
    name = "yours"
"""


def test_a_driver_of_ones_own_is_proved_as_the_page_says(tmp_path: Path) -> None:
    """R-DRIVER-06, R-DRIVER-07: from a folder that is nobody's, whatever it is called."""
    page = (DOCS / "explanation/write-your-own-driver.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^pytest (.*)$", page, re.MULTILINE)
    (tmp_path / "your_module.py").write_text(OWN, encoding="utf-8")
    words = shlex.split(command)
    some = "test_a_port_without_a_server or from_another_thread"
    assert "3 passed" in run_pytest(tmp_path, *words, "-k", some).stdout


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder, in a process of its own; it must succeed."""
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


def test_the_fixtures_work_as_the_page_says(tmp_path: Path) -> None:
    page = (DOCS / "how-to/mock-server.md").read_text(encoding="utf-8")
    for name, code in re.findall(
        r"^```python no-run\n# (\w+\.py)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL
    ):
        (tmp_path / name).write_text(code, encoding="utf-8")
    assert "1 passed" in run_pytest(tmp_path, "test_mine.py").stdout


# -- the command line

SHOWN = re.compile(r"^(?:\$ )?ami (.*?)(?: {2,}#.*)?$", re.MULTILINE)
COMMANDS = [
    pytest.param(words, id=words)
    for page in PAGES
    for block in re.findall(r"^```console\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    for words in SHOWN.findall(block)
]


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_that_is_shown_is_one(words: str) -> None:
    """Its name, its options and their values are taken; nothing is run."""
    name, *arguments = shlex.split(words)
    command = get_command(build())
    assert isinstance(command, TyperGroup)
    with command.commands[name].make_context(name, arguments):
        pass
