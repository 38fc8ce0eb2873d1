"""R-POLICY-03: `ami doctor` against the mock server."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ami_backends.cli.doctor import NetworkPath, path_to
from conformance.laws.peer import Peer, recording
from conformance.mock import LoopbackServer, MockServer, MockUser
from conformance.mock.privileges import parse_classes
from tests.cli_harness import Ended, ami, mock, url

FITTING = """\
server   {server}, release unknown: CoreSettings needs the class reporting or system
account  ops, from any address
read     system, call, command
write    call, command

list   class    account  for
read   system   there    FullyBooted
read   call     there    Newchannel, Hangup
write  call     there    SendText
write  command  there    Command

warning: read has more than is needed: command

[ops]
; secret = (unchanged)
read = system,call
write = call,command
eventfilter = Event: FullyBooted
eventfilter = Event: Hangup
eventfilter = Event: Newchannel
deny = 0.0.0.0/0.0.0.0
deny = ::/0
permit = 127.0.0.1/255.255.255.255
permit = ::1/128
writetimeout = 5000
"""
FILE = """
[servers.pbx]
host = "127.0.0.1"
port = {port}
username = "{user}"
secret = "s3cr3t"
events = "{events}"
policy = {{ allow = ["SendText"], commands = ["core show version"] }}
"""


def user(name: str, read: str, write: str, *filters: str) -> MockUser:
    """Return a user of the mock."""
    return MockUser(name, "s3cr3t", parse_classes(read), parse_classes(write), filters)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """Give a server with users that lack and have too much."""
    users = [
        user("admin", "all", "all"),
        user("ops", "system,call,command", "call,command"),
        user("least", "system,call", "call"),
        user("deaf", "call", "reporting"),
        user("filtered", "system,call", "call,command", "Event: Hangup"),
    ]
    with mock(MockServer(users=users, login_refusal_delay=0.05)) as made:
        yield made


def doctor(server: LoopbackServer, name: str, *arguments: str, **env: str) -> Ended:
    """Run `ami doctor` for a user."""
    return ami("doctor", url(server, name), *arguments, env=env)


def report(ended: Ended) -> dict[str, Any]:
    """Return the one object of `--json`."""
    (line,) = ended.out.splitlines()
    found = json.loads(line)
    assert isinstance(found, dict)
    return found


def write_file(folder: Path, server: LoopbackServer, name: str, events: str = "") -> str:
    """Write a configuration file with the server, and return its path."""
    path = folder / "ami.toml"
    path.write_text(FILE.format(port=server.port, user=name, events=events))
    return str(path)


def test_it_shows_facts_classes_warnings_and_the_section(server: LoopbackServer, tmp_path: Path) -> None:
    """R-POLICY-03: for the policy of a file; no line is longer than 80 columns."""
    path = write_file(tmp_path, server, "ops")
    ended = ami("doctor", "--config", path, "--events", "newchannel,Hangup")
    assert ended.out == FITTING.format(server="pbx")
    assert max(map(len, ended.out.splitlines())) <= 80
    assert (ended.status, ended.err) == (1, "")


def test_a_fitting_account_is_status_0(server: LoopbackServer) -> None:
    """R-POLICY-03: what Asterisk does not tell is no warning."""
    ended = doctor(server, "least", "--events", "Newchannel", AMI_EVENTS="system,call")
    assert ended.status == 0, ended
    assert "no warnings" in ended.out
    assert "read     unknown: Asterisk tells it only to accounts with the class command" in ended.out
    assert "write    call; perhaps more: this is what ListCommands shows" in ended.out


@pytest.mark.parametrize(
    ("host", "remote"), [("127.0.0.1", False), ("127.0.0.9", False), ("192.0.2.1", True)]
)
def test_a_server_on_this_machine_is_not_another_host(host: str, remote: bool) -> None:
    """R-POLICY-03."""
    assert path_to(host, 5038).remote is remote


def test_a_server_that_cannot_be_found_may_be_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-POLICY-03: and nobody knows which address of this machine it sees."""

    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert path_to("pbx", 5038) == NetworkPath(None, remote=True)


