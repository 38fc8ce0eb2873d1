"""How a process of `ami` ends: output that cannot be written, a reader that leaves, SIGTERM."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from conformance.laws.peer import Peer, PeerConnection
from tests.cli_harness import PATIENCE, Ended, chatter, environment, mock, running, start, url

BACKENDS = ["selectors", "asyncio", "trio", "gevent"]
FULL = Path("/dev/full")
NO_SPACE = "the output cannot be written: No space left on device"

needs_full = pytest.mark.skipif(not FULL.exists(), reason="only Linux has /dev/full")


def into_full(*arguments: str) -> Ended:
    """Run `ami` with stdout on a device that is always full."""
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ami_backends.cli", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=PATIENCE,
            check=False,
        )
    return Ended(list(arguments), done.returncode, b"", done.stderr)


# -- a full disk


@needs_full
@pytest.mark.parametrize("json", [[], ["--json"]], ids=["plain", "json"])
def test_output_that_fails_is_not_an_action_that_failed(json: list[str]) -> None:
    """Asterisk has carried it out: a script that tries again on status 1 would do it twice."""
    with mock() as server:
        done = into_full("send", url(server), "DBPut", "Family=f", "Key=k", "Val=v", *json)
        stored = server.call(lambda core: core.state.database.get("/f/k"))
    assert (done.status, stored) == (74, "v")
    assert done.complaint == NO_SPACE


@needs_full
@pytest.mark.parametrize("backend", BACKENDS)
def test_listen_into_a_full_disk_is_status_74(backend: str) -> None:
    with mock() as server, chatter(server):
        done = into_full("listen", url(server), "--backend", backend)
    assert (done.status, done.complaint) == (74, NO_SPACE)


@needs_full
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_demo_into_a_full_disk_is_status_74(backend: str) -> None:
    done = into_full("demo", "--for", "1", "--backend", backend)
    assert (done.status, done.complaint) == (74, NO_SPACE)


@needs_full
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["send", "--help"], ["mock", "--port", "0"]])
def test_other_output_into_a_full_disk_is_status_74(words: list[str]) -> None:
    done = into_full(*words)
    assert (done.status, done.complaint) == (74, NO_SPACE)


@needs_full
def test_commands_and_configurations_into_a_full_disk_are_status_74(tmp_path: Path) -> None:
    (tmp_path / "ami.toml").write_text('[servers.a]\nhost = "h"\nusername = "u"\nsecret = "s"\n')
    with mock() as server:
        ends = into_full("command", url(server), "core show version")
    for done in (ends, into_full("check-config", str(tmp_path / "ami.toml"))):
        assert (done.status, done.complaint) == (74, NO_SPACE)


# -- a reader that leaves


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_demo_into_head_ends_as_any_program_does(backend: str) -> None:
    with start("demo", "--for", "3", "--backend", backend) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        head = subprocess.run(["head", "-1"], stdin=demo.stdout, capture_output=True, check=True)
        demo.stdout.close()
        assert demo.wait(PATIENCE) == 141
        assert demo.stderr.read() == b""
    assert head.stdout.startswith(b"== A mock Asterisk listens on ")


@pytest.mark.parametrize("json", [[], ["--json"]], ids=["plain", "json"])
def test_a_reply_into_a_closed_pipe_is_status_141(json: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with mock() as server:
        command = [sys.executable, "-m", "ami_backends.cli", "send", url(server), "Ping", *json]
        done = subprocess.run(
            command, stdout=writer, stderr=subprocess.PIPE, env=environment(), timeout=PATIENCE, check=False
        )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


# -- SIGTERM; `listen` is in test_cli_backends.py, `mock` in test_mock_process.py


def test_sigterm_ends_send_while_it_waits_for_a_reply() -> None:
    """R-DRIVER-05: it logs off, and prints nothing."""
    waits = threading.Event()
    actions: list[str] = []

    def answer_login_only(line: PeerConnection) -> None:
        line.accept_login()
        while actions[-1:] != ["Logoff"]:
            actions.append(line.read_action()["Action"])
            waits.set()

    with (
        Peer(answer_login_only) as peer,
        running("send", f"ami://admin@127.0.0.1:{peer.port}", "Originate", "Channel=Local/1") as process,
    ):
        assert waits.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (143, b"", b"")
    assert actions == ["Originate", "Logoff"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_sigterm_ends_the_demo(backend: str) -> None:
    """R-DRIVER-05."""
    with running("demo", "--for", "60", "--backend", backend) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        assert process.wait(PATIENCE) == 143
        assert process.stderr.read() == b""
