"""`--config`: `ami listen` with all servers of a file, `ami send` and `ami command` with one of them."""

import json
import re
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.mock import LoopbackServer
from tests.cli_harness import PATIENCE, TIME, ami, chatter, dead_port, mock, running, servers_file

WRONG = {"AMI_SERVERS_WRONG_SECRET": "wrong"}
"""What makes the login of the server `wrong` fail."""


@pytest.fixture
def hosts() -> Iterator[dict[str, LoopbackServer]]:
    """Give two servers that publish events."""
    with mock() as one, mock() as two, chatter(one), chatter(two):
        yield {"one": one, "two": two}


@pytest.fixture
def file(hosts: dict[str, LoopbackServer], tmp_path: Path) -> Iterator[Path]:
    """Give a file with two good servers, a dead port, and a server that refuses the login."""
    with mock() as wrong, dead_port() as dead:
        yield servers_file(
            tmp_path, one=hosts["one"].port, dead=dead, wrong=wrong.port, two=hosts["two"].port
        )


# -- listen


@pytest.mark.parametrize("backend", ["selectors", "asyncio", "trio", "gevent"])
def test_listen_shows_the_events_of_all_servers(backend: str, file: Path) -> None:
    """R-CLUSTER-01: a dead server and a wrong secret hide nobody else; stderr names them and the causes."""
    command = ("listen", "--config", str(file), "--json", "--event", "New*", "--backend", backend)
    with running(*command, env=WRONG) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        seen: set[str] = set()
        while seen != {"one", "two"}:
            seen.add(json.loads(process.stdout.readline())["server"])
        said = [process.stderr.readline().decode()]
        while not any(" wrong: " in line for line in said):
            said.append(process.stderr.readline().decode())
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    for line in said:
        dead = r"dead: (still )?no connection, trying again in \d\S* s: connection refused"
        assert re.fullmatch(rf"ami: {TIME} ({dead}|wrong: given up: login refused: .*)\n", line)


def test_listen_names_the_server_in_text(file: Path) -> None:
    events = ("--event", "Newchannel", "--server", "[ot]*", "--count", "20")
    lines = ami("listen", "--config", str(file), *events).out.splitlines()
    matches = [re.match(rf"{TIME} (one|two) Newchannel           Channel=", line) for line in lines]
    assert {match and match[1] for match in matches} == {"one", "two"}
    full = ami("listen", "--config", str(file), *events, "--full").out
    titles = re.findall(rf"^{TIME} (one|two)\nEvent: Newchannel\n", full, re.MULTILINE)
    assert (set(titles), len(titles)) == ({"one", "two"}, 20)


