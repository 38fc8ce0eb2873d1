"""What Asterisk does with values: what it would lose is refused, and what it writes is read."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ami_backends.selectors import Client, Events
from ami_proto import InvalidAction, Message
from conformance.asterisk.targets import AsteriskTarget
from conformance.laws.peer import PATIENCE
from tests.real_asterisk import client, session

pytestmark = pytest.mark.asterisk


def test_what_asterisk_would_lose_is_what_is_refused(asterisk: AsteriskTarget) -> None:
    """R-ACT-08: seen on a plain socket; the library refuses the same headers."""
    with session(asterisk) as ami, client(asterisk) as pbx:
        for value in ("  007", "\t007", "\x01 007"):
            ami.reply("Setvar", ("Variable", "LEADING"), ("Value", value))
            assert pbx.send("Getvar", Variable="LEADING")["Value"] == "007"
            with pytest.raises(InvalidAction):
                pbx.send("Setvar", Variable="LEADING", Value=value)
        pbx.send("Setvar", Variable="LEADING", Value="007  ")
        assert pbx.send("Getvar", Variable="LEADING")["Value"] == "007  "
        ami.reply("Setvar", ("Variable", "SECOND"), ("Value", "a"), ("Value", "b"))
        assert pbx.send("Getvar", Variable="SECOND")["Value"] == "a"
        with pytest.raises(InvalidAction):
            pbx.send("Setvar", Variable="SECOND", Value=["a", "b"])


def test_the_lines_of_a_user_event_are_passed_on(asterisk: AsteriskTarget) -> None:
    """R-ACT-08: blanks and repetitions arrive, so they are not refused."""
    with client(asterisk, events="user") as pbx, pbx.events("UserEvent") as events:
        pbx.send("UserEvent", UserEvent="Passed", Padded="  007", Twice=["a", "b"])
        event = events.get(PATIENCE)
        assert (event["Padded"], event.get_all("Twice")) == ("  007", ["a", "b"])


@pytest.mark.parametrize("mask", ["calls", "agent, user", "User"])
def test_a_mask_of_unknown_words_means_no_events(asterisk: AsteriskTarget, mask: str) -> None:
    """R-ACT-08: Asterisk turns events off, and answers with success."""
    with session(asterisk) as ami, client(asterisk) as pbx:
        assert ami.reply("Events", ("EventMask", mask))["Response"] == "Success"
        with pytest.raises(InvalidAction):
            pbx.send("Events", EventMask=mask)


def test_every_class_is_one_of_this_server(asterisk: AsteriskTarget) -> None:
    """R-ACT-08: of the words that are allowed, each is."""
    with client(asterisk) as pbx:
        for mask in ("agi", "aoc", "cc", "dialplan", "security", "test", "message", "all"):
            assert pbx.send("Events", EventMask=mask).get("Response") == "Success"


@contextmanager
def channel_variables(server: AsteriskTarget, names: str) -> Iterator[None]:
    """Let every event of a channel have these variables, for a while."""

    def update(action: str, *value: tuple[str, str]) -> None:
        with session(server) as ami:
            file = (("SrcFilename", "manager.conf"), ("DstFilename", "manager.conf"))
            line = (("Action-000000", action), ("Cat-000000", "general"), ("Var-000000", "channelvars"))
            assert ami.reply("UpdateConfig", *file, *line, *value)["Response"] == "Success"

    update("Append", ("Value-000000", names))
    try:
        server.cli("manager reload")
        yield
    finally:
        update("Delete")
        server.restart()  # a reload without the option keeps the old value (main/manager.c, load_channelvars)


def test_channel_variables_of_events_and_of_an_originate(asterisk: AsteriskTarget) -> None:
    """R-WIRE-13: both forms, by channel."""
    with (
        channel_variables(asterisk, "LEAD,CAMPAIGN"),
        client(asterisk, events="call") as pbx,
        pbx.events("Hangup") as events,
    ):
        _require_the_variables(asterisk, pbx, events)


def _require_the_variables(asterisk: AsteriskTarget, pbx: Client, events: Events[Message]) -> None:
    reply = pbx.send(
        "Originate",
        Channel=asterisk.local("1000"),
        Application="Wait",
        Data="1",
        variables={"LEAD": "47=11", "CAMPAIGN": "spring, 2026"},
    )
    (event,) = reply.events
    wanted = {"LEAD": "47=11", "CAMPAIGN": "spring, 2026"}
    assert wanted.items() <= event.variables().items()
    assert wanted.items() <= event.variables(event["Channel"]).items()
    assert event.variables("another") == {}
    ended = events.get(PATIENCE)
    while ended["Channel"] != event["Channel"]:
        ended = events.get(PATIENCE)
    assert wanted.items() <= ended.variables(ended["Channel"]).items()


MEMBER = {"Queue": "support", "Interface": "Local/1000@default"}
ESCAPED, RAW = "O\\'Brien", "O'Brien"


def test_which_values_are_escaped(asterisk: AsteriskTarget) -> None:
    """What the table of `docs/how-to/read-odd-answers.md` says."""
    order = {"Application": "Wait", "Data": "20", "CallerID": f"{RAW} <100>"}
    with client(asterisk, events="on") as pbx, pbx.events("VarSet", "QueueCallerJoin") as events:
        pbx.send("QueuePause", MEMBER, Paused=True)  # the caller waits
        reply = pbx.send("Originate", order, Channel=asterisk.local("queue"), variables={"WHO": RAW})
        heard: dict[str, Message] = {}
        while "QueueCallerJoin" not in heard:
            event = events.get(PATIENCE)
            heard[event.get("Variable") or event["Event"]] = event
        caller = heard["QueueCallerJoin"]["Channel"]

        def item(action: str, name: str) -> Message:
            found = (each for each in pbx.send(action) if each.name == name)
            return next(each for each in found if each["Channel"] == caller)

        pbx.send("DBPut", Family="names", Key="100", Val=RAW)
        escaped = {
            "VarSet": heard["WHO"]["Value"],
            "QueueCallerJoin": heard["QueueCallerJoin"]["CallerIDName"],
            "CoreShowChannel": item("CoreShowChannels", "CoreShowChannel")["CallerIDName"],
            "Status": item("Status", "Status")["CallerIDName"],
        }
        raw = {
            "OriginateResponse": reply.events[0]["CallerIDName"],
            "QueueEntry": item("QueueStatus", "QueueEntry")["CallerIDName"],
            "Getvar": pbx.send("Getvar", Channel=caller, Variable="CALLERID(name)")["Value"],
            "DBGet": pbx.send("DBGet", Family="names", Key="100").events[0]["Val"],
        }
        pbx.send("DBDel", Family="names", Key="100")
        pbx.send("Hangup", Channel=caller)
        pbx.send("QueuePause", MEMBER, Paused=False)
    assert escaped == dict.fromkeys(escaped, ESCAPED)
    assert raw == dict.fromkeys(raw, RAW)
