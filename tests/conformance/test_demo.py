"""`ami demo`: every scene, in little time, on any output."""

import os
import pty
import signal
import subprocess
import sys
import time

import pytest

from tests.cli_harness import PATIENCE, ami, environment, start


@pytest.mark.parametrize("backend", ["selectors", "asyncio", "trio", "gevent"])
def test_the_demo_shows_everything_and_ends_by_itself(backend: str) -> None:
    began = time.monotonic()
    ended = ami("demo", "--for", "1", "--backend", backend)
    took = time.monotonic() - began
    assert (ended.status, ended.err) == (0, "")
    assert 1 <= took < 5
    for promised in (
        "logged in",
        "Asterisk 22",
        "Newchannel",
        "OriginateResponse: Success",
        "Local/1000@default-00000000;1  Up  Wait  Alice",
        "Connection lost: closed by the server.",
        "Connected and logged in again",
        "-- gap --",
        "no channels",
        "ActionFailed: No such channel",
        "ami listen ami://",
    ):
        assert promised in ended.out, promised
    assert "\x1b" not in ended.out


def test_ctrl_c_ends_the_show() -> None:
    with start("demo", "--for", "60") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
        assert process.stderr.read() == b""


def test_on_a_terminal_it_is_coloured_and_fits() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "ami_backends.cli", "demo", "--for", "1"],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.STDOUT,
        env=environment({"COLUMNS": "80", "TERM": "xterm"}),
    ) as process:
        os.close(theirs)
        shown = _read_all(ours)
        assert process.wait(PATIENCE) == 0
    os.close(ours)
    assert "\x1b[1;32mNewchannel" in shown
    assert "┃" in shown
    assert "Traceback" not in shown


def _read_all(descriptor: int) -> str:
    """Read until the other side of the terminal closes, which Linux reports as an error."""
    data = b""
    try:
        while more := os.read(descriptor, 65_536):
            data += more
    except OSError:
        pass
    return data.decode()
