"""R-AUTH-07: READY means booted, where the server can tell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_proto import (
    BreakerState,
    Disconnect,
    Fault,
    FaultSeen,
    Gap,
    Message,
    Reason,
    ServerConfig,
    SetupAction,
    State,
)
from ami_proto.connection.boot import ZONE_STEP, uptime_min
from conformance.laws.playbook import BANNER, SERVER, Playbook, frame
from tests.playbooks import STATUS, cause_of, state_of

AUTO = replace(SERVER, auth="plain", wait_fully_booted="auto")
"""The default, which playbooks turn off elsewhere."""
FILTER = SetupAction("Filter", (("Operation", "Add"), ("Filter", "!Event: VarSet")))
EPOCH = 1_700_000_000.0
"""The server's clock when a playbook begins."""


def pong(play: Playbook) -> Playbook:
    """Answer the oldest open action, a ping, with the time of the server's clock."""
    assert play.unanswered[0].name == "Ping"
    return play.reply(play.unanswered[0], "Ping: Pong", f"Timestamp: {EPOCH + play.now:.6f}")


def wait(play: Playbook, seconds: float) -> Playbook:
    """Let time pass on a server that answers each ping."""
    end = play.now + seconds
    while (deadline := play.connection.poll_timeout()) is not None and deadline < end:
        play.wait(deadline - play.now)
        while play.unanswered and play.unanswered[0].name == "Ping":
            pong(play)
    return play.wait(end - play.now)


def say_uptime(play: Playbook, seconds: float, zone: timedelta = timedelta()) -> Playbook:
    """Answer the ping, and `CoreStatus` with the start of a server that has been up so long."""
    play.expect_actions("Ping", "CoreStatus")
    pong(play)
    started = datetime.fromtimestamp(EPOCH + play.now - seconds, timezone(zone))
    return play.reply(
        play.unanswered[0], f"CoreStartupDate: {started:%Y-%m-%d}", f"CoreStartupTime: {started:%H:%M:%S}"
    )


def boot_faults(play: Playbook) -> list[FaultSeen]:
    """Take the reports of the boot."""
    kinds = (Fault.BOOTING, Fault.BOOT_HIDDEN)
    return [each for each in play.take(FaultSeen) if each.fault in kinds]


# -- a server that is booting


def test_a_server_that_boots_for_forty_seconds_is_waited_for() -> None:
    """R-AUTH-07, at the first connect: with every default, set-up actions come after it, no login fails."""
    play = Playbook(replace(AUTO, setup=(FILTER,))).log_in()
    everything = play.subscribe()
    wait(play, 40.0)
    assert state_of(play) is State.AUTHENTICATING
    play.expect_actions().event("FullyBooted").expect_actions("Filter")
    play.reply(play.unanswered[0])
    assert state_of(play) is State.READY
    seen = play.connection.snapshot()
    assert (seen.connect_failures, seen.breaker, seen.last_cause) == (0, BreakerState.CLOSED, None)
    (booted,) = play.messages(everything)
    assert isinstance(booted, Message)
    assert booted.name == "FullyBooted"
    assert play.faults() == {}


def test_the_gap_of_a_restart_comes_after_the_boot() -> None:
    """R-AUTH-07, at a reconnect: who asks again after the gap asks a server that has booted."""
    play = Playbook(AUTO).log_in().event("FullyBooted")
    everything = play.subscribe()
    play.disconnect().wait(1.0).log_in()
    lost = play.now - 1.0
    wait(play, 40.0)
    assert play.messages(everything) == []
    play.event("Newchannel").event("FullyBooted")
    gap, booted = play.messages(everything)
    assert gap == Gap("pbx", lost, play.now, Disconnect(Reason.EOF))
    assert isinstance(booted, Message)
    assert play.faults() == {Fault.WITHHELD: 1}


def test_actions_that_wait_for_ready_wait_for_the_boot() -> None:
    """R-AUTH-07, R-LIFE-03."""
    play = Playbook(AUTO).start()
    ticket = play.submit(STATUS, wait=True)
    play.log_in().wait(10.0).expect_actions()
    play.event("FullyBooted").expect_actions("CoreStatus").reply(ticket)
    assert play.outcome(ticket).succeeded


def test_the_heartbeat_watches_a_server_that_boots() -> None:
    """R-AUTH-07, R-HEALTH-01: three unanswered pings end the session, long before `boot_timeout`."""
    play = Playbook(AUTO).log_in().wait(15.0).expect_actions("Ping").wait(5.0).expect_actions("Ping", "Ping")
    assert state_of(play) is State.AUTHENTICATING
    play.wait(10.0)
    assert cause_of(play) == Disconnect(Reason.HEARTBEAT, "3 pings unanswered")


def test_one_answered_ping_is_enough() -> None:
    """R-HEALTH-01: two misses are forgotten."""
    play = Playbook(AUTO).log_in().wait(20.0)
    pong(play)
    wait(play, 30.0).event("FullyBooted")
    assert state_of(play) is State.READY


