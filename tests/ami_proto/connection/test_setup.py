"""R-AUTH-06: set-up actions, sent after every login and before READY, told as stories with Asterisk."""

from dataclasses import replace

import pytest

from ami_proto import (
    Action,
    ConfigError,
    Disconnect,
    Fault,
    FaultSeen,
    Gap,
    Message,
    Reason,
    ServerConfig,
    SetupAction,
    State,
    StateChanged,
)
from conformance.laws.playbook import BANNER, SERVER, Playbook
from tests.playbooks import cause_of, state_of

FILTER = SetupAction("Filter", (("Operation", "Add"), ("Filter", "!Event: VarSet")), required=True)
VARIABLE = SetupAction("Setvar", (("Variable", "READY"), ("Value", "hunter2")))
PREPARED = replace(SERVER, auth="plain", setup=(FILTER, VARIABLE))


def authenticated(server: ServerConfig = PREPARED) -> Playbook:
    """Return a connection whose login was accepted, and which is not READY yet."""
    return Playbook(server).log_in()


def test_they_are_sent_in_order_each_behind_the_end_of_the_one_before() -> None:
    """R-AUTH-06: after the login, before READY."""
    play = authenticated().expect_actions("Filter")
    assert state_of(play) is State.AUTHENTICATING
    assert play.unanswered[0].headers == FILTER.headers
    play.reply(play.unanswered[0]).expect_actions("Setvar")
    assert state_of(play) is State.AUTHENTICATING
    play.reply(play.unanswered[0]).expect_actions()
    assert state_of(play) is State.READY
    assert play.faults() == {}


def test_they_are_sent_after_every_login() -> None:
    """R-AUTH-06: a new session knows nothing of the old one's filters."""
    play = authenticated()
    play.reply(play.unanswered[0]).reply(play.unanswered[0]).disconnect().wait(1).log_in()
    play.expect_actions("Filter").reply(play.unanswered[0]).expect_actions("Setvar")


def test_a_session_lost_in_between_begins_anew() -> None:
    """R-AUTH-06."""
    play = authenticated()
    play.reply(play.unanswered[0]).expect_actions("Setvar").disconnect().wait(1).log_in().expect_actions(
        "Filter"
    )


def test_they_come_behind_fully_booted_where_that_is_awaited() -> None:
    """R-AUTH-06, R-AUTH-04; and FullyBooted is still delivered, behind READY and the gap."""
    play = Playbook(replace(PREPARED, setup=(FILTER,), wait_fully_booted=True))
    everything = play.subscribe()
    for _ in range(2):
        play.log_in().expect_actions().event("FullyBooted").expect_actions("Filter")
        assert state_of(play) is State.AUTHENTICATING
        play.reply(play.unanswered[0])
        assert state_of(play) is State.READY
        play.disconnect().wait(1)
    first, gap, second = play.messages(everything)
    assert isinstance(gap, Gap)
    assert [each.name for each in (first, second) if isinstance(each, Message)] == ["FullyBooted"] * 2


def test_actions_that_wait_go_out_behind_them() -> None:
    """R-AUTH-06, R-LIFE-03."""
    play = Playbook(PREPARED).start()
    play.submit(Action("CoreStatus"), wait=True)
    play.log_in().expect_actions("Filter")
    play.reply(play.unanswered[0]).expect_actions("Setvar")
    play.reply(play.unanswered[0]).expect_actions("CoreStatus")


def test_one_that_fails_is_reported_and_the_next_goes_on() -> None:
    """R-AUTH-06."""
    play = authenticated()
    play.reply(play.unanswered[0])
    play.reply(play.unanswered[0], "Message: Permission denied", status="Error")
    assert state_of(play) is State.READY
    (seen,) = play.take(FaultSeen)
    assert seen.fault is Fault.SETUP_FAILED
    assert seen.detail.startswith("Setvar: Permission denied")


