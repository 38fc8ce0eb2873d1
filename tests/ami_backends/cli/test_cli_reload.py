"""SIGHUP: `ami listen --config` and `ami status --watch` read the file again."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ami_backends.cli.exits import ExitStatus
from conformance.mock import LoopbackServer
from conformance.suite.leaks import eventually
from tests.cli_harness import PATIENCE, TIME, chatter, environment, mock, peer, running, servers_file

BACKENDS = ["selectors", "asyncio", "trio", "gevent"]


PERIOD = 0.02
"""Seconds between two events of a server."""
PERIODS = 15


@pytest.fixture(autouse=True)
def sighup_as_in_a_terminal() -> Iterator[None]:
    """Let processes have the usual SIGHUP: under nohup it is ignored, and they would inherit that."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def hosts() -> Iterator[dict[str, LoopbackServer]]:
    """Give three servers that publish events."""
    with mock() as one, mock() as two, mock() as three, chatter(one), chatter(two), chatter(three):
        yield {"one": one, "two": two, "three": three}


class Listening:
    """A command that writes JSON, whose output is read all the time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.records: list[dict[str, object]] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def told_by(self, *names: str) -> bool:
        """Whether each of these servers, and no other one, tells events from now on."""
        return eventually(lambda: self._servers_now() == set(names))

    def stderr(self) -> str:
        """Return the next line of stderr, without name and time."""
        assert self.process.stderr is not None
        line = self.process.stderr.readline().decode()
        found = re.fullmatch(rf"ami: {TIME} (.*)\n", line)
        assert found, line
        return found[1]

    def reread(self) -> str:
        """Send a SIGHUP, and return the next line of stderr."""
        self.process.send_signal(signal.SIGHUP)
        return self.stderr()

    def stop(self, status: int = 0) -> None:
        """Send a SIGTERM; the command ends with this status, and says no more."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == status
        self._thread.join(PATIENCE)
        assert self.process.stderr is not None
        assert self.process.stderr.read() == b""

    def _servers_now(self) -> set[object]:
        begin = len(self.records)
        time.sleep(PERIODS * PERIOD)
        return {each["server"] for each in self.records[begin:]}

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.records.append(json.loads(line))


@contextmanager
def listening(*words: str, file: Path, env: dict[str, str] | None = None) -> Iterator[Listening]:
    with running(*words, "--config", str(file), "--json", env=env) as process:
        yield Listening(process)


@pytest.mark.parametrize("backend", BACKENDS)
def test_listen_takes_the_file_as_it_is_now(
    backend: str, hosts: dict[str, LoopbackServer], tmp_path: Path
) -> None:
    """R-CONF-04: what changed is changed; the rest keeps its session, and events are shown all the time."""
    ports = {name: host.port for name, host in hosts.items()}
    file = servers_file(tmp_path, one=ports["one"], two=ports["two"])
    with listening("listen", "--event", "New*", "--backend", backend, file=file) as command:
        assert command.told_by("one", "two")
        assert command.reread() == f"{file} was read again: no server has changed"

        servers_file(tmp_path, one=ports["one"], three=ports["three"])
        assert command.reread() == f"{file} was read again: added three; removed two"
        assert command.told_by("one", "three")
        assert eventually(lambda: hosts["two"].call(lambda core: not core.sessions))

        file.write_text(file.read_text() + "heartbeat_interval = 9\n")  # in the last table
        assert command.reread() == f"{file} was read again: replaced three"
        assert command.told_by("one", "three")
        assert eventually(lambda: any(each["type"] == "gap" for each in command.records))
        gaps = [each["server"] for each in command.records if each["type"] == "gap"]
        assert gaps == ["three"]
        command.stop()
    assert {name: host.accepted for name, host in hosts.items()} == {"one": 1, "two": 1, "three": 2}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_file_with_a_mistake_changes_nothing(
    backend: str, hosts: dict[str, LoopbackServer], tmp_path: Path
) -> None:
    """R-CONF-04: one sentence each, with the key that was meant; `--server` chooses from the new file."""
    ports = {name: host.port for name, host in hosts.items()}
    file = servers_file(tmp_path, **ports)
    good = file.read_text()
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    with listening("listen", "--server", "o*", "--server", "tw?", "--backend", backend, file=file) as command:
        assert command.told_by("one", "two")
        for text, said in (
            (good.replace("port", "prot"), "[servers.one]: unknown key 'prot': did you mean 'port'?"),
            (good.replace("[servers.two", "[servers.twwo"), "has no server 'tw?': it has one, twwo, three"),
            (good.replace("[defaults]", "[defaults]\ntls = { ca_file = 'no.pem' }"), "no.pem: No such file"),
            (
                good.replace("[defaults]", "[defaults]\ntls = { ca_file = 'bad.pem' }"),
                "cannot be read as PEM",
            ),
            ("[", f"{file}: Invalid"),
        ):
            file.write_text(text)
            line = command.reread()
            assert line.startswith("the servers stay as they are: ")
            assert said in line
        file.unlink()
        assert command.reread() == f"the servers stay as they are: {file}: No such file or directory"
        servers_file(tmp_path, one=ports["one"], two=ports["two"], three=1)
        assert command.reread() == f"{file} was read again: no server has changed"
        assert command.told_by("one", "two")
        command.stop()
    assert {name: host.accepted for name, host in hosts.items()} == {"one": 1, "two": 1, "three": 0}


