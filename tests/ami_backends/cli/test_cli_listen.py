"""`ami listen`: events across reconnects, and every way to end it."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import pytest

from ami_backends.cli.json_lines import json_record
from ami_backends.cli.screen import gap_sentence
from ami_proto import Disconnect, Drops, Gap, Reason
from conformance.mock import Exchange, LoopbackServer, MockAction
from tests.cli_harness import PATIENCE, TIME, ami, chatter, mock, running, url


@contextmanager
def listening(server: LoopbackServer, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `ami listen` against a server that publishes events."""
    with chatter(server), running("listen", url(server), *options) as process:
        yield process


def first_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode("utf-8", "surrogateescape")


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out.decode("utf-8", "surrogateescape"), err.decode()


def test_count_ends_it_after_that_many_events() -> None:
    with mock() as server, chatter(server):
        done = ami("listen", url(server), "--count", "3")
    assert done.status == 0, done
    assert len(done.out.splitlines()) == 3
    assert done.err == ""


def test_patterns_choose_events_and_text_is_harmless() -> None:
    with mock() as server, chatter(server):
        done = ami("listen", url(server), "--count", "2", "--event", "nothing", "--event", "new*")
    lines = done.out.splitlines()
    assert len(lines) == 2, done
    assert all(" Newchannel " in line for line in lines)
    assert "Channel=PJSIP/caf\\xe9 " in lines[0]
    assert lines[0].endswith("Text=[red]\\x1b[31m")


def test_full_shows_every_header_on_a_line() -> None:
    with mock() as server, chatter(server):
        done = ami("listen", url(server), "--count", "1", "--event", "Hangup", "--full")
    assert done.out.startswith("Event: Hangup\nPrivilege: call,all\n"), done
    assert done.out.endswith("\nCause: 16\n\n")


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_json_is_one_object_a_line_with_headers_in_order(encoding: str) -> None:
    with mock() as server, chatter(server):
        options = ["--count", "2", "--event", "Newchannel", "--json"]
        done = ami("listen", url(server), *options, env={"PYTHONIOENCODING": encoding})
    assert done.status == 0, done
    record = [json.loads(line) for line in done.out.splitlines()][1]
    assert (record["type"], record["name"], record["action_id"]) == ("event", "Newchannel", None)
    assert [name for name, _ in record["headers"]] == ["Event", "Privilege", "Timestamp", "Channel", "Text"]
    assert record["fields"]["Channel"] == "PJSIP/caf\udce9"
    assert record["fields"]["Text"] == "[red]\x1b[31m"
    assert datetime.fromisoformat(record["time"]).tzinfo is not None


def test_it_reconnects_and_shows_a_gap() -> None:
    with mock() as server, listening(server, "--json", "--event", "Newchannel") as process:
        first_line(process)
        server.drop_links()
        types: list[str] = []
        while types[-2:] != ["gap", "event"]:
            record = json.loads(first_line(process))
            types.append(record["type"])
            if record["type"] == "gap":
                assert record["seconds"] > 0
                assert record["reason"] == "closed by the server"
        process.send_signal(signal.SIGTERM)
        status, _, err = ended(process)
    assert status == 0
    lost, again = err.splitlines()
    assert re.fullmatch(
        rf"ami: {TIME} connection lost, trying again in \d\.\d+ s: closed by the server", lost
    )
    assert re.fullmatch(f"ami: {TIME} connected again", again)


def test_a_gap_is_one_line() -> None:
    with mock() as server, listening(server, "--event", "Newchannel") as process:
        first_line(process)
        server.drop_links()
        while " -- gap -- " not in (line := first_line(process)):
            pass
    assert line.rstrip().endswith(" s: closed by the server")


def test_gaps_and_drops_are_objects_too() -> None:
    gap = Gap("pbx", 10.0, 12.5, Disconnect(Reason.EOF))
    assert json_record(gap) == {"type": "gap", "seconds": 2.5, "reason": "closed by the server", "detail": ""}
    assert json_record(Gap("pbx", 1.0, 2.0, None))["reason"] is None
    assert json_record(Drops(7, "pbx")) == {"type": "drops", "count": 7}
    assert gap_sentence(gap) == "no events for 2.50 s: closed by the server"


@pytest.mark.parametrize(
    ("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_signal_ends_it_with_a_logoff_and_no_message(number: signal.Signals, expected: int) -> None:
    with mock() as server, listening(server) as process:
        logoff = server.call(lambda core: core.actions["logoff"])
        requested: list[str] = []
        server.call(lambda core: core.actions.update(logoff=_recorded(logoff, requested)))
        first_line(process)
        process.send_signal(number)
        status, _, err = ended(process)
        assert server.call(lambda core: dict(core.sessions)) == {}
    assert (status, err) == (expected, "")
    assert requested == ["Logoff"]


@pytest.mark.parametrize("options", [[], ["--json"], ["--full"]])
def test_a_closed_pipe_ends_it_without_a_message(options: list[str]) -> None:
    with mock() as server, listening(server, *options) as process:
        first_line(process)
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(PATIENCE) == 141
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_a_pipe_that_was_closed_before_is_no_message_either() -> None:
    with mock() as server, running("command", url(server), "module show") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(PATIENCE) == 141
        assert process.stderr.read() == b""


def test_ctrl_c_while_it_waits_for_a_reply() -> None:
    call = ("Originate", "Channel=Local/ring@default", "Application=Echo")
    with mock() as server, running("send", url(server), *call) as process:
        while not server.call(lambda core: dict(core.state.channels)):
            pass
        process.send_signal(signal.SIGINT)
        status, out, err = ended(process)
    assert (status, out, err) == (130, "", "")


def _recorded(action: MockAction, requested: list[str]) -> MockAction:
    """Return the same action with a handler that records each request."""

    def handle(exchange: Exchange) -> None:
        requested.append(action.name)
        action.handler(exchange)

    return replace(action, handler=handle)