def test_one_that_is_required_fails_the_login() -> None:
    """R-AUTH-06: with a reason of its own and one sentence; tried again with backoff."""
    play = authenticated()
    play.reply(play.unanswered[0], "Message: Permission denied", status="Error")
    assert state_of(play) is State.DISCONNECTED
    assert cause_of(play).reason is Reason.SETUP_FAILED
    assert str(cause_of(play)).startswith("set-up failed: Filter: Permission denied")
    assert play.take(StateChanged)[-1].cause == cause_of(play)
    assert play.faults() == {Fault.SETUP_FAILED: 1}
    play.wait(1).log_in().expect_actions("Filter")


def test_a_set_up_that_hangs_ends_with_the_login_timer() -> None:
    """R-AUTH-06, R-AUTH-02: required or not, Asterisk serves nothing behind an action it sits on."""
    play = authenticated()
    play.wait(4).reply(play.unanswered[0]).wait(5.999)
    assert state_of(play) is State.AUTHENTICATING
    play.wait(0.001)
    assert cause_of(play) == Disconnect(
        Reason.LOGIN_TIMEOUT, "no end of the set-up action 'Setvar' within 10 s"
    )


def test_events_meanwhile_are_withheld_and_counted() -> None:
    """R-AUTH-06, R-AUTH-04."""
    play = Playbook(PREPARED)
    everything = play.subscribe()
    play.log_in().event("Hangup").event("Newchannel")
    assert play.faults() == {Fault.WITHHELD: 2}
    assert play.messages(everything) == []


def test_a_list_is_collected_to_its_end_and_delivered_to_nobody() -> None:
    """R-AUTH-06: each ends by its own completion."""
    play = Playbook(replace(PREPARED, setup=(SetupAction("CoreShowChannels"), FILTER)))
    everything = play.subscribe()
    play.log_in()
    listing = play.unanswered[0]
    play.reply(listing, "EventList: start").expect_actions()
    play.item(listing, "CoreShowChannel").expect_actions()
    play.item(listing, "CoreShowChannelsComplete", "EventList: Complete").expect_actions("Filter")
    play.reply(play.unanswered[0])
    assert state_of(play) is State.READY
    assert play.messages(everything) == []
    assert play.faults() == {}


def test_one_without_an_end_of_its_own_has_a_fence() -> None:
    """R-AUTH-06, R-CORR-14."""
    play = Playbook(replace(PREPARED, setup=(SetupAction("Queues"), FILTER))).log_in()
    play.expect_actions("Queues", "Ping")
    ping = play.unanswered[1]
    play.receive(b"default has 0 calls\r\n\r\n").reply(ping, "Ping: Pong").expect_actions("Filter")
    assert play.faults() == {}


def test_a_stop_meanwhile_ends_it() -> None:
    """R-LIFE-05."""
    play = authenticated().stop()
    assert state_of(play) is State.CLOSED
    assert play.connection.stopped


# -- the configuration


def test_no_repr_shows_what_is_in_it() -> None:
    """R-AUTH-06, R-OBS-04: a value may be a secret."""
    play = authenticated()
    shown = repr([PREPARED, VARIABLE, play.connection.snapshot(), play.notices])
    assert "hunter2" not in shown
    assert "Setvar" in shown
    for headers in (
        (("Value", "hunter2\r\nAction: Logoff"),),
        (("Val:ue hunter2", "x"),),
        {"Value": "hunter2"},
    ):
        with pytest.raises(ConfigError) as caught:
            SetupAction("Setvar", headers)  # type: ignore[arg-type]
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("", ()),
        (" Filter", ()),
        ("Filter\r\nAction: Logoff", ()),
        (None, ()),
        ("logoff", ()),
        ("Filter", (("ActionID", "1"),)),
        ("Filter", (("A", "x" * 1030),)),
        ("Filter", (("A", "\ud800"),)),
        ("Filter", (("A", 1),)),
        ("Filter", (("A",),)),
        ("Filter", [("A", "b")]),
        ("Filter", (("A", "b"),) * 121),
    ],
)
def test_what_could_not_be_sent_is_refused_when_it_is_configured(name: str, headers: object) -> None:
    """R-CONF-01, R-ACT-02: and not at the first login."""
    with pytest.raises(ConfigError) as caught:
        SetupAction(name, headers)  # type: ignore[arg-type]
    assert caught.value.key == "setup"


