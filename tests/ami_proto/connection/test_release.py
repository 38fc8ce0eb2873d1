"""The release of a server: asked for after each login, remembered, and told where an action is unknown."""

from dataclasses import replace

import pytest

from ami_proto import Action, ActionFailed, Disconnect, Reason, SetupAction, State, StateChanged
from conformance.laws.playbook import SERVER, Playbook
from tests.playbooks import state_of

ASKING = replace(SERVER, auth="plain", ask_release=True)
UNKNOWN = "Message: Invalid/unknown command: PJSIPSetMaintenance. Use Action: ListCommands to show."


def release_of(play: Playbook) -> str | None:
    return play.connection.snapshot().release


def test_it_is_asked_for_before_the_set_up_actions_and_before_ready() -> None:
    """R-TYPE-06."""
    play = Playbook(replace(ASKING, setup=(SetupAction("Ping"),))).log_in().expect_actions("CoreSettings")
    assert (release_of(play), state_of(play)) == (None, State.AUTHENTICATING)
    play.reply(play.unanswered[0], "AsteriskVersion: 22.10.1").expect_actions("Ping")
    assert release_of(play) == "22.10.1"
    play.reply(play.unanswered[0])
    assert state_of(play) is State.READY
    assert play.faults() == {}


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


def test_a_server_that_does_not_answer_is_named_with_what_was_asked() -> None:
    """R-AUTH-06, R-TYPE-06: the login has a time limit, and the question is part of it."""
    play = Playbook(ASKING).log_in().wait(ASKING.login_timeout)
    change = [each for each in play.take(StateChanged) if each.new is State.DISCONNECTED][-1]
    assert change.cause == Disconnect(
        Reason.LOGIN_TIMEOUT, "no end of the set-up action 'CoreSettings' within 10 s"
    )


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
