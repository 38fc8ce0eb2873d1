"""The provisioned servers do what other tests rely on; proved with a plain socket, without the library."""

import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from conformance.asterisk.raw import RawFrame, RawSession, logged_in
from conformance.asterisk.server import AsteriskServer, ManagerAccount
from conformance.asterisk.targets import AsteriskTarget, ExternalServer
from tests.real_asterisk import session

pytestmark = pytest.mark.asterisk

BANNERS = {22: b"Asterisk Call Manager/11.", 16: b"Asterisk Call Manager/5."}

STARTS_SERVERS = """
import sys, time
from conformance.asterisk.server import AsteriskServer
server = AsteriskServer(int(sys.argv[1]))
server.start()
print(server.pid, flush=True)
time.sleep(60)
"""


def originate(ami: RawSession, channel: str, *more: tuple[str, str]) -> str:
    """Start a call and return its ActionID."""
    headers = [("Channel", channel), ("Application", "Wait"), ("Data", "1"), ("Async", "true")]
    response = ami.reply("Originate", *headers, *more)
    assert response["Message"] == "Originate successfully queued"
    return response["ActionID"]


def alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


# -- greeting, login, ping


def test_greets_with_the_banner_of_its_version(asterisk: AsteriskTarget) -> None:
    with RawSession(asterisk.host, asterisk.port) as ami:
        assert ami.banner.startswith(BANNERS.get(asterisk.version, b"Asterisk Call Manager/"))
        assert ami.banner.endswith(b"\r\n")


def test_every_user_can_log_in(asterisk: AsteriskTarget) -> None:
    for user in asterisk.users.values():
        with RawSession(asterisk.host, asterisk.port) as ami:
            assert ami.login(user.username, user.secret)["Message"] == "Authentication accepted"


def test_answers_ping(asterisk: AsteriskTarget) -> None:
    with session(asterisk) as ami:
        assert ami.reply("Ping")["Ping"] == "Pong"


def test_refuses_a_wrong_secret_and_closes(asterisk: AsteriskTarget) -> None:
    with RawSession(asterisk.host, asterisk.port) as ami:
        response = ami.login("admin", "wrong")
        assert (response["Response"], response["Message"]) == ("Error", "Authentication failed")
        with pytest.raises(EOFError):
            ami.read()


def test_its_version_is_the_provisioned_one(asterisk: AsteriskTarget) -> None:
    assert asterisk.cli("core show version").startswith(f"Asterisk {asterisk.version}.")
    with session(asterisk) as ami:
        assert ami.reply("CoreSettings")["AsteriskVersion"].startswith(f"{asterisk.version}.")


# -- TLS


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_ca_file_verifies_its_certificate(asterisk: AsteriskTarget, name: str) -> None:
    context = ssl.create_default_context(cafile=asterisk.ca_file)
    admin = asterisk.users["admin"]
    with logged_in(name, asterisk.tls_port, admin.username, admin.secret, tls=context) as ami:
        assert ami.reply("Ping")["Ping"] == "Pong"


def test_the_default_authorities_do_not_verify_its_certificate(asterisk: AsteriskTarget) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        RawSession(asterisk.host, asterisk.tls_port, tls=ssl.create_default_context())


# -- users


def test_the_readonly_user_may_not_run_commands(asterisk: AsteriskTarget) -> None:
    with session(asterisk, "readonly") as ami:
        assert ami.reply("Command", ("Command", "core show version"))["Message"] == "Permission denied"


@pytest.mark.parametrize(("user", "sees_variables"), [("admin", True), ("filtered", False)])
def test_the_filtered_user_sees_no_varset(asterisk: AsteriskTarget, user: str, sees_variables: bool) -> None:
    with session(asterisk, user, events="on") as ami:
        originate(ami, asterisk.local("user"), ("ChannelId", f"of-{user}"))
        names = set()
        while (frame := ami.read())["Event"] != "Hangup" or frame["Uniqueid"] != f"of-{user}":
            names.add(frame["Event"])
    assert "Newchannel" in names
    assert ("VarSet" in names) is sees_variables


