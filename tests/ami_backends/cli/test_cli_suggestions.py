"""What shells are told that may stand at the cursor, through the protocol that their scripts speak."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from ami_backends.cli import COMPLETION_VARIABLE, app
from ami_backends.cli.suggestions import print_suggestions, suggestions
from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.catalogue.event_record import EVENTS
from tests.cli_harness import PATIENCE, environment

COMMANDS = [
    "listen",
    "send",
    "command",
    "status",
    "doctor",
    "actions",
    "events",
    "check-config",
    "demo",
    "mock",
]
TARGET = "ami://admin@pbx:5038"


def texts(*words: str) -> list[str]:
    """Return the texts that are suggested for the last of these words."""
    *before, word = words
    return [each.text for each in suggestions(before, word)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([""], COMMANDS),
        (["s"], ["send", "status"]),
        (["--v"], ["--version"]),
        (["actions", "queuer"], ["QueueReload", "QueueRemove", "QueueReset", "QueueRule"]),
        (["actions", "QueueAdd", ""], []),
        (["events", "originater"], ["OriginateResponse"]),
        (["listen", "--event", "newch"], ["Newchannel"]),
        (["listen", "--backend", "S"], ["selectors"]),
        (["demo", "--backend", "tr"], ["trio"]),
        (["listen", TARGET, "--cou"], ["--count"]),
        (["listen", "--count", ""], []),
        (["listen", ""], []),
        (["send", "queueadd"], ["QueueAdd"]),
        (["send", TARGET, "queueadd"], ["QueueAdd"]),
        (["send", TARGET, "--json", "--timeout", "3", "queueadd"], ["QueueAdd"]),
        (["send", "Originate", "chan"], ["Channel=", "ChannelId="]),
        (["send", TARGET, "ORIGINATE", "Channel=x", "CHAN"], ["ChannelId="]),
        (["send", "Originate", "Variable=A=1", "Var"], ["Variable="]),
        (["send", "Originate", "Async="], ["Async=true", "Async=false"]),
        (["send", "Originate", "async=T"], ["async=true"]),
        (["send", "--json", "Originate", "Async=f"], ["Async=false"]),
        (["send", "MixMonitorMute", "State="], ["State=1", "State=0"]),
        (["send", "AOCMessage", "ChargeType=f"], ["ChargeType=FREE"]),
        (["send", "QueueReload", "Members="], ["Members=yes", "Members=no"]),
        (["send", "Originate", "Channel="], []),
        (["send", "UpdateConfig", "Action"], ["Action-000000="]),
        (["send", "NoSuchAction", ""], []),
        (["nosuchcommand", ""], []),
        (["nosuchcommand", "--"], []),
        (["check-config", ""], []),
    ],
)
def test_each_place_has_its_words(words: list[str], expected: list[str]) -> None:
    assert texts(*words) == expected


def test_every_name_is_suggested_with_a_sentence() -> None:
    for command, known in (("send", ACTIONS), ("actions", ACTIONS), ("events", EVENTS)):
        found = suggestions([command], "")
        assert [each.text for each in found] == [each.name for each in known.values()]
        assert all(each.about.endswith(".") for each in found)


def test_every_header_of_an_action_is_suggested() -> None:
    for action in ACTIONS.values():
        headers = [f"{name}=" for each in action.parameters for name in each.header.split()]
        assert texts("send", action.name, "") == headers


def test_each_option_is_suggested_once_with_its_help() -> None:
    found = suggestions(["send"], "--")
    assert {"--json", "--config", "--help"} <= {each.text for each in found}
    assert len({each.text for each in found}) == len(found)
    assert all(each.about for each in found)


# -- what is printed

CASES = [
    ("ami sen", "sen", "send "),
    ("ami send QueueA", "QueueA", "QueueAdd "),
    ("ami send Originate Chan", "Chan", "Channel=\nChannelId="),
    # bash takes the word after `=` alone, and `//` after `:`
    ("ami send Originate Async=", "", "true \nfalse "),
    ("ami send Originate Async=tr", "tr", "true "),
    ("ami send ami://u@h QueueAdd I", "I", "Interface="),
    ("ami send AOCMessage UnitAm", "UnitAm", r"UnitAmount\(0\)="),
    ("ami send 'queuea", "queuea", "QueueAdd"),
    ('ami send "queuea', "queuea", "QueueAdd"),
    ("ami send Originate 'Async=t", "t", "true"),
    # where `=` is not among COMP_WORDBREAKS
    ("ami send Originate Async=tr", "Async=tr", "Async=true "),
    # a part that is not the end of the word: it is as it was typed, and the word is what it means
    (r"ami send Originate Async=\tr", r"\tr", "Async=true "),
    ("ami send zzz", "zzz", ""),
]


@pytest.mark.parametrize(("line", "part", "printed"), CASES)
def test_bash_gets_the_rest_of_the_word(
    line: str,
    part: str,
    printed: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COMP_LINE", f"{line} after the cursor")
    monkeypatch.setenv("COMP_POINT", str(len(line)))
    print_suggestions("bash", ["ami", part, "before"])
    assert capfd.readouterr() == (f"{printed}\n" if printed else "", "")


def test_bash_counts_the_cursor_in_bytes(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    line = "ami send Originate CallerID=Zoë Asy"
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_POINT", str(len(line.encode())))
    print_suggestions("bash", ["ami", "Asy", "Zoë"])
    assert capfd.readouterr() == ("Async=\n", "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_others_get_the_word_and_what_it_is(shell: str, capfd: pytest.CaptureFixture[str]) -> None:
    print_suggestions(shell, ["send", "Originate", "Asy"])
    means = next(each.means for each in ACTIONS["originate"].parameters if each.header == "Async")
    assert capfd.readouterr() == (f"Async=\t{means}\n", "")


@pytest.mark.parametrize(
    ("shell", "arguments"), [("bash", []), ("bash", ["ami", "x", "y"]), ("zsh", []), ("tcsh", [])]
)
def test_a_shell_that_asks_wrongly_gets_nothing(
    shell: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("COMP_LINE", "COMP_POINT"):
        monkeypatch.delenv(name, raising=False)
    print_suggestions(shell, arguments)
    assert capfd.readouterr() == ("", "")


def noisy_plugin(_application: object) -> None:
    print("noise")
    raise RuntimeError("noise")


def test_commands_of_other_packages_print_nothing_meanwhile(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, __name__, sys.modules[noisy_plugin.__module__])
    monkeypatch.setattr(
        app, "entry_points", lambda group: [EntryPoint("x", f"{__name__}:noisy_plugin", group)]
    )
    print_suggestions("fish", ["chec"])
    assert capfd.readouterr() == (
        "check-config\tCheck a configuration file and show what it amounts to.\n",
        "",
    )


SLOW = ("typer", "click", "rich", "asyncio", "anyio", "trio", "gevent", "selectors", "ssl", "conformance")


def test_actions_and_headers_are_suggested_without_drivers() -> None:
    """Each of these costs tens of milliseconds, at each press of the key."""
    program = (
        "import sys; from ami_backends.cli import main\n"
        "try: main()\n"
        f"finally: assert not {{*sys.modules}} & {{*{SLOW!r}}}, {{*sys.modules}} & {{*{SLOW!r}}}"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "send", "Originate", "ChannelI"],
        capture_output=True,
        text=True,
        env=environment({COMPLETION_VARIABLE: "fish"}),
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ChannelId=\t")
