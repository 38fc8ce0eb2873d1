"""The code of README and docs runs as printed, against the mock server; the README's claims have proofs."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from conformance.laws.peer import Peer, PeerConnection, honest, reset
from conformance.laws.playbook import BANNER
from conformance.mock import LoopbackServer

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
DRIVER = ROOT / "docs" / "how-to" / "drive-it-yourself.md"
FOLDERS = ("tutorial", "how-to", "explanation")
PAGES = [page for folder in FOLDERS for page in (ROOT / "docs" / folder).glob("*.md")]

PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROOF = re.compile(r"\[`(test_\w+)`\]\(([^)]+)\)")

ALSO_ON_ASTERISK = [
    # The two legs of a Local channel have threads of their own, so that either may hang up first.
    ("how-to/follow-one-call", 1, r"Newchannel \nNewchannel ;2\nUserEvent ;2\n(Hangup ;2\n)?Hangup"),
    ("how-to/send-typed-actions", 1, r"called\ncause \d+ .*"),
    ("how-to/run-async-agi", 1, "async agi\n200 result=0"),
    ("how-to/read-odd-answers", 1, r"O'Brien O\\'Brien O'Brien"),
    ("how-to/read-odd-answers", 2, r"\[.*\] \[.*\]\n\[\]\n\['free'\]"),
]
"""Examples about what Asterisk does, and what they print: `tests/asterisk/test_examples.py` runs them too."""

EXAMPLES = [
    pytest.param(code, id=f"{page.stem}-{number}")
    for page in sorted(PAGES)
    for number, code in enumerate(PYTHON.findall(page.read_text("utf-8")), 1)
]


def blocks(page: Path) -> list[str]:
    """Return the Python of a page."""
    return PYTHON.findall(page.read_text("utf-8"))


def lines_of_code(block: str) -> int:
    """Count the lines of a block that are not blank."""
    return sum(1 for line in block.splitlines() if line.strip())


def run(code: str, port: int) -> str:
    """Run code in a process of its own, with this port in place of Asterisk's; return its output.

    The process must succeed and write nothing to stderr; a warning is an error. Where the example drops its
    connection, the client's log says so there, as in any program that does not set logging up.
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code.replace("5038", str(port))],
        capture_output=True,
        text=True,
        timeout=20,
        cwd=ROOT,
        check=False,
    )
    complaints = [
        line for line in done.stderr.splitlines() if "connection lost: connection reset;" not in line
    ]
    assert (done.returncode, complaints) == (0, []), done
    return done.stdout


# -- the README


def test_the_readme_begins_with_the_two_commands() -> None:
    """`.ci/run` takes both from here."""
    install = "python3 -m venv .venv && .venv/bin/pip install"
    suite = '-e "./conformance[suite]" -r tests/requirements.txt'
    demo, tests = CONSOLE.findall(README.read_text("utf-8"))[:2]
    assert demo == f'{install} -e ".[all]" -e ./conformance && .venv/bin/ami demo\n'
    assert tests == f'{install} -e ".[all]" {suite} && .venv/bin/pytest\n'


def test_the_readme_names_the_python_that_the_package_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    version = project["requires-python"].removeprefix(">=")
    assert f"Python {version} and later" in README.read_text("utf-8")


def test_the_first_example_follows_a_call(mock_server: LoopbackServer) -> None:
    code = blocks(README)[0]
    assert lines_of_code(code) == 8
    lines = run(code, mock_server.port).splitlines()
    assert lines[0].startswith("Newchannel Local/1000@default-")
    assert lines[-1].startswith("Hangup Local/1000@default-")


def test_the_reactor_of_ones_own_gets_its_pong(mock_server: LoopbackServer) -> None:
    code = blocks(README)[1]
    assert lines_of_code(code) == 15
    assert run(code, mock_server.port) == "Pong\n"


def test_every_python_block_of_the_readme_is_tested() -> None:
    assert len(blocks(README)) == 2


def test_each_claim_names_a_test_that_exists() -> None:
    """A link's text is the test's name, its target the file that defines it."""
    claims = re.search(r"^## Why\n(.*?)^##", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert claims is not None
    bullets = claims[1].split("\n* ")[1:]
    assert len(bullets) == 5
    for bullet in bullets:
        proofs = PROOF.findall(bullet)
        assert proofs, bullet
        for name, file in proofs:
            assert re.search(rf"^(?:async )?def {name}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE), (
                name
            )


# -- the driver of `drive-it-yourself.md`


def test_the_printed_driver_outlives_a_reset() -> None:
    """The first connection is reset during the login; the second one serves."""

    def reset_during_login(line: PeerConnection) -> None:
        line.send(BANNER)
        line.read_action()
        reset(line)

    with Peer(reset_during_login, honest) as peer:
        assert run(blocks(DRIVER)[0], peer.port) == "None\n"
        assert peer.accepted == 2


def test_the_printed_driver_outlives_a_session_that_ends_as_it_begins() -> None:
    """R-LIFE-03: the session is lost before the application learns of READY; its action waits."""

    def out_of_step_at_once(line: PeerConnection) -> None:
        line.send(BANNER)
        line.answer(line.read_action(), "Success", "Challenge: 1")
        accepted = f"Response: Success\r\nActionID: {line.read_action()['ActionID']}\r\n\r\n"
        line.send(accepted.encode(), b"Neither: this nor that\r\n\r\n" * 6)
        line.wait_closed()

    with Peer(out_of_step_at_once, honest) as peer:
        out = run(blocks(DRIVER)[0], peer.port)
        assert set(out.splitlines()) == {"None"}
        assert peer.accepted == 2


# -- the examples of the docs


@pytest.mark.parametrize("code", EXAMPLES)
def test_every_example_of_the_docs_runs(code: str, mock_server: LoopbackServer) -> None:
    run(code, mock_server.port)


@pytest.mark.parametrize(
    ("page", "number", "expected"),
    [
        ("how-to/drive-it-yourself", 1, r"\['Asterisk 22.*"),
        ("how-to/choose-a-driver", 1, r"Newchannel Local/user@default-(?:.|\n)*Hangup .*"),
        ("how-to/choose-a-driver", 2, r"\['Pong', 'Pong', 'Pong'\]"),
        ("tutorial/first-steps", 1, r".* and up ever since\nAsterisk 22.*"),
        ("explanation/fully-booted", 1, r"too early: Invalid/unknown command: QueueStatus.*\nbooted: True"),
        ("explanation/fully-booted", 2, r".*still booting.*\n.*hide it.*\n\['BOOTING', 'BOOT_HIDDEN'\]"),
        ("how-to/read-odd-answers", 2, r"\[\] \[\]\n\[\]\n\['free'\]"),
        *ALSO_ON_ASTERISK,
    ],
)
def test_an_example_prints_what_it_should(
    page: str, number: int, expected: str, mock_server: LoopbackServer
) -> None:
    code = blocks(ROOT / "docs" / f"{page}.md")[number - 1]
    assert re.fullmatch(expected, run(code, mock_server.port).strip())