# -- calls


@pytest.mark.parametrize(
    ("extension", "response", "reason"),
    [
        ("1000", "Success", "4"),
        ("nosuch", "Failure", "0"),
        ("busy", "Failure", "5"),
        ("fail", "Failure", "0"),
    ],
)
def test_originate_ends_as_the_dialplan_says(
    asterisk: AsteriskTarget, extension: str, response: str, reason: str
) -> None:
    with session(asterisk, events="call") as ami:
        action_id = originate(ami, asterisk.local(extension))
        event = ami.event("OriginateResponse", ActionID=action_id)
    assert (event["Response"], event["Reason"]) == (response, reason)


@pytest.mark.parametrize(
    ("extension", "event", "headers"),
    [
        ("queue", "QueueCallerJoin", {"Queue": "support"}),
        ("conf", "ConfbridgeJoin", {"Conference": "room1"}),
        ("park", "ParkedCall", {"Parkinglot": "default"}),
        ("agi", "AsyncAGIStart", {}),
        ("dial", "DialBegin", {"DialString": "1000@default"}),
        ("user", "UserEvent", {"UserEvent": "Weird", "Uni": "héllo ☎", "Colon": "a:b:c"}),
        ("user", "VarSet", {"Variable": "X", "Value": r"multi\\nline"}),
        ("bytes", "Newexten", {"AppData": "one\ntwo"}),
        ("bytes", "Newexten", {"AppData": "caf\udce9"}),
        ("short", "Hangup", {"Exten": "short", "Cause": "16"}),
    ],
)
def test_the_dialplan_brings_every_kind_of_event(
    asterisk: AsteriskTarget, extension: str, event: str, headers: dict[str, str]
) -> None:
    with session(asterisk, events="on") as ami:
        originate(ami, asterisk.local(extension))
        assert ami.event(event, **headers)["Privilege"]


# -- lists


@pytest.mark.parametrize(
    ("action", "item", "header", "values"),
    [
        ("QueueStatus", "QueueParams", "Queue", {"sales", "support"}),
        ("QueueStatus", "QueueMember", "Name", {"Agent One"}),
        ("QueueSummary", "QueueSummary", "Queue", {"sales", "support"}),
        ("Parkinglots", "Parkinglot", "Name", {"default"}),
        ("PJSIPShowEndpoints", "EndpointList", "ObjectName", {"alice", "bob"}),
        ("PJSIPShowAors", "AorList", "ObjectName", {"alice", "bob"}),
        ("PJSIPShowAuths", "AuthList", "ObjectName", {"alice"}),
        ("IAXpeers", "PeerEntry", "ObjectName", {"carol"}),
        ("Agents", "Agents", "Agent", {"agent-one"}),
        ("ExtensionStateList", "ExtensionStatus", "Exten", {"alice", "door"}),
    ],
)
def test_lists_have_items(
    asterisk: AsteriskTarget, action: str, item: str, header: str, values: set[str]
) -> None:
    asterisk.local("lists")  # skips the test for a user's own server: the items are ours
    with session(asterisk) as ami:
        assert {frame[header] for frame in ami.list(action) if frame["Event"] == item} == values


def test_parked_calls_are_listed(asterisk: AsteriskTarget) -> None:
    with session(asterisk, events="call") as ami:
        originate(ami, asterisk.local("park"))
        channel = ami.event("ParkedCall")["ParkeeChannel"]
        assert channel in {frame["ParkeeChannel"] for frame in ami.list("ParkedCalls")}


# -- faults


