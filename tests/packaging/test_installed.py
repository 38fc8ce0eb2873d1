"""What users get who install wheels, away from the clone.

These tests install from the package index, or from pip's cache of it. Where there is none they fail with one
line that says so; AMI_NO_INDEX=1 makes that a skip.
"""

import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.corpus import captures
from tests.distributions import FOLDERS, ROOT, Environment, outside

pytestmark = pytest.mark.timeout(300)  # the first test of an environment pays for what it installs

README = FOLDERS["ami_conformance"] / "README.md"
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands() -> dict[str, str]:
    """Return the command lines of ami-conformance's README, by their first two words."""
    (block,) = CONSOLE.findall(README.read_text(encoding="utf-8"))
    return {" ".join(line.split()[:2]): line for line in block.splitlines()}


# -- ami-proto

INVENTORY = """
import importlib.metadata as metadata
import importlib.util
print(sorted(each.name for each in metadata.distributions()))
print(sorted({file.parts[0] for file in metadata.files("ami-proto")}))
print([*metadata.entry_points(group="pytest11"), *metadata.entry_points(group="ami.commands")])
print(importlib.util.find_spec("conformance"), importlib.util.find_spec("tests"))
import ami_proto, ami_backends.selectors, ami_backends.configuration, ami_backends.telemetry
"""


def test_ami_proto_brings_itself_and_nothing_else(proto_alone: Environment, tmp_path: Path) -> None:
    """No third-party package, no pytest plugin, no command of the mock's, no captures."""
    done = proto_alone.run(f"python -W error -c {shlex.quote(INVENTORY)}", tmp_path)
    assert done.stderr == ""
    names, tops, entries, specs = done.stdout.splitlines()
    assert names == "['ami-proto']"
    assert re.fullmatch(r"\['\.\.', 'ami_backends', 'ami_proto', 'ami_proto-[\d.]+\.dist-info'\]", tops)
    assert (entries, specs) == ("[]", "None None")
    assert not [path for path in proto_alone.folder.rglob("*.ami") if path.is_file()]


def test_the_command_without_its_extra_says_how_to_get_it(proto_alone: Environment, tmp_path: Path) -> None:
    done = proto_alone.run("ami --help", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'ami: the command line needs the extra "cli": pip install "ami-proto[cli]"\n'


THEIRS = {
    "conformance/__init__.py": "RULES = 3\n",
    "conformance/checks.py": "from conformance import RULES\n\ndef passed():\n    return RULES\n",
    "conformance/test_checks.py": """
import sys

from conformance.checks import passed

def test_theirs(request):
    assert passed() == 3
    assert not [name for name in sys.modules if name.startswith(("conformance.suite", "conformance.mock"))]
    assert request.config.pluginmanager.list_plugin_distinfo() == []
""",
    "tests/__init__.py": "",
    "tests/test_ours.py": """
from ami_proto import Action

import conformance

def test_ours():
    assert Action("Ping").name == "Ping"
    assert conformance.RULES == 3
""",
}
"""A project with a package `conformance` of its own."""


def test_a_project_may_have_a_conformance_folder(proto_and_pytest: Environment, tmp_path: Path) -> None:
    for name, text in THEIRS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = proto_and_pytest.run("python -W error -m pytest -q --strict-config", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


# -- ami-conformance


def test_its_readme_installs_what_is_tried_here() -> None:
    assert list(commands()) == ["pip install", "ami demo", "ami mock", "pytest --pyargs"]
    assert commands()["pip install"] == 'pip install "ami-conformance[suite]"'


def test_the_help_lists_its_commands(suite: Environment, tmp_path: Path) -> None:
    done = suite.run("ami --help", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert {"listen", "send", "command", "check-config", "doctor", "demo", "mock"} <= set(done.stdout.split())


@pytest.mark.parametrize("backend", ["selectors", "trio"])
def test_the_demo_runs(backend: str, suite: Environment, tmp_path: Path) -> None:
    line = re.sub(r"--for \d+", "--for 2", commands()["ami demo"])
    done = suite.run(f"{line} --backend {backend}", tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert "gaps 1" in done.stdout


def test_the_mock_serves(suite: Environment, tmp_path: Path) -> None:
    """Here with TLS, too, which comes with the extra."""
    line = re.sub(r"--port \d+", "--port 0 --tls --ca-out ca.pem", commands()["ami mock"])
    with subprocess.Popen(
        suite.command(line), cwd=tmp_path, env=outside(), stdout=subprocess.PIPE, text=True
    ) as mock:
        try:
            assert mock.stdout is not None
            (port,) = re.findall(r"127\.0\.0\.1:(\d+)", mock.stdout.readline())
            (tmp_path / "secret").write_text("s3cr3t")
            target = f"--ca ca.pem --secret-file secret amis://admin@127.0.0.1:{port}"
            done = suite.run(f'ami command {target} "core show version"', tmp_path)
            assert done.stdout.startswith("Asterisk 22"), done
        finally:
            mock.send_signal(signal.SIGINT)
    assert mock.returncode == 130


@pytest.mark.parametrize("backend", ["selectors", "asyncio"])
def test_the_suite_proves_a_driver(backend: str, suite: Environment, tmp_path: Path) -> None:
    """R-DRIVER-07: from wheels, in an empty folder."""
    line = commands()["pytest --pyargs"].replace("--backend selectors", f"--backend {backend}")
    some = "a_port_without_a_server or test_every_call_and_option"
    done = suite.run(
        f"{line} -W error --strict-markers -q -p no:cacheprovider -k {shlex.quote(some)}", tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


CAPTURES = """
from conformance.corpus import captures, further_cases, nasty_cases
print([(each.name, len(each.data)) for each in captures()])
assert list(further_cases()) and list(nasty_cases())
"""


def test_the_captures_come_along(suite: Environment, tmp_path: Path) -> None:
    done = suite.run(f"python -c {shlex.quote(CAPTURES)}", tmp_path)
    assert done.stdout.strip() == str([(each.name, len(each.data)) for each in captures()]), done.stderr


# -- types

TYPED = """
from ami_backends.selectors import connect
from ami_proto import Message
from conformance.mock import LoopbackServer


def port(server: LoopbackServer) -> int:
    return server.port


def name(message: Message) -> int:
    return message.name


def test() -> None:
    with connect("127.0.0.1", 5038, username="admin", secret="s3cr3t") as pbx:
        pbx.send("Ping", timeout=b"1")
"""
"""Two mistakes that mypy sees only with the types of all three packages."""


def test_mypy_sees_the_types_of_wheels(suite: Environment, tmp_path: Path) -> None:
    (tmp_path / "typed.py").write_text(TYPED, encoding="utf-8")
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--hide-error-context"]
    done = subprocess.run(
        [*mypy, "--no-error-summary", "--python-executable", str(suite.python), "typed.py"],
        cwd=tmp_path,
        env=outside(),
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^typed.py:(\d+): error: .*\[([\w-]+)\]$", done.stdout, re.MULTILINE)
    assert found == [("12", "return-value"), ("17", "call-overload")], done.stdout + done.stderr
    assert str(ROOT) not in done.stdout
