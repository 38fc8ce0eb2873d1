"""R-POLICY-03: what Asterisk 16 and 22 tell of an account, and that the section of `ami doctor` does."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ami_backends.cli.account import account_of, listed_actions, shown_user
from ami_backends.cli.needs import CLASSES
from ami_backends.selectors import Client, connect
from ami_proto import ActionFailed, Reply
from conformance.asterisk.server import AsteriskServer
from conformance.asterisk.targets import AsteriskTarget
from conformance.mock import LoopbackServer, MockServer, MockUser
from conformance.mock.privileges import parse_classes
from tests.cli_harness import Ended, ami
from tests.real_asterisk import BANNERS, client

pytestmark = pytest.mark.asterisk

EVENTS = "Newchannel,Hangup,UserEvent"


def doctor(server: AsteriskTarget, user: str, *arguments: str, secret: str | None = None) -> Ended:
    """Run `ami doctor` for a user."""
    secret = server.users[user].secret if secret is None else secret
    return ami("doctor", f"ami://{user}@{server.host}:{server.port}", *arguments, env={"AMI_SECRET": secret})


def report(ended: Ended) -> dict[str, Any]:
    """Return the one object of `--json`."""
    found = json.loads(ended.out)
    assert isinstance(found, dict)
    return found


@contextmanager
def users(server: AsteriskTarget, lines: list[str]) -> Iterator[None]:
    """Have the server read these lines after those of its manager.conf."""
    if not isinstance(server, AsteriskServer):
        pytest.skip("the file of a user's own server stays as it is")
    file = server.manager_file
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text("\n".join([before, *lines, ""]), encoding="utf-8")
        server.cli("manager reload")
        yield
    finally:
        file.write_text(before, encoding="utf-8")
        server.cli("manager reload")


def test_admin_is_told_everything(asterisk: AsteriskTarget) -> None:
    """R-POLICY-03: all classes, by `manager show user`; the fewest for observing are four."""
    ended = doctor(asterisk, "admin", "--policy", "observe", "--events", EVENTS, "--json")
    found = report(ended)
    assert ended.status == 1
    assert tuple(found["read"]["has"]) == tuple(found["write"]["has"]) == CLASSES
    assert found["fully_booted"] is True
    assert found["limited"] is False
    assert found["read"]["needs"].keys() == {"system", "call", "user"}
    assert {"system", "call", "reporting"} <= found["write"]["needs"].keys()
    assert {"command", "config", "originate"} <= {*found["write"]["unneeded"]}
    assert found["release"].startswith("22." if asterisk.version == 22 else "16.")


def test_an_account_that_may_do_little_is_told_little(asterisk: AsteriskTarget) -> None:
    """R-POLICY-03: its class is `call`; that `read` lacks `system` is told by FullyBooted only."""
    limits = ("--connect-timeout", "0.5")
    found = report(
        doctor(asterisk, "readonly", "--policy", "operate", "--events", "Hangup", "--json", *limits)
    )
    assert found["read"]["has"] is None
    assert found["write"]["has"] == ["call"]
    assert found["fully_booted"] is False
    assert {"system", "reporting"} <= {*found["write"]["missing"]}
    assert "call" not in found["write"]["missing"]
    assert any(each.startswith("no FullyBooted came: read lacks system") for each in found["warnings"])


def test_the_printed_section_does(asterisk: AsteriskTarget) -> None:
    """R-POLICY-03: an account made of it has no warnings, and hears the events that were named only."""
    arguments = ("--policy", "observe", "--events", EVENTS)
    section = report(doctor(asterisk, "admin", *arguments, "--json"))["section"]
    with users(asterisk, ["[made]", "secret = abc", *section[1:]]):
        ended = doctor(asterisk, "made", *arguments, secret="abc")
        assert ended.status == 0, ended
        heard = names_heard(asterisk)
        assert "UserEvent" in heard
        assert heard <= {"UserEvent", "Newchannel", "Hangup", "HangupRequest", "HangupHandlerRun"}


def names_heard(server: AsteriskTarget) -> set[str]:
    """Return the names of the events of a call and a UserEvent that the new account hears."""
    with (
        client(server, events="call") as admin,
        connect(server.host, server.port, username="made", secret="abc") as made,
        made.events() as events,
    ):
        admin.send("Originate", Channel=server.local("1000"), Application="Wait", Data="1")
        admin.send("Hangup", Channel="/^Local/")
        admin.send("UserEvent", UserEvent="Last")
        names = set[str]()
        while "UserEvent" not in names:
            names.add(events.get(timeout=5).name or "")
        return names


def test_a_shown_user_is_that_of_the_mock(asterisk: AsteriskTarget) -> None:
    """R-POLICY-03: line by line, for users with all classes, with one, and for no user."""
    asterisk.local("1000")  # skips the test for a user's own server: the accounts are ours
    few = parse_classes("call")
    known = [MockUser("admin", "s3cr3t"), MockUser("readonly", "s3cr3t", few, few)]
    with (
        LoopbackServer(MockServer(users=known, banner=BANNERS[asterisk.version])) as host,
        client(asterisk) as theirs,
        connect(host.host, host.port, username="admin", secret="s3cr3t", events="off") as ours,
    ):
        for words in ("admin", "readonly", "READONLY", "nobody", "admin twice"):
            line = f"manager show user {words}"
            assert output(ours, line) == output(theirs, line)


def output(pbx: Client, line: str) -> list[str]:
    """Return the output of a command, also of one that failed."""
    try:
        reply: Reply = pbx.send("Command", Command=line)
    except ActionFailed as error:
        reply = error.reply
    return reply.output or []


@pytest.mark.parametrize("user", ["admin", "readonly"])
def test_list_commands_tells_no_class_that_the_user_lacks(asterisk: AsteriskTarget, user: str) -> None:
    """R-POLICY-03: what is concluded from it is what `manager show user` prints, or less."""
    with client(asterisk) as admin:
        shown = account_of(user, {}, shown_user(output(admin, f"manager show user {user}")), None)
    with client(asterisk, user) as pbx:
        response = pbx.send("ListCommands").response
    assert response is not None
    told = account_of(user, listed_actions(response.pairs()), {}, None)
    assert shown.write is not None
    assert told.held <= shown.write
    assert "call" in told.held