def test_json_is_one_object(server: LoopbackServer) -> None:
    """R-POLICY-03: with the same status."""
    ended = doctor(server, "admin", "--policy", "observe", "--events", "Queue*", "--json")
    found = report(ended)
    assert ended.status == 1
    told = doctor(server, "admin", "--policy", "observe").out
    assert max(map(len, told.splitlines())) <= 80
    assert (found["type"], found["release"], found["username"]) == ("doctor", "22.10.1", "admin")
    assert found["read"]["needs"].keys() == {"system", "agent"}
    assert found["write"]["needs"]["agent"] == ["Agents"]
    assert found["write"]["missing"] == []
    assert "originate" in found["write"]["unneeded"]
    assert "SIPpeers" in found["absent"]
    assert found["section"][0] == "[admin]"
    assert "write = system,call,agent,reporting" in found["section"]
    assert (found["fully_booted"], found["limited"]) == (True, False)
    assert found["warnings"][0].startswith("read has more than is needed: call, log")


def test_missing_classes_and_a_hidden_fully_booted_are_told(server: LoopbackServer) -> None:
    """R-POLICY-03: FullyBooted is waited for a short time only."""
    limits = ("--connect-timeout", "0.3")
    found = report(doctor(server, "deaf", "--policy", "operate", "--events", "Hangup", "--json", *limits))
    assert found["fully_booted"] is False
    assert found["read"] == {
        "has": None, "whole": False, "needs": {"system": ["FullyBooted"], "call": ["Hangup"]}, "open": False,
        "missing": [], "unneeded": [],
    }  # fmt: skip
    assert found["write"]["missing"] == ["system", "call", "agent"]
    assert found["warnings"][0].startswith("no FullyBooted came: read lacks system")
    assert any(each.startswith("write lacks call, for ") for each in found["warnings"])


def test_an_event_filter_cannot_hide_fully_booted_after_the_login(server: LoopbackServer) -> None:
    """R-POLICY-03: Asterisk writes it past the filters, and so does the mock."""
    assert report(doctor(server, "filtered", "--json"))["fully_booted"] is True


def test_nothing_but_questions_is_sent() -> None:
    """R-POLICY-03: whatever the policy; a user without Command is not asked about."""
    asked: list[str] = []
    with Peer(recording(asked)) as peer:
        ended = ami("doctor", f"ami://admin@127.0.0.1:{peer.port}", "--policy", "operate")
    assert ended.status == 1, ended
    assert asked == ["CoreSettings", "ListCommands", "Logoff"]


def test_the_policy_and_the_events_come_from_the_environment_too(server: LoopbackServer) -> None:
    """R-POLICY-03: `AMI_POLICY`, `AMI_EVENTS` and `AMI_WAIT_FULLY_BOOTED`."""
    env = {"AMI_POLICY": "observe", "AMI_EVENTS": "agent", "AMI_WAIT_FULLY_BOOTED": "no"}
    found = report(doctor(server, "ops", "--json", **env))
    assert found["read"]["missing"] == ["agent"]
    assert found["fully_booted"] is None
    assert not found["write"]["open"]


@pytest.mark.parametrize(
    ("arguments", "env", "said"),
    [
        (("--policy", "none"), {}, "--policy must be observe, operate or all"),
        ((), {"AMI_POLICY": "none"}, "AMI_POLICY must be observe, operate or all"),
        (("--timeout", "0"), {}, "--timeout must be above 0 seconds"),
        (("--server", "pbx"), {}, "--server chooses from a file: name it with --config"),
    ],
)
def test_wrong_usage_is_status_2(
    server: LoopbackServer, arguments: tuple[str, ...], env: dict[str, str], said: str
) -> None:
    """R-POLICY-03."""
    ended = doctor(server, "admin", *arguments, **env)
    assert (ended.status, ended.complaint) == (2, said)


def test_a_target_is_a_url() -> None:
    """R-POLICY-03: also where the environment names the server."""
    ended = ami("doctor", "pbx", env={"AMI_HOST": "127.0.0.1", "AMI_USERNAME": "ops"})
    assert (ended.status, ended.complaint) == (2, "the target must be written as ami://user@host[:port]")


def test_a_refused_login_is_status_4(server: LoopbackServer) -> None:
    """R-POLICY-03: as for every command."""
    assert doctor(server, "admin", AMI_SECRET="wrong").status == 4


def test_a_policy_of_a_file_gives_way_to_the_option(server: LoopbackServer, tmp_path: Path) -> None:
    """R-POLICY-03."""
    path = write_file(tmp_path, server, "admin", events="call")
    found = report(ami("doctor", "--config", path, "--policy", "observe", "--json"))
    assert "agent" in found["write"]["needs"]
    assert found["read"]["needs"] == {"call": ["the option events (call)"]}
