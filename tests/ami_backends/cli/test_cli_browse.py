"""`ami actions` and `ami events`: the catalogue, without a server."""

import json
import os
import pty
import re
import subprocess
import sys
from typing import Any

import pytest

from ami_backends.cli import app
from ami_backends.cli.browse import LIST_WIDTH_MAX
from ami_backends.cli.entries import WIDTH_MAX, WIRE_FORMS, CatalogueEntry, entry_lines
from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.catalogue.event_record import EVENTS
from ami_proto.message.arguments import FORMS
from tests.cli_harness import PATIENCE, ROOT, environment, start

EXAMPLE = "For example, from a capture:"


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Run a command line that succeeds, and return the lines of its output."""
    assert app.run_command_line(arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out.splitlines()


def names(lines: list[str]) -> list[str]:
    return [line.split()[0] for line in lines]


def records(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


# -- lists


@pytest.mark.parametrize(("command", "known"), [("actions", ACTIONS), ("events", EVENTS)])
def test_all_are_listed_with_a_sentence_each(
    command: str, known: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(capsys, command)
    assert names(lines) == [each.name for each in known.values()]
    assert all(line.endswith(".") and len(line.split("  ", 1)) == 2 for line in lines)
    # The sentences stand below each other, but for names that are too long.
    starts = {len(re.match(r"\S+ +", line)[0]) for line in lines}  # type: ignore[index]
    assert min(starts) == LIST_WIDTH_MAX + 2


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("queue*member*", ["QueueMemberRingInUse"]),
        ("MUTE P", ["ConfbridgeMute", "ConfbridgeUnmute", "MeetmeMute", "MeetmeUnmute"]),
        ("unmute", ["ConfbridgeUnmute", "MeetmeUnmute", "MixMonitorMute", "MuteAudio"]),
        ("?GI", ["AGI"]),
        ("charge Advice", ["AOCMessage"]),
        ("status", None),
    ],
)  # fmt: skip
def test_a_pattern_or_text_chooses_actions(
    pattern: str, found: list[str] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name is meant before text: `Status` is an action, and many others contain the word."""
    lines = records(shown(capsys, "actions", pattern, "--json"))
    assert [each["name"] for each in lines] == (found or ["Status"])


def test_several_are_a_list_as_wide_as_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "actions", "SIPshow*") == [
        f"SIPshowpeer      {ACTIONS['sipshowpeer'].does}",
        f"SIPshowregistry  {ACTIONS['sipshowregistry'].does}",
    ]


def test_two_events_differ_by_case_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert names(shown(capsys, "events", "agentlogin")) == ["AgentLogin", "Agentlogin"]
    assert shown(capsys, "events", "Agentlogin")[:2] == ["Agentlogin", EVENTS["Agentlogin"].means]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["actions", "QueueAd*d"], None),
        (["actions", "queueaddd"], "no action matches 'queueaddd': did you mean QueueAdd?"),
        (["events", "newchanel"], "no event matches 'newchanel': did you mean Newchannel?"),
        (["actions", ""], "no action matches '': `ami actions` lists them all"),
        (["actions", "zzz"], "no action matches 'zzz': `ami actions` lists them all"),
        (["events", "zzz", "--json"], "no event matches 'zzz': `ami events` lists them all"),
    ],
)
def test_nothing_found_is_one_line_and_status_2(
    arguments: list[str], says: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    status = app.run_command_line(arguments)
    out, err = capsys.readouterr()
    assert (status, out == "", err) == ((0, False, "") if says is None else (2, True, f"ami: {says}\n"))


# -- one of them, whole

QUEUE_PAUSE = """\
QueuePause
Pause or unpause a queue member.

    queue_pause(interface, paused, *, queue, reason)

  Interface  Required. The interface of the member, such as PJSIP/100.
  Paused     Required, true or false. Whether to pause the member; false
             unpauses it.
  Queue      The queue to do it in; empty for all queues of the member.
  Reason     Why the member pauses; goes to the event and the queue log.

Answered by one response.
A user needs the class agent to send it.
It is in the module app_queue.
Asterisk 1.8 to master, since 1.2.0.

For example, from a capture:

    Action: QueuePause
    Queue: sales
    Interface: Local/1000@default
    Paused: true
    Reason: lunch

    Response: Success
    Message: Interface paused successfully
"""


def test_an_action_is_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "actions", "queuepause") == QUEUE_PAUSE.splitlines()


def test_the_page_shows_it_as_it_is() -> None:
    page = (ROOT / "docs/reference/command-line.md").read_text("utf-8")
    printed = page.partition("$ ami actions queuepause\n")[2].partition("...\n```")[0]
    assert printed
    assert QUEUE_PAUSE.startswith(printed)


ALARM_CLEAR = """\
AlarmClear
The alarm of a DAHDI channel ended.

  DAHDIChannel

Sent to users with the class system.
Asterisk 1.8 to master.
"""