def test_a_session_that_dies_while_it_boots_is_lost_as_ever() -> None:
    play = Playbook(AUTO).log_in().wait(1.0).disconnect(Reason.RESET)
    assert cause_of(play).reason is Reason.RESET
    play.wait(1.0).log_in().event("FullyBooted")
    assert state_of(play) is State.READY


def test_a_wait_can_be_stopped() -> None:
    """R-LIFE-05."""
    assert Playbook(AUTO).log_in().stop().connection.stopped


def test_the_wait_takes_no_time_from_the_set_up_actions_and_gives_none() -> None:
    """R-AUTH-02: banner to READY within `login_timeout`, the wait apart."""
    play = Playbook(replace(AUTO, setup=(FILTER,))).dial().receive(BANNER).wait(9.0)
    play.reply(play.unanswered[0])
    wait(play, 31.0).event("FullyBooted").expect_actions("Filter").wait(0.999)
    assert state_of(play) is State.AUTHENTICATING
    play.wait(0.001)
    detail = "no end of the set-up action 'Filter' within 10 s"
    assert cause_of(play) == Disconnect(Reason.LOGIN_TIMEOUT, detail)


# -- a server that does not say so


@pytest.mark.parametrize("server", [AUTO, replace(AUTO, wait_fully_booted=True)])
def test_a_user_whose_classes_hide_it_waits_once(server: ServerConfig) -> None:
    """R-AUTH-07: said once; the next sessions do not wait, until one sees a FullyBooted."""
    play = Playbook(server).log_in()
    wait(play, 60.0)
    assert state_of(play) is State.AUTHENTICATING
    say_uptime(play, 86_400.0)
    assert state_of(play) is State.READY
    (hidden,) = boot_faults(play)
    assert hidden.fault is Fault.BOOT_HIDDEN
    assert "no FullyBooted within 60 s" in hidden.detail
    assert "'system'" in hidden.detail
    for _ in range(2):
        play.disconnect().wait(1.0).log_in()
        assert state_of(play) is State.READY
        assert boot_faults(play) == []
    play.event("FullyBooted").disconnect().wait(1.0).log_in()
    assert state_of(play) is State.AUTHENTICATING, "one was seen, so the next session waits again"


def test_a_fully_booted_among_the_set_up_actions_is_seen_too() -> None:
    """R-AUTH-07: the user's classes were changed, and the server writes it right after the answer."""
    play = Playbook(replace(AUTO, setup=(FILTER,))).log_in()
    say_uptime(wait(play, 60.0), 86_400.0).reply(play.unanswered[0])
    play.disconnect().wait(1.0).log_in().expect_actions("Filter").event("FullyBooted")
    play.reply(play.unanswered[0])
    assert state_of(play) is State.READY
    play.disconnect().wait(1.0).log_in().expect_actions()
    assert state_of(play) is State.AUTHENTICATING


@pytest.mark.parametrize(
    "lines", [("Message: Permission denied",), ("Message: Invalid/unknown command: CoreStatus.",)]
)
def test_a_server_that_may_not_tell_is_not_waited_for(lines: tuple[str, ...]) -> None:
    """R-AUTH-07: users without `system` and `reporting` in `write` get no uptime."""
    play = Playbook(AUTO).log_in()
    wait(play, 60.0).expect_actions("Ping", "CoreStatus")
    pong(play).reply(play.unanswered[0], *lines, status="Error")
    assert state_of(play) is State.READY
    assert [each.fault for each in boot_faults(play)] == [Fault.BOOT_HIDDEN]


def test_a_server_that_has_just_started_is_given_more_time() -> None:
    """R-AUTH-07: it is still booting, which is said, and fails no login."""
    play = Playbook(AUTO).log_in()
    say_uptime(wait(play, 60.0), 70.0)
    assert state_of(play) is State.AUTHENTICATING
    (booting,) = boot_faults(play)
    assert booting.fault is Fault.BOOTING
    wait(play, 30.0).event("FullyBooted")
    assert state_of(play) is State.READY
    assert play.connection.snapshot().connect_failures == 0
    assert boot_faults(play) == []
    play.disconnect().wait(1.0).log_in()
    assert state_of(play) is State.AUTHENTICATING, "it was seen, so it is waited for"


def test_the_wait_is_bounded_all_the_same() -> None:
    """R-AUTH-07: twice `boot_timeout` after the login, a server that never says it has had its time."""
    play = Playbook(AUTO).log_in()
    say_uptime(wait(play, 60.0), 70.0)
    wait(play, 59.999)
    assert state_of(play) is State.AUTHENTICATING
    wait(play, 0.001)
    assert state_of(play) is State.READY
    assert [each.fault for each in boot_faults(play)] == [Fault.BOOTING, Fault.BOOT_HIDDEN]


