"""The release of a server: asked for after each login, remembered, and told where an action is unknown."""

from dataclasses import replace

import pytest

from ami_proto import Action, ActionFailed, Message, SetupAction, State
from conformance.laws.playbook import SERVER, Playbook
from tests.playbooks import state_of

ASKING = replace(SERVER, auth="plain", ask_release=True)
UNKNOWN = "Message: Invalid/unknown command: PJSIPSetMaintenance. Use Action: ListCommands to show."


def release_of(play: Playbook) -> str | None:
    return play.connection.snapshot().release


def test_it_is_asked_for_after_the_set_up_actions_and_nothing_waits_for_it() -> None:
    """R-TYPE-06."""
    play = Playbook(replace(ASKING, setup=(SetupAction("Ping"),))).log_in().expect_actions("Ping")
    play.reply(play.unanswered[0]).expect_actions("CoreSettings")
    assert (release_of(play), state_of(play)) == (None, State.READY)
    play.reply(play.unanswered[0], "AsteriskVersion: 22.10.1").expect_actions()
    assert release_of(play) == "22.10.1"
    assert play.faults() == {}


def test_it_is_asked_for_before_any_action_of_the_application() -> None:
    """R-TYPE-06: Asterisk answers in order, so each error of an unknown action can be explained."""
    play = Playbook(ASKING).start()
    ticket = play.submit(Action("PJSIPSetMaintenance"), wait=True)
    play.log_in().expect_actions("CoreSettings", "PJSIPSetMaintenance")
    play.reply(play.unanswered[0], "AsteriskVersion: 16.28.0").reply(ticket, UNKNOWN, status="Error")
    error = play.outcome(ticket).error
    assert isinstance(error, ActionFailed)
    assert error.hint


def test_nobody_asks_unless_it_is_wanted() -> None:
    """R-TYPE-06."""
    play = Playbook(replace(SERVER, auth="plain")).log_in().expect_actions()
    assert (release_of(play), state_of(play)) == (None, State.READY)


def test_a_user_who_may_not_ask_is_served_all_the_same() -> None:
    """R-TYPE-06: that is no fault."""
    play = Playbook(ASKING).log_in()
    play.reply(play.unanswered[0], "Message: Permission denied", status="Error").expect_actions()
    assert (release_of(play), state_of(play), play.faults()) == (None, State.READY, {})


def test_each_session_asks_again_and_the_last_answer_is_kept_meanwhile() -> None:
    """R-TYPE-06: another release may run after a restart."""
    play = Playbook(ASKING).log_in()
    play.reply(play.unanswered[0], "AsteriskVersion: 16.28.0").disconnect()
    assert release_of(play) == "16.28.0"
    play.wait(1).log_in().expect_actions("CoreSettings")
    play.reply(play.unanswered[0], "AsteriskVersion: 22.10.1")
    assert release_of(play) == "22.10.1"


@pytest.mark.parametrize("answer", ["nothing", "no ActionID", "a list"])
def test_a_server_that_gives_no_answer_is_served_all_the_same(answer: str) -> None:
    """R-TYPE-06, R-AUTH-06: a question that may stay open costs no session, and no event."""
    play = Playbook(ASKING)
    events = play.subscribe("*")
    play.log_in().expect_actions("CoreSettings")
    if answer == "no ActionID":
        play.receive(b"Response: Success\r\nAsteriskVersion: 22.1.0\r\n\r\n")
    if answer == "a list":
        play.reply(play.unanswered[0], "EventList: start")
    play.event("Newchannel")
    assert [each.name for each in play.messages(events) if isinstance(each, Message)] == ["Newchannel"]
    ticket = play.submit(Action("Getvar", {"Variable": "X"}))
    assert play.reply(ticket, "Value: 1").outcome(ticket).succeeded
    play.wait(ASKING.login_timeout + 1)
    assert (release_of(play), state_of(play).sending) == (None, True)
    play.stop()
    assert play.sent_actions[-1].name == "Logoff"


def test_a_later_session_that_may_not_ask_forgets_the_release() -> None:
    """R-TYPE-06: another server may answer there now."""
    play = Playbook(ASKING).log_in()
    play.reply(play.unanswered[0], "AsteriskVersion: 16.28.0").disconnect().wait(1).log_in()
    play.reply(play.unanswered[0], "Message: Permission denied", status="Error")
    assert release_of(play) is None


@pytest.mark.parametrize(
    ("release", "hint"),
    [
        ("16.28.0", "Asterisk 16.28.0 has no PJSIPSetMaintenance: it came with 20.20.0, 22.10.0 and 23.4.0"),
        ("22.10.1", ""),  # its module is not loaded
        ("GIT-master-1a2b3c", ""),
    ],
)
def test_an_unknown_action_says_by_how_much_the_release_is_too_old(release: str, hint: str) -> None:
    """R-TYPE-06: `message` keeps Asterisk's words."""
    play = Playbook(ASKING).log_in()
    play.reply(play.unanswered[0], f"AsteriskVersion: {release}")
    ticket = play.submit(Action("PJSIPSetMaintenance"))
    error = play.reply(ticket, UNKNOWN, status="Error").outcome(ticket).error
    assert isinstance(error, ActionFailed)
    assert (error.hint, error.message) == (hint, UNKNOWN.removeprefix("Message: "))
    assert str(error).endswith(f" ({hint})" if hint else "]")


def test_another_error_says_nothing_about_the_release() -> None:
    """R-TYPE-06."""
    play = Playbook(ASKING).log_in()
    play.reply(play.unanswered[0], "AsteriskVersion: 16.28.0")
    ticket = play.submit(Action("PJSIPSetMaintenance"))
    error = play.reply(ticket, "Message: Permission denied", status="Error").outcome(ticket).error
    assert isinstance(error, ActionFailed)
    assert error.hint == ""


def test_a_release_that_no_server_has_is_none() -> None:
    """R-TYPE-06: whatever a peer writes there, an error has one line."""
    play = Playbook(ASKING).log_in()
    play.reply(play.unanswered[0], "AsteriskVersion: 16.1.0\x1b[2J" + "x" * 200)
    assert release_of(play) is None