def test_restart_ends_sessions_and_comes_back(asterisk: AsteriskTarget) -> None:
    with session(asterisk) as ami:
        asterisk.restart()
        ami.wait_closed()
    with session(asterisk) as ami:
        assert float(ami.reply("CoreStatus")["CoreCurrentCalls"]) == 0


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_killed_or_stopped_it_refuses_connections_until_started(asterisk: AsteriskTarget, end: str) -> None:
    with session(asterisk) as ami:
        getattr(asterisk, end)()
        ami.wait_closed()
    with pytest.raises(ConnectionRefusedError):
        RawSession(asterisk.host, asterisk.port)
    asterisk.start()
    with session(asterisk) as ami:
        assert ami.reply("Ping")["Ping"] == "Pong"


def test_paused_it_is_silent_and_resumed_it_answers(asterisk: AsteriskTarget) -> None:
    answers: list[RawFrame] = []
    with session(asterisk) as ami:
        asterisk.pause()
        waiter = threading.Thread(target=lambda: answers.append(ami.reply("Ping")))
        waiter.start()
        waiter.join(0.3)
        assert not answers
        asterisk.resume()
        waiter.join(5.0)
        assert [answer["Ping"] for answer in answers] == ["Pong"]


def test_a_server_started_by_a_thread_outlives_the_thread(asterisk: AsteriskTarget) -> None:
    asterisk.kill()
    thread = threading.Thread(target=asterisk.start)
    thread.start()
    thread.join()
    with session(asterisk) as ami:
        assert ami.reply("Ping")["Ping"] == "Pong"


# -- processes and ports


def test_two_versions_run_side_by_side(asterisk_pair: tuple[AsteriskServer, AsteriskServer]) -> None:
    newer, older = asterisk_pair
    with session(newer) as one, session(older) as other:
        assert (newer.version, older.version) == (22, 16)
        assert one.reply("Ping")["Timestamp"]
        assert other.reply("Ping")["Timestamp"]


def test_it_listens_on_loopback_only_and_is_not_root(
    asterisk_pair: tuple[AsteriskServer, AsteriskServer],
) -> None:
    for server in asterisk_pair:
        listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
        own = [line.split()[3] for line in listening.splitlines() if f"pid={server.pid}," in line]
        assert sorted(own) == sorted(f"127.0.0.1:{port}" for port in (server.port, server.tls_port))
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0


def test_two_servers_of_a_version_share_a_tree_and_clean_up(
    asterisk_pair: tuple[AsteriskServer, AsteriskServer],
) -> None:
    newer, _ = asterisk_pair
    with AsteriskServer(newer.version) as twin:
        folder = twin.ca_file.parent
        assert newer.port != twin.port
        with session(newer) as one, session(twin) as other:
            assert one.reply("Ping")["Ping"] == other.reply("Ping")["Ping"] == "Pong"
        pid = twin.pid
        assert pid is not None
        assert folder.exists()
    assert not folder.exists()
    assert not alive(pid)
    assert newer.pid is not None


def test_a_killed_test_run_ends_its_server_even_a_frozen_one(
    asterisk_pair: tuple[AsteriskServer, AsteriskServer],
) -> None:
    version = str(asterisk_pair[0].version)
    with subprocess.Popen([sys.executable, "-c", STARTS_SERVERS, version], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        pid = int(run.stdout.readline())
        os.kill(pid, signal.SIGSTOP)
        run.kill()
    deadline = time.monotonic() + 5.0
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(pid)


def test_the_users_own_server_is_never_stopped(asterisk: AsteriskTarget) -> None:
    admin = asterisk.users["admin"]
    external = ExternalServer(
        f"{asterisk.host}:{asterisk.port}", ManagerAccount(admin.username, admin.secret)
    )
    assert external.version == asterisk.version
    for forbidden in (external.stop, external.restart, external.kill, external.pause):
        with pytest.raises(pytest.skip.Exception, match="tests must not"):
            forbidden()
    with pytest.raises(pytest.skip.Exception, match="account `readonly`"):
        external.users["readonly"]