def test_a_gap_names_its_server_and_the_others_go_on(file: Path, hosts: dict[str, LoopbackServer]) -> None:
    with running("listen", "--config", str(file), "--server", "one", "--server", "two", "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        seen: set[str] = set()
        while seen != {"one", "two"}:
            seen.add(json.loads(process.stdout.readline())["server"])
        hosts["two"].drop_links()
        while (record := json.loads(process.stdout.readline()))["type"] != "gap":
            pass
        assert (record["server"], record["reason"]) == ("two", "closed by the server")
        lost, again = (process.stderr.readline().decode() for _ in range(2))
        assert re.fullmatch(rf"ami: {TIME} two: connection lost, trying again in .* s: closed.*\n", lost)
        assert re.fullmatch(rf"ami: {TIME} two: connected again\n", again)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (130, b"")


def test_a_server_that_comes_later_is_said_to_be_connected(
    file: Path, hosts: dict[str, LoopbackServer]
) -> None:
    hosts["two"].stop_accepting()
    command = ("listen", "--config", str(file), "--server", "one", "--server", "two")
    with running(*command) as process:
        assert process.stderr is not None
        assert b" two: no connection, trying again in " in process.stderr.readline()
        hosts["two"].resume_accepting()
        while b" two: still no connection" in (line := process.stderr.readline()):
            pass
        assert re.fullmatch(rf"ami: {TIME} two: connected\n", line.decode())
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("backend", ["selectors", "asyncio", "trio", "gevent"])
def test_listen_ends_when_every_server_is_given_up(backend: str, tmp_path: Path) -> None:
    with mock() as one, mock() as two:
        file = servers_file(tmp_path, one=one.port, two=two.port)
        done = ami("listen", "--config", str(file), "--backend", backend, env={"AMI_SECRET": "wrong"})
    assert (done.status, done.out) == (4, ""), done
    *reports, error = done.err.splitlines()
    pattern = rf"ami: {TIME} (\w+): given up: login refused: Authentication failed"
    found = [re.fullmatch(pattern, report) for report in reports]
    assert sorted(each[1] if each else "" for each in found) == ["one", "two"]
    assert error == "ami: login at one, two refused: Authentication failed"


def test_listen_ends_when_the_last_server_is_lost_and_given_up(
    file: Path, hosts: dict[str, LoopbackServer]
) -> None:
    """Where the file forbids to connect again; the refused login before is not the error."""
    options = ("--server", "one", "--server", "wrong", "--json")
    with running("listen", "--config", str(file), *options, env=WRONG | {"AMI_RECONNECT": "no"}) as process:
        assert process.stdout is not None
        process.stdout.readline()
        hosts["one"].drop_links()
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3, err
    assert re.search(rf"^ami: {TIME} one: given up: closed by the server$", err.decode(), re.MULTILINE)
    assert err.endswith(b"\nami: no connection to one, wrong: closed by the server\n")


def test_metrics_name_each_server(file: Path) -> None:
    """R-OBS-03: also those that are read from snapshots."""
    command = ("listen", "--config", str(file), "--server", "one", "--server", "two", "--metrics-port", "0")
    with running(*command) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        seen = ""
        while not (" one " in seen and " two " in seen):
            seen += process.stdout.readline().decode()
        place = process.stderr.readline().decode().partition("metrics at ")[2].strip()
        with urllib.request.urlopen(place, timeout=PATIENCE) as response:
            served = response.read().decode()
    for name in ("one", "two"):
        assert f'ami_up{{server="{name}"}} 1.0' in served
        assert f'ami_actions_pending{{server="{name}"}} 0.0' in served


def test_no_secret_of_any_server_is_logged(file: Path) -> None:
    """R-AUTH-08."""
    done = ami("listen", "--config", str(file), "-vv", "--count", "4", env=WRONG | {"AMI_SECRET": "s3cr3t"})
    assert done.status == 0, done
    assert " one: " in done.err
    assert "s3cr3t" not in done.err


# -- send and command


def test_send_goes_to_the_server_that_is_named(file: Path, hosts: dict[str, LoopbackServer]) -> None:
    store = ("DBPut", "Family=f", "Key=k", "Val=v")
    done = ami("send", "--config", str(file), "--server", "two", *store)
    assert (done.status, done.err) == (0, ""), done
    stored = {name: host.call(lambda core: core.state.database.get("/f/k")) for name, host in hosts.items()}
    assert stored == {"one": None, "two": "v"}


def test_command_runs_on_the_server_that_is_named(file: Path) -> None:
    """Also where the file demands a wait for the end of a boot, which `command` does not wait for."""
    waits = {"AMI_WAIT_FULLY_BOOTED": "yes"}
    done = ami("command", "--config", str(file), "--server", "two", "core show version", env=waits)
    assert (done.status, done.err) == (0, ""), done
    assert done.out.startswith("Asterisk ")


def test_the_only_server_of_a_file_needs_no_name(hosts: dict[str, LoopbackServer], tmp_path: Path) -> None:
    done = ami("send", "--config", str(servers_file(tmp_path, pbx=hosts["one"].port)), "Ping")
    assert (done.status, done.err) == (0, ""), done
    assert "Ping: Pong" in done.out


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("wrong", 4, "login at wrong refused: Authentication failed"),
        ("dead", 3, "no connection to dead: connection refused"),
    ],
)
@pytest.mark.parametrize("command", [["send"], ["command"]])
def test_one_that_fails_ends_with_its_error(
    command: list[str], name: str, status: int, says: str, file: Path
) -> None:
    """Although in a file `retry` is true: a command has one attempt."""
    done = ami(*command, "--config", str(file), "--server", name, "Ping", env=WRONG)
    assert (done.status, done.complaint) == (status, says)


# -- usage


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["listen", "--config", "FILE", "ami://u@h"], "--config and a target exclude each other"),
        (["send", "--config", "FILE", "ami://u@h", "Ping"], "--config and a target exclude each other"),
        (["send", "--config", "FILE", "--secret-file", "s", "Ping"], "--config and --secret-file exclude"),
        (["listen", "--config", "FILE", "--ca", "s"], "--config and --ca exclude each other"),
        (["listen", "--config", "FILE", "--insecure"], "--config and --insecure exclude each other"),
        (["command", "--config", "FILE", "--connect-timeout", "1", "x"], "--config and --connect-timeout"),
        (["listen", "--server", "one", "ami://u@h"], "name it with --config"),
        (["send", "--server", "one", "ami://u@h", "Ping"], "name it with --config"),
        (["status"], "missing option '--config'"),
        (["status", "--config", "FILE", "--timeout", "0"], "--timeout must be above 0 seconds"),
        (["status", "--config", "FILE", "--timeout", "nan"], "--timeout must be above 0 seconds"),
        (["status", "--config", "FILE", "--server", "onee"], "has no server 'onee': did you mean 'one'?"),
        (["listen", "--config", "FILE", "--server", "o*", "--server", "x?"], "no server 'x?': it has one, "),
        (["send", "--config", "FILE", "--server", "three", "Ping"], "has no server 'three': "),
        (["send", "--config", "FILE", "Ping"], "has 4 servers: choose one with --server NAME"),
        (["status", "--config", "no-such.toml"], "no-such.toml: No such file or directory"),
        (["listen", "--config", "FOLDER"], "Is a directory"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(words: list[str], says: str, file: Path) -> None:
    places = {"FILE": str(file), "FOLDER": str(file.parent)}
    done = ami(*[places.get(word, word) for word in words])
    assert (done.status, done.out) == (2, ""), done
    assert says in done.complaint


def test_unreadable_certificates_are_named_before_anything_is_connected(tmp_path: Path) -> None:
    with mock() as server:
        file = servers_file(tmp_path, pbx=server.port)
        for words in (["status"], ["send", "Ping"], ["listen"]):
            name, *rest = words
            done = ami(name, "--config", str(file), *rest, env={"AMI_TLS_CA_FILE": "/no-such.pem"})
            assert (done.status, done.complaint) == (2, "/no-such.pem: No such file or directory")
        assert server.accepted == 0
