"""The Python of README and docs runs as it is printed, against the mock server; its promises are true."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.peer import BANNER, Line, Peer, honest, reset
from conformance.server import LoopbackServer

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = [
    README,
    *sorted((ROOT / "docs").glob("tutorial/*.md")),
    *sorted((ROOT / "docs").glob("how-to/*.md")),
    *sorted((ROOT / "docs").glob("explanation/*.md")),
]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

EXAMPLES = [
    pytest.param(code, id=f"{page.stem}-{number}")
    for page in PAGES[1:]
    for number, code in enumerate(BLOCK.findall(page.read_text()), 1)
]


def run(code: str, port: int) -> str:
    """Run an example in a process of its own, with the mock's port in place of Asterisk's."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code.replace("5038", str(port))],
        capture_output=True,
        text=True,
        timeout=20,
        cwd=ROOT,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


@pytest.mark.parametrize("code", EXAMPLES)
def test_every_example_of_the_docs_runs(code: str, mock_server: LoopbackServer) -> None:
    run(code, mock_server.port)


def test_the_blocking_example_shows_what_it_should(mock_server: LoopbackServer) -> None:
    lines = run(BLOCK.findall(README.read_text())[0], mock_server.port).splitlines()
    assert lines[0].startswith("['Asterisk 22")
    assert lines[1] == "No such channel"
    assert "Local/1000@default-00000000;1" in lines[2]
    assert lines[3].startswith("Newchannel Local/1000@default-")
    assert lines[-1].startswith("Hangup Local/1000@default-")


def test_the_asyncio_example_shows_what_it_should(mock_server: LoopbackServer) -> None:
    out = run(BLOCK.findall(README.read_text())[1], mock_server.port)
    assert out.splitlines() == ["0 channels", "Hello world"]


def test_the_driver_of_the_readme_drives(mock_server: LoopbackServer) -> None:
    out = run(BLOCK.findall(README.read_text())[2], mock_server.port)
    assert out.startswith("['Asterisk 22")


def test_the_driver_of_the_readme_outlives_a_reset() -> None:
    """The first link is reset in the middle of the login; the one after it serves."""

    def reset_in_mid_login(line: Line) -> None:
        line.say(BANNER)
        line.hear()
        reset(line)

    with Peer(reset_in_mid_login, honest) as peer:
        assert run(BLOCK.findall(README.read_text())[2], peer.port) == "None\n"
        assert peer.accepted == 2


def test_the_driver_of_the_readme_outlives_a_session_that_ends_as_it_begins() -> None:
    """R-LIFE-03: by the time the application hears of READY, the session is lost; its action waits."""

    def out_of_step_at_once(line: Line) -> None:
        line.say(BANNER)
        line.answer(line.hear(), "Success", "Challenge: 1")
        accepted = f"Response: Success\r\nActionID: {line.hear()['ActionID']}\r\n\r\n"
        line.say(accepted.encode(), b"Neither: this nor that\r\n\r\n" * 6)
        line.wait_closed()

    with Peer(out_of_step_at_once, honest) as peer:
        out = run(BLOCK.findall(README.read_text())[2], peer.port)
        assert set(out.splitlines()) == {"None"}
        assert peer.accepted == 2


def test_the_readme_begins_with_the_two_commands() -> None:
    commands = re.findall(r"^```console\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    install = "python3 -m venv .venv && .venv/bin/pip install -e"
    assert commands[0] == f'{install} ".[all]" && .venv/bin/ami demo\n'
    assert commands[1] == f'{install} ".[dev]" && .venv/bin/pytest\n'