def test_whatever_is_taken_can_be_sent() -> None:
    """R-CONF-01: an Originate, which gets a header more, too."""
    variables = tuple(("Variable", f"V{number}=1") for number in range(119))
    full = SetupAction("Originate", (("Channel", "Local/1"), *variables))
    play = Playbook(replace(PREPARED, setup=(full,))).log_in()
    assert play.unanswered[0].name == "Originate"


@pytest.mark.parametrize("setup", ["Filter", [FILTER], ("Filter",), None])
def test_the_set_up_is_a_tuple_of_actions(setup: object) -> None:
    """R-CONF-01."""
    with pytest.raises(ConfigError, match="must be a tuple of SetupAction"):
        replace(SERVER, setup=setup)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="required must be true or false"):
        SetupAction("Filter", (), 1)  # type: ignore[arg-type]


def test_it_can_be_read_from_plain_data() -> None:
    """R-CONF-02: as TOML has it."""
    address = {"key": "pbx", "host": "192.0.2.1", "username": "ops", "secret": "s"}
    tables = [
        {"name": "Foreign", "headers": {"Operation": "Add", "Filter": ["!A", "!B"]}, "required": "yes"},
        {"name": "X", "headers": {"Number": 5, "Switch": True}},
        {"name": "Events", "headers": (("EventMask", "call"),)},
        FILTER,
    ]
    assert ServerConfig.from_mapping({**address, "setup": tables}).setup == (
        SetupAction("Foreign", (("Operation", "Add"), ("Filter", "!A"), ("Filter", "!B")), required=True),
        SetupAction("X", (("Number", "5"), ("Switch", "true"))),
        SetupAction("Events", (("EventMask", "call"),)),
        FILTER,
    )
    wrong: list[object] = [
        "Filter",
        ["Filter"],
        [{"nam": "Filter"}],
        [{"headers": {}}],
        [{"name": "A", "headers": 5}],
    ]
    for setup in wrong:
        with pytest.raises(ConfigError):
            ServerConfig.from_mapping({**address, "setup": setup})


def test_nothing_is_set_up_before_the_login() -> None:
    play = Playbook(PREPARED).dial().receive(BANNER).expect_actions("Login")
    play.reply(play.unanswered[0], "Message: Authentication failed", status="Error").expect_actions()
    assert cause_of(play).reason is Reason.LOGIN_REFUSED


def test_what_an_answer_does_not_want_is_withheld_like_any_event() -> None:
    """R-AUTH-04, R-AUTH-06: nobody hears events before READY, and none is lost uncounted."""
    play = Playbook(replace(PREPARED, setup=(SetupAction("FAXStats"),))).log_in()
    everything = play.subscribe()
    statistics = play.unanswered[0]
    play.reply(statistics).item(statistics, "Other")
    assert play.faults() == {Fault.WITHHELD: 1}
    play.item(statistics, "FAXStats")
    assert state_of(play) is State.READY
    assert play.messages(everything) == []


def test_a_fully_booted_that_is_never_delivered_is_counted() -> None:
    """R-AUTH-04, invariant 10: it was kept for READY, and a required set-up action failed."""
    play = authenticated(replace(PREPARED, wait_fully_booted=True)).event("FullyBooted")
    play.reply(play.unanswered[0], status="Error")
    assert play.faults() == {Fault.SETUP_FAILED: 1, Fault.WITHHELD: 1}
