"""`ami send` and `ami command` against the mock server."""

import json

import pytest

from conformance.laws.peer import Peer, PeerConnection
from conformance.mock import LoopbackServer, MockServer
from tests.cli_harness import ami, mock, url


def start_call(server: LoopbackServer) -> None:
    """Start a call with two channels."""
    ended = ami("send", url(server), "Originate", "Channel=Local/1000@default", "Application=Echo")
    assert ended.status == 0, ended
    assert "Event: OriginateResponse\n" in ended.out


def test_the_response_is_shown_header_by_header() -> None:
    with mock() as server:
        ended = ami("send", url(server), "Ping")
    assert ended.status == 0, ended
    assert ended.out.startswith("Response: Success\nActionID: ")
    assert "\nPing: Pong\n" in ended.out
    assert ended.err == ""


def test_list_items_follow_the_response() -> None:
    with mock() as server:
        start_call(server)
        plain = ami("send", url(server), "CoreShowChannels")
        objects = ami("send", url(server), "CoreShowChannels", "--json")
    assert plain.out.count("Event: CoreShowChannel\n") == 2
    assert plain.out.rstrip().endswith("ListItems: 2")
    records = [json.loads(line) for line in objects.out.splitlines()]
    assert [record["name"] for record in records] == [
        "Success", "CoreShowChannel", "CoreShowChannel", "CoreShowChannelsComplete",
    ]  # fmt: skip
    assert records[0]["type"] == "response"
    assert records[0]["message"] == "Channels will follow"
    assert records[1]["headers"][0] == ["Event", "CoreShowChannel"]
    assert records[1]["fields"]["Channel"].startswith("Local/1000@default-")


def test_a_header_may_come_twice_and_hold_equals_signs() -> None:
    with mock() as server:
        ended = ami(
            "send", url(server), "Originate", "Channel=Local/1000@default", "Application=Echo",
            "Variable=A=1", "Variable=B=x=y",
        )  # fmt: skip
        variables = server.call(lambda core: [each.variables for each in core.state.channels.values()])
    assert ended.status == 0, ended
    assert variables[0] == {"A": "1", "B": "x=y"}


def test_an_error_response_is_status_1_with_its_message() -> None:
    with mock() as server:
        plain = ami("send", url(server), "Hangup", "Channel=nobody")
        objects = ami("send", url(server), "Hangup", "Channel=nobody", "--json")
        call = ami("send", url(server), "Originate", "Channel=Local/fail@default", "Application=Echo")
    assert (plain.status, objects.status, call.status) == (1, 1, 1), (plain, objects, call)
    assert plain.complaint == objects.complaint == "Hangup failed: No such channel"
    assert json.loads(objects.out)["message"] == "No such channel"
    assert "Failure" in call.complaint


def test_a_missing_permission_is_status_1() -> None:
    with mock() as server:
        ended = ami(
            "send",
            url(server, "readonly"),
            "Command",
            "Command=core show version",
            env={"AMI_SECRET": "readonly"},
        )
    assert ended.status == 1, ended
    assert ended.complaint == "Command failed: Permission denied"


def test_a_logoff_is_refused() -> None:
    with mock() as server:
        ended = ami("send", url(server), "Logoff")
    assert ended.status == 2, ended
    assert "Logoff" in ended.complaint


def test_a_missing_reply_is_status_3() -> None:
    with mock() as server:
        ended = ami(
            "send", url(server), "Originate", "Channel=Local/ring@default", "Application=Echo", "Async=false",
            "--timeout", "0.2",
        )  # fmt: skip
    assert ended.status == 3, ended
    assert "timed out" in ended.complaint


@pytest.mark.parametrize("form", ["output", "follows"])
def test_command_shows_only_the_output(form: str) -> None:
    with mock(MockServer(command_format=form)) as server:
        quoted = ami("command", url(server), "core show version")
        words = ami("command", url(server), "core", "show", "version", "--json")
        large = ami("command", url(server), "module show")
    assert quoted.status == words.status == large.status == 0, (quoted, words, large)
    assert quoted.out.startswith("Asterisk 22.10.1 built by")
    assert quoted.out.count("\n") == 1
    assert json.loads(words.out)["output"] == quoted.out.splitlines()
    assert large.out.endswith("364 modules loaded\n")
    assert len(large.out) > 39_000


def test_a_command_that_does_not_exist_is_status_1() -> None:
    with mock() as server:
        ended = ami("command", url(server), "core show nonsense")
    assert ended.status == 1, ended
    assert "No such command 'core show nonsense'" in ended.complaint


def test_the_environment_may_name_the_target() -> None:
    with mock() as server:
        place = {"AMI_HOST": "localhost", "AMI_PORT": str(server.port), "AMI_USERNAME": "admin"}
        sent = ami("send", "Ping", env=place)
        commanded = ami("command", "core show version", env=place)

    assert (sent.status, commanded.status) == (0, 0), (sent, commanded)


def test_text_of_a_server_is_neither_markup_nor_escape_sequence() -> None:
    hostile = "\x1b[31m[bold]caf\udce9[/bold]\u202e\tend"
    core = MockServer()
    core.cli["show hostile"] = lambda _core: f"{hostile}\n"
    with mock(core) as server:
        plain = ami("command", url(server), "show hostile")
        ascii_only = ami("command", url(server), "show hostile", env={"PYTHONIOENCODING": "ascii"})
        objects = ami("command", url(server), "show hostile", "--json")
    assert plain.out.startswith("\\x1b[31m[bold]caf\\xe9[/bold]\\u202e")
    assert ascii_only.out == plain.out
    assert json.loads(objects.out)["output"] == [hostile]


def test_text_is_unchanged_where_the_encoding_allows_it() -> None:
    core = MockServer()
    core.cli["show text"] = lambda _core: "grüße ☎\n"
    with mock(core) as server:
        plain = ami("command", url(server), "show text")
        latin = ami("command", url(server), "show text", env={"PYTHONIOENCODING": "latin-1"})
    assert plain.out == "grüße ☎\n"
    assert latin.out.encode("utf-8", "surrogateescape") == "grüße \\u260e\n".encode("latin-1")


def test_a_reply_that_may_lack_an_item_says_so() -> None:
    """R-FLOW-08."""

    def torn(connection: PeerConnection) -> None:
        connection.accept_login()
        asked = connection.read_action()
        connection.answer(asked, "Success", "EventList: start")
        item = f"Event: Item\r\nActionID: {asked['ActionID']}\r\n"
        last = f"{item.replace('Item', 'ItemComplete')}EventList: Complete\r\n\r\n"
        connection.send(f"{item}{item}\r\n{last}".encode())
        connection.serve()

    for flags in ([], ["--json"]):
        with Peer(torn) as peer:
            ended = ami("send", f"ami://admin@127.0.0.1:{peer.port}", "CoreShowChannels", *flags)
        assert ended.status == 0, ended
        last = ended.out.splitlines()[-1]
        wanted = '{"type": "damaged", "count": 1}' if flags else "-- 1 frames of the reply were torn"
        assert last.startswith(wanted), ended