def test_an_event_is_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "events", "alarmclear") == ALARM_CLEAR.splitlines()
    hangup = shown(capsys, "events", "Hangup")
    for line in (
        "  ChanVariable       Optional, may be repeated.",
        "  ChannelStateDesc   One of Down, Rsrvd, OffHook, Dialing, Ring, Ringing, Up,",
        "    Event: Hangup",
        "    Cause-txt: Unknown",
    ):
        assert line in hangup


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Originate", "In milliseconds, where the function takes seconds. How long to dial"),
        ("Originate", "Answered by a response, and then by the event OriginateResponse unless it is"),
        ("Originate", "NAME=VALUE, may be repeated. Variables to set on the new channel."),
        ("QueueStatus", "a list of QueueParams, QueueMember and QueueEntry, ended by QueueStatusComplete"),
        ("Command", "Until then, Asterisk serves nothing else on the session."),
        ("Ping", "Every user may send it."),
        ("UpdateConfig", "Action-000000, Cat-000000, Var-000000"),
        ("CoreShowChannels", "A user needs the class system or reporting to send it."),
    ],
)  # fmt: skip
def test_units_ends_and_classes_are_in_words(
    name: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in " ".join(" ".join(shown(capsys, "actions", name)).split())


@pytest.mark.parametrize("columns", [64, 80, 300])
def test_every_entry_fits_the_width(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the examples, which are lines of the wire."""
    monkeypatch.setenv("COLUMNS", str(columns))
    entries: list[CatalogueEntry] = [*ACTIONS.values(), *EVENTS.values()]
    for entry in entries:
        lines = [line.plain for line in entry_lines(entry)]
        about = lines[: lines.index(EXAMPLE)] if EXAMPLE in lines else lines
        assert max(map(len, about)) <= min(columns, WIDTH_MAX)


def test_each_form_of_an_argument_is_explained_or_plain() -> None:
    plain = {"text", "indexed", "headers"}
    assert {*WIRE_FORMS} | plain == {*FORMS, "mapping"}


# -- for programs


def test_json_has_the_same_keys_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    actions = records(shown(capsys, "actions", "--json"))
    assert {tuple(each) for each in actions} == {
        ("type", "name", "synopsis", "function", "parameters", "privileges", "completion", "items", "end",
         "blocking", "module", "branches", "since", "example")
    }  # fmt: skip
    assert [each["name"] for each in actions] == [each.name for each in ACTIONS.values()]
    events = records(shown(capsys, "events", "--json"))
    assert {tuple(each) for each in events} == {
        ("type", "name", "synopsis", "view", "headers", "privileges", "branches", "since", "example")
    }
    assert len(events) == len(EVENTS)


def test_json_tells_what_the_record_has(capsys: pytest.CaptureFixture[str]) -> None:
    (action,) = records(shown(capsys, "actions", "QueueAdd", "--json"))
    assert action["type"] == "action"
    assert action["parameters"][2] == {
        "headers": ["Penalty"],
        "argument": "penalty",
        "required": False,
        "form": "int",
        "values": [],
        "meaning": "The penalty of the member, 0 or more; a lower one is called first. 0 by default.",
    }
    assert [frame.splitlines()[0] for frame in action["example"]] == ["Action: QueueAdd", "Response: Success"]
    (event,) = records(shown(capsys, "events", "Newchannel", "--json"))
    assert event["headers"][-1] == {
        "name": "ChanVariable", "optional": True, "repeated": True, "values": []
    }  # fmt: skip
    assert event["example"][0].startswith("Event: Newchannel\n")


def test_examples_have_no_secret_and_only_known_names(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of the captures, for example of the login, are masked."""
    actions = records(shown(capsys, "actions", "--json"))
    events = records(shown(capsys, "events", "--json"))
    frames = [frame for each in (*actions, *events) for frame in each["example"]]
    assert len(frames) > 200
    assert not [
        frame for frame in frames if re.search(r"s3cr3t|^ActionID: .*\n*Secret: [^*]", frame, re.MULTILINE)
    ]
    (login,) = (each for each in actions if each["name"] == "Login")
    assert "Secret: ***" in login["example"][0].splitlines()
    for each in actions:
        assert not any("\nActionID:" in frame for frame in each["example"])


# -- processes


def test_a_reader_that_leaves_ends_it_silently() -> None:
    with start("events") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(PATIENCE) == 141
        assert process.stderr.read() == b""


def test_a_terminal_of_80_columns_gets_colours_and_no_wrapped_line() -> None:
    main, other = pty.openpty()
    command = [sys.executable, "-m", "ami_backends.cli", "actions", "Monitor"]
    with subprocess.Popen(command, stdout=other, env=environment({"TERM": "xterm"})) as process:
        os.close(other)
        out = b""
        try:
            while data := os.read(main, 65536):
                out += data
        except OSError:  # Linux's end of a terminal
            pass
        assert process.wait(PATIENCE) == 0
    os.close(main)
    assert b"\x1b[1m" in out
    lines = re.sub(rb"\x1b\[[\d;]*m", b"", out).decode().splitlines()
    assert lines[0] == "Monitor"
    assert max(map(len, lines)) <= 80