def test_the_secret_is_read_again_and_a_server_that_was_given_up_is_tried_again(
    hosts: dict[str, LoopbackServer], tmp_path: Path
) -> None:
    """R-CONF-04, R-OBS-04: also with -vv no secret is shown, neither the old nor the new one."""
    file = servers_file(tmp_path, one=hosts["one"].port, two=hosts["two"].port)
    text = file.read_text().replace("[defaults]", "[defaults]\nsecret = 's3cr3t'")
    file.write_text(f"{text}secret_file = 'two.secret'\n")
    secret = tmp_path / "two.secret"
    secret.write_text("wr0ng-one")
    secret.chmod(0o600)
    with running("listen", "--config", str(file), "--json", "-vv", env={"AMI_SECRET": ""}) as process:
        command = Listening(process)
        assert command.told_by("one")
        said = [command.stderr()]

        def read_until(end: str) -> None:
            while end not in said[-1]:
                said.append(command.stderr())

        read_until("two: closed: login refused")
        process.send_signal(signal.SIGHUP)
        read_until("was read again: tried again two")
        read_until("two: closed: login refused")
        secret.write_text("")
        process.send_signal(signal.SIGHUP)
        read_until("the servers stay as they are: ")
        assert "[servers.two]: secret_file: the first line of the secret file is empty" in said[-1]
        secret.write_text("s3cr3t")
        process.send_signal(signal.SIGHUP)
        read_until("was read again: replaced two")
        assert command.told_by("one", "two")
        process.send_signal(signal.SIGTERM)
        read_until("one: closed")
    assert not [line for line in said if "wr0ng" in line or "s3cr3t" in line]
    assert (hosts["one"].accepted, hosts["two"].accepted) == (1, 3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_status_watch_takes_the_file_as_it_is_now(
    backend: str, hosts: dict[str, LoopbackServer], tmp_path: Path
) -> None:
    """R-CONF-04: servers that come, and no rows of those that are gone."""
    ports = {name: host.port for name, host in hosts.items()}
    file = servers_file(tmp_path, one=ports["one"], two=ports["two"])
    with listening("status", "--watch", "--backend", backend, file=file) as command:
        assert command.told_by("one", "two")
        servers_file(tmp_path, one=ports["one"], three=ports["three"])
        assert command.reread() == f"{file} was read again: added three; removed two"
        begin = len(command.records)
        assert command.told_by("one", "three")
        assert "two" not in {each["server"] for each in command.records[begin:]}
        command.stop(143)
    assert {name: host.accepted for name, host in hosts.items()} == {"one": 1, "two": 1, "three": 1}


def test_metrics_of_a_server_that_is_removed_end(hosts: dict[str, LoopbackServer], tmp_path: Path) -> None:
    """R-OBS-03, R-CONF-04."""
    ports = {name: host.port for name, host in hosts.items()}
    file = servers_file(tmp_path, one=ports["one"], two=ports["two"])
    with running("listen", "--config", str(file), "--json", "--metrics-port", "0") as process:
        assert process.stderr is not None
        place = process.stderr.readline().decode().partition("metrics at ")[2].strip()

        def served(name: str) -> bool:
            with urllib.request.urlopen(place, timeout=PATIENCE) as response:
                return f'server="{name}"' in response.read().decode()

        command = Listening(process)
        assert command.told_by("one", "two")
        assert served("two")
        servers_file(tmp_path, one=ports["one"], three=ports["three"])
        command.reread()
        assert command.told_by("one", "three")
        assert eventually(lambda: not served("two"))
        assert served("one")
        assert served("three")
        command.stop()


# -- a SIGHUP that means something else


def test_a_sighup_that_is_ignored_stays_ignored(hosts: dict[str, LoopbackServer], tmp_path: Path) -> None:
    """As nohup has it: the file is not read again, and the command goes on."""
    file = servers_file(tmp_path, one=hosts["one"].port)
    begin = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
    words = [sys.executable, "-m", "ami_backends.cli", "listen", "--config", str(file), "--json"]
    process = subprocess.Popen(
        [sys.executable, "-c", begin + "os.execv(sys.argv[1], sys.argv[1:])", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    with ended(process):
        command = Listening(process)
        assert command.told_by("one")
        file.unlink()
        process.send_signal(signal.SIGHUP)
        assert command.told_by("one")
        command.stop()


def hold(link: socket.socket) -> None:
    """Say nothing until the client is gone."""
    link.recv(1)


@pytest.mark.parametrize("words", [["status"], ["send", "--server", "one", "WaitEvent"]])
def test_commands_that_end_by_themselves_take_no_sighup(words: list[str], tmp_path: Path) -> None:
    """It ends them, as it ends any process."""
    with peer(hold) as silent:
        name, *rest = words
        with running(name, "--config", str(servers_file(tmp_path, one=silent)), *rest) as process:
            time.sleep(1.0)
            process.send_signal(signal.SIGHUP)
            assert process.wait(PATIENCE) == -signal.SIGHUP


def test_a_command_ends_with_its_terminal(hosts: dict[str, LoopbackServer], tmp_path: Path) -> None:
    """It would go on for ever, unseen."""
    file = servers_file(tmp_path, one=hosts["one"].port)
    terminal, inside = pty.openpty()
    words = [sys.executable, "-m", "ami_backends.cli", "listen", "--config", str(file), "--count", "1000000"]
    begin = "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    process = subprocess.Popen(
        [sys.executable, "-c", begin + "os.execv(sys.argv[1], sys.argv[1:])", *words],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        env=environment(),
    )
    os.close(inside)
    with ended(process):
        assert os.read(terminal, 1)
        os.close(terminal)
        assert process.wait(PATIENCE) in (-signal.SIGHUP, ExitStatus.OUTPUT)


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()
        process.communicate()
