"""`ami status`: how each server stands, and every way to end it."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ami_backends.cli.backends import CALLS_MAX
from ami_backends.cli.status import ready_timeout
from conformance.mock import Exchange, LoopbackServer, MockAction, MockServer
from tests.cli_harness import PATIENCE, ROOT, ami, dead_port, environment, mock, running, servers_file

BACKENDS = ["selectors", "asyncio", "trio", "gevent"]
WRONG = {"AMI_SERVERS_WRONG_SECRET": "wrong"}
"""What makes the login of the server `wrong` fail."""


@pytest.fixture
def good() -> Iterator[LoopbackServer]:
    with mock() as server:
        yield server


@pytest.fixture
def mixed(good: LoopbackServer, tmp_path: Path) -> Iterator[Path]:
    """Give a file with a good server, a dead port, and a server that refuses the login."""
    with mock() as wrong, dead_port() as dead:
        yield servers_file(tmp_path, good=good.port, dead=dead, wrong=wrong.port)


@contextmanager
def watching(file: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    with running("status", "--config", str(file), "--watch", *options) as process:
        yield process


def read_record(process: subprocess.Popen[bytes]) -> dict[str, object]:
    assert process.stdout is not None
    record: dict[str, object] = json.loads(process.stdout.readline())
    return record


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_server_has_its_row(backend: str, mixed: Path) -> None:
    """R-CLUSTER-01, R-AUTH-08: a dead server and a wrong secret hide nobody else; the row has the cause."""
    done = ami("status", "--config", str(mixed), "--timeout", "2", "--backend", backend, env=WRONG)
    assert done.status == 3, done
    assert done.complaint == "2 of 3 servers not ready: dead, wrong"
    titles, *rows = done.out.splitlines()
    assert titles.split() == [
        "server",
        "state",
        "since",
        "round",
        "trip",
        "pending",
        "drops",
        "last",
        "cause",
    ]
    good, dead, wrong = rows
    assert good.split()[:2] == ["good", "ready"]
    assert good.split()[5:] == ["ms", "0", "0"]
    assert dead.startswith("dead ")
    assert dead.endswith(" connection refused")
    assert wrong.split()[:2] == ["wrong", "closed"]
    assert wrong.endswith(" login refused: Authentication failed")
    assert titles.index("state") == good.index("ready") == wrong.index("closed")
    assert titles.index("last cause") == dead.index("connection refused")


@pytest.mark.parametrize("backend", BACKENDS)
def test_status_0_says_that_all_are_ready(backend: str, good: LoopbackServer, tmp_path: Path) -> None:
    with mock() as other:
        file = servers_file(tmp_path, one=good.port, other=other.port)
        done = ami("status", "--config", str(file), "--json", "--backend", backend)
    assert (done.status, done.err) == (0, ""), done
    records = [json.loads(line) for line in done.out.splitlines()]
    assert [record["server"] for record in records] == ["one", "other"]
    for record in records:
        assert (record["type"], record["state"], record["reason"]) == ("status", "ready", None)
        assert (record["pending"], record["drops"]) == (0, 0)
        assert 0 < record["round_trip"] < PATIENCE
        assert 0 <= record["since"] < PATIENCE


def test_json_has_the_cause(mixed: Path) -> None:
    done = ami("status", "--config", str(mixed), "--server", "wrong", "--json", env=WRONG)
    record = json.loads(done.out)
    assert (done.status, record["state"], record["round_trip"]) == (3, "closed", None)
    assert (record["reason"], record["detail"]) == ("login refused", "Authentication failed")


def test_globs_choose_servers_in_the_order_of_the_file(mixed: Path) -> None:
    options = ["--server", "w*", "--server", "?ood", "--json"]
    done = ami("status", "--config", str(mixed), *options, env=WRONG)
    assert [json.loads(line)["server"] for line in done.out.splitlines()] == ["good", "wrong"]


def test_a_server_that_does_not_answer_is_not_ready(good: LoopbackServer, tmp_path: Path) -> None:
    ping = good.call(lambda core: core.actions["ping"])
    good.call(lambda core: core.actions.update(ping=replace(ping, handler=lambda _: None)))
    with mock() as other:
        done = ami("status", "--config", str(servers_file(tmp_path, deaf=good.port, other=other.port)))
    assert done.status == 3, done
    assert done.complaint == "1 of 2 servers not ready: deaf"
    row = done.out.splitlines()[1].split()
    assert (row[:2], row[4:]) == (["deaf", "ready"], ["none", "0", "0"])


def test_a_policy_does_not_keep_it_from_its_ping(good: LoopbackServer, tmp_path: Path) -> None:
    """R-POLICY-01: the server of a file that allows nothing else is asked, too."""
    file = servers_file(tmp_path, good=good.port)
    file.write_text(file.read_text() + 'policy = { allow = ["QueueStatus"] }\n')
    done = ami("status", "--config", str(file))
    assert done.status == 0, done


def test_it_waits_for_a_server_that_boots(tmp_path: Path) -> None:
    """Also when another one was given up long before."""
    with mock(MockServer(boot_duration=1.5)) as server, mock() as wrong:
        command = ("status", "--config", str(servers_file(tmp_path, pbx=server.port, wrong=wrong.port)))
        early = ami(*command, "--timeout", "0.2", env=WRONG)
        late = ami(*command, "--timeout", "60", env=WRONG)
    assert [ended.out.splitlines()[1].split()[:2] for ended in (early, late)] == [
        ["pbx", "authenticating"],
        ["pbx", "ready"],
    ]


def test_many_servers_get_the_time_that_their_dials_take() -> None:
    """R-CLUSTER-03: a cluster dials 50 in a second."""
    assert [ready_timeout(count) for count in (0, 50, 1000)] == [10.0, 11.0, 30.0]


def test_more_servers_than_are_asked_at_once(good: LoopbackServer, tmp_path: Path) -> None:
    count = CALLS_MAX + 10
    file = servers_file(tmp_path, **{f"pbx{number}": good.port for number in range(count)})
    for backend in BACKENDS:
        done = ami("status", "--config", str(file), "--json", "--backend", backend)
        assert (done.status, len(done.out.splitlines())) == (0, count), done


def test_no_events_are_asked_for_but_the_end_of_a_boot(good: LoopbackServer, tmp_path: Path) -> None:
    masks: list[str | None] = []
    login = good.call(lambda core: core.actions["login"])
    good.call(lambda core: core.actions.update(login=recording(login, masks)))
    file = servers_file(tmp_path, pbx=good.port)
    for waits in ("", "no"):
        assert ami("status", "--config", str(file), env={"AMI_WAIT_FULLY_BOOTED": waits}).status == 0
    assert masks == ["system", "off"]


def test_it_prints_what_the_page_shows(good: LoopbackServer, tmp_path: Path) -> None:
    """All but the figures, and in which step of an attempt the server is found."""
    page = (ROOT / "docs" / "how-to" / "configure.md").read_text(encoding="utf-8")
    shown = page.partition("$ ami status --config ami.toml --timeout 5\n")[2].partition("```")[0]
    with dead_port() as dead:
        file = servers_file(tmp_path, pbx1=good.port, pbx2=dead)
        done = ami("status", "--config", str(file), "--timeout", "1")

    def plain(text: str) -> list[str]:
        words = re.sub(r"[\d.]+ (m?s)\b", r"0 \1", text).replace("connecting", "disconnected")
        return [" ".join(line.split()) for line in words.splitlines()]

    assert plain(done.out + done.err) == plain(shown)


# -- `--watch`, and its ends


@pytest.mark.parametrize("backend", ["selectors", "asyncio"])
def test_watch_shows_a_loss_and_a_recovery(backend: str, good: LoopbackServer, tmp_path: Path) -> None:
    file = servers_file(tmp_path, pbx=good.port)
    with watching(file, "--json", "--backend", backend) as process:
        assert read_record(process)["state"] == "ready"
        good.stop()
        while (lost := read_record(process))["state"] == "ready":
            pass
        again = read_record(process)
        assert lost["reason"] is not None
        assert float(str(again["since"])) > float(str(lost["since"])) >= 0  # not since the latest attempt
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (130, b"")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_watch(
    backend: str, number: signal.Signals, status: int, mixed: Path, good: LoopbackServer
) -> None:
    """R-DRIVER-05: it logs off, and prints nothing."""
    requested: list[str | None] = []
    logoff = good.call(lambda core: core.actions["logoff"])
    good.call(lambda core: core.actions.update(logoff=recording(logoff, requested)))
    with watching(mixed, "--timeout", "1", "--backend", backend) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"-- ")
        process.send_signal(number)
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (status, b"")
    assert len(requested) == 1


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_wait_for_ready_servers(
    backend: str, number: signal.Signals, status: int, mixed: Path, good: LoopbackServer
) -> None:
    """R-DRIVER-05."""
    command = ("status", "--config", str(mixed), "--timeout", "60", "--backend", backend)
    with running(*command, env={"PYTHONUNBUFFERED": "1"}) as process:
        while not good.call(lambda core: dict(core.sessions)):
            assert process.poll() is None
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (status, b"", b"")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_wait_for_an_answer(
    backend: str, number: signal.Signals, status: int, good: LoopbackServer, tmp_path: Path
) -> None:
    """R-DRIVER-05: and prints no table of a client that logs off."""
    pings: list[str | None] = []
    ping = good.call(lambda core: core.actions["ping"])
    deaf = recording(replace(ping, handler=lambda _: None), pings)
    good.call(lambda core: core.actions.update(ping=deaf))
    command = ("status", "--config", str(servers_file(tmp_path, pbx=good.port)), "--backend", backend)
    with running(*command) as process:
        while not pings:
            assert process.poll() is None
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (status, b"", b"")


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["plain", "json"])
def test_the_watch_into_head_ends_as_any_program_does(options: list[str], mixed: Path) -> None:
    with watching(mixed, "--timeout", "0.5", *options) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(PATIENCE) == 141
        assert process.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["plain", "json"])
def test_a_full_disk_is_status_74(options: list[str], mixed: Path) -> None:
    command = ["status", "--config", str(mixed), "--timeout", "0.5", *options]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ami_backends.cli", *command],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=PATIENCE,
            check=False,
        )
    said = b"ami: the output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (74, said)


def test_a_terminal_gets_a_table(good: LoopbackServer, tmp_path: Path) -> None:
    program = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    command = ["-m", "ami_backends.cli", "status", "--config", str(servers_file(tmp_path, pbx=good.port))]
    done = subprocess.run(
        [sys.executable, "-c", program, sys.executable, *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment({"TERM": "xterm"}),
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done
    assert "│ pbx" in done.stdout.decode()


def recording(action: MockAction, seen: list[str | None]) -> MockAction:
    """Return the same action with a handler that records the event mask of each request."""

    def handle(exchange: Exchange) -> None:
        seen.append(exchange.request.get("Events"))
        action.handler(exchange)

    return replace(action, handler=handle)