def test_a_server_that_answers_pings_and_no_question_is_not_waited_for_for_ever() -> None:
    """R-AUTH-07, R-LIFE-06."""
    play = Playbook(replace(AUTO, boot_timeout=5.0)).log_in().wait(5.0).expect_actions("Ping", "CoreStatus")
    pong(play).wait(5.0)
    assert state_of(play) is State.READY


def test_a_fully_booted_that_comes_after_the_question_counts() -> None:
    """R-AUTH-07: and the answer, when it comes, changes nothing any more."""
    play = Playbook(replace(AUTO, setup=(FILTER,))).log_in()
    wait(play, 60.0).event("FullyBooted")
    say_after = play.unanswered
    assert [each.name for each in say_after] == ["Ping", "CoreStatus", "Filter"]
    pong(play).reply(say_after[1], "CoreStartupDate: 2000-01-01", "CoreStartupTime: 00:00:00")
    play.reply(say_after[2])
    assert state_of(play) is State.READY
    assert boot_faults(play) == []


def test_no_second_ping_goes_out_while_one_is_in_flight() -> None:
    """R-HEALTH-01: the question uses its answer."""
    play = Playbook(replace(AUTO, boot_timeout=16.0)).log_in().wait(16.0).expect_actions("Ping", "CoreStatus")
    say_uptime(play, 86_400.0)
    assert state_of(play) is State.READY


# -- a mask without it, and no wait at all


@pytest.mark.parametrize("events", ["call", "off", "4"])
def test_a_mask_that_keeps_it_out_is_not_waited_for(events: str) -> None:
    """R-AUTH-07: "auto" knows that none will come, and is not told to wait."""
    play = Playbook(replace(AUTO, events=events)).log_in()
    assert state_of(play) is State.READY
    assert play.faults() == {}


@pytest.mark.parametrize("events", [None, "on", "system,call", "all"])
def test_a_mask_that_lets_it_through_is(events: str | None) -> None:
    """R-AUTH-07."""
    play = Playbook(replace(AUTO, events=events)).log_in()
    assert state_of(play) is State.AUTHENTICATING
    assert state_of(play.event("FullyBooted")) is State.READY


def test_a_fully_booted_in_one_read_with_the_answer_costs_nothing() -> None:
    """R-AUTH-07: as a booted server has it."""
    play = Playbook(AUTO).dial().receive(BANNER)
    answer = frame("Response: Success", f"ActionID: {play.unanswered[0].action_id}")
    play.receive(answer + frame("Event: FullyBooted", "Privilege: system,all"))
    assert state_of(play) is State.READY
    assert play.connection.poll_timeout() == play.now + AUTO.stable_after


# -- the arithmetic


@given(
    uptime=st.floats(0, 1e8),
    now=st.floats(1e9, 4e9),
    quarters=st.integers(-12 * 4, 14 * 4),
)
def test_the_uptime_is_never_overestimated(uptime: float, now: float, quarters: int) -> None:
    """R-AUTH-07: whatever time zone the server's clock shows. Two days and more are known to be long."""
    zone = timezone(quarters * timedelta(minutes=15))
    started = datetime.fromtimestamp(int(now - uptime), zone)
    least = uptime_min(f"{started:%Y-%m-%d %H:%M:%S}", f"{now:.6f}")
    assert least is not None
    assert least <= uptime + 1.001
    assert least > uptime - 27 * 3600
    assert abs((uptime - least + ZONE_STEP / 2) % ZONE_STEP - ZONE_STEP / 2) < 1.001 or least < ZONE_STEP


@pytest.mark.parametrize(
    ("started", "timestamp"),
    [
        ("None None", "1700000000.000000"),
        ("2026-02-29 now", "1700000000.000000"),
        ("1-2-3 4:5:6", "1700000000.000000"),
        ("2026-11-29 09:02:44", ""),
        ("2026-11-29 09:02:44", "soon"),
        ("2026-11-29 09:02:44", "9" * 400),
        ("٢٠٢٦-11-29 09:02:44", "1700000000.0"),
    ],
)
def test_answers_that_are_no_times_say_nothing(started: str, timestamp: str) -> None:
    """R-AUTH-07: facts never raise."""
    assert uptime_min(started, timestamp) is None


@pytest.mark.parametrize(
    "day", ["1970-01-01", "1999-12-31", "2000-02-29", "2024-03-01", "2026-11-29", "2099-12-31", "2100-03-01"]
)
def test_days_are_counted_as_the_calendar_does(day: str) -> None:
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
    two_days_later = moment.timestamp() + 2 * 86_400
    assert uptime_min(f"{day} 00:00:00", f"{two_days_later:.3f}") == 1.5 * 86_400


def test_days_that_no_calendar_has_raise_nothing() -> None:
    assert uptime_min("9999-99-99 99:99:99", "0") is not None
    assert uptime_min("0000-00-00 00:00:00", "999999999999.999999999") is not None
