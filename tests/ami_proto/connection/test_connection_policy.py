"""R-POLICY-01, R-POLICY-02: a connection asks its policy, and tells who asked for what left."""

from dataclasses import replace
from typing import Any

import pytest

from ami_proto import (
    Action,
    ActionFinished,
    Backpressure,
    ConfigError,
    Connection,
    Forbidden,
    InvalidAction,
    Policy,
    RequestError,
    Sent,
    SetupAction,
    State,
    Ticket,
)
from ami_proto.connection.actions import ASKED_BY_LENGTH_MAX
from ami_proto.connection.notices import SAID_LENGTH_MAX
from ami_proto.routes import RoundRobin, Standing
from conformance.laws import Lawful
from conformance.laws.playbook import SERVER, Playbook
from tests.playbooks import STATUS, logged_in, pong

SETVAR = Action("Setvar", {"Variable": "x", "Value": "1"})
OBSERVING = replace(SERVER, policy="observe")


def view(play: Playbook) -> object:
    """Return everything that a refused request must leave as it was."""
    return play.connection.snapshot(), play.connection.poll_timeout(), play.sent_actions


class TestForbidden:
    """R-POLICY-01."""

    @pytest.mark.parametrize(
        "options", [{}, {"wait": True}, {"to": "pbx"}, {"timeout": 1.0}, {"asked_by": "ann"}]
    )
    def test_it_raises_and_changes_nothing(self, options: Any) -> None:
        """R-POLICY-01, L3: no counter, no ActionID, no byte, and the next action goes as ever."""
        play = logged_in(OBSERVING)
        first, before = play.submit(STATUS), view(play)
        with pytest.raises(Forbidden):
            play.connection.submit(SETVAR, play.now, **options)
        assert view(play) == before
        assert play.drain().notices == []
        number = int(first.action_id.rpartition(":")[2])
        assert play.submit(STATUS).action_id.endswith(f":{number + 1}")
        assert "Setvar" not in [each.name for each in play.sent_actions]

    def test_it_says_which_action_and_which_list(self) -> None:
        """R-POLICY-01: in one sentence."""
        play = logged_in(OBSERVING)
        with pytest.raises(Forbidden) as refused:
            play.submit(SETVAR)
        error = refused.value
        assert str(error) == (
            "the policy for server 'pbx' forbids Setvar: it is not in profile observe, nor in policy.allow"
        )
        assert (error.server, error.action_name) == ("pbx", "Setvar")
        assert error.rule == "it is not in profile observe, nor in policy.allow"
        assert isinstance(error, RequestError)

    @pytest.mark.parametrize("begun", [False, True])
    def test_it_comes_before_the_state_of_the_connection(self, begun: bool) -> None:
        """R-POLICY-01: a caller that tries again when the server is ready would be told the same."""
        play = Playbook(OBSERVING)
        if begun:
            play.start()
        for wait in (False, True):
            with pytest.raises(Forbidden):
                play.submit(SETVAR, wait=wait)
        assert play.connection.snapshot().actions_waiting == 0

    def test_it_comes_before_backpressure_and_is_not_counted_as_that(self) -> None:
        """R-POLICY-01, R-OBS-05."""
        play = logged_in(replace(OBSERVING, max_pending_actions=1))
        play.submit(STATUS)
        with pytest.raises(Forbidden):
            play.submit(SETVAR)
        assert play.connection.snapshot().actions_refused == 0
        with pytest.raises(Backpressure):
            play.submit(STATUS)

    def test_a_logoff_is_refused_with_the_way_to_stop(self) -> None:
        """R-POLICY-01: whatever the policy says."""
        with pytest.raises(InvalidAction, match="use stop"):
            logged_in(OBSERVING).submit(Action("Logoff"))

    def test_a_strategy_is_not_asked_about_it(self) -> None:
        """R-POLICY-01: nothing is prepared for an action that is not sent."""

        class Untouchable:
            def __getattr__(self, name: str) -> object:
                raise AssertionError(name)

        with pytest.raises(Forbidden):
            logged_in(OBSERVING).submit(SETVAR, completion=Untouchable())  # type: ignore[arg-type]

    def test_a_lawful_connection_sees_no_change(self) -> None:
        """R-POLICY-01: law L3 compares all that can be seen."""
        machine = Lawful(Connection(OBSERVING, seed=1))
        machine.start(0.0)
        with pytest.raises(Forbidden):
            machine.submit(SETVAR, 1.0, wait=True)
        assert machine.broken is None

    def test_a_route_is_told(self) -> None:
        """R-POLICY-01, R-CLUSTER-05: and a route that chooses it all the same is refused."""
        seen: list[Standing] = []

        class Looks(RoundRobin):
            def choose(self, servers: Any) -> Any:
                seen.extend(servers.values())
                return super().choose(servers)

        play = logged_in(OBSERVING)
        with pytest.raises(Forbidden):
            play.connection.submit(SETVAR, play.now, to=Looks())
        play.connection.submit(STATUS, play.now, to=Looks())
        assert [each.forbids for each in seen] == [True, False]


@pytest.mark.parametrize("policy", [Policy(allow=("CoreStatus",)), "observe", "operate"])
def test_the_connection_itself_sends_what_it_needs(policy: Any) -> None:
    """R-POLICY-01: login, set-up, heartbeat and Logoff are not the application's actions."""
    filters = SetupAction("Filter", (("Operation", "Add"), ("Filter", "Event: Hangup")))
    play = Playbook(replace(SERVER, policy=policy, setup=(filters,))).log_in()
    play.reply(play.unanswered[-1])
    assert play.connection.state is State.READY
    play.wait(SERVER.heartbeat_interval + 1)
    play.stop()
    names = [each.name for each in play.sent_actions]
    assert names[-2:] == ["Ping", "Logoff"]
    assert "Filter" in names


def test_without_a_policy_everything_is_allowed() -> None:
    """R-POLICY-01: the default."""
    play = logged_in()
    assert SERVER.policy == Policy("all")
    assert not play.connection.forbids(SETVAR)
    play.submit(SETVAR)


@pytest.mark.parametrize("name", ["", " ", 5, b"ann", "x" * (ASKED_BY_LENGTH_MAX + 1)])
def test_who_asked_is_a_short_text(name: Any) -> None:
    """R-POLICY-02, L3: anything else is refused, and changes nothing."""
    play = logged_in()
    before = view(play)
    with pytest.raises(
        ConfigError, match=r"^asked_by: must be text that is not blank, of at most 256 characters$"
    ):
        play.connection.submit(STATUS, play.now, asked_by=name)
    assert view(play) == before
    play.connection.submit(STATUS, play.now, asked_by="x" * ASKED_BY_LENGTH_MAX)


class TestAudit:
    """R-POLICY-02: `ActionFinished` is what an audit needs to know."""

    def finished(self, play: Playbook) -> ActionFinished:
        """Return the one end of an action so far."""
        (notice,) = [each for each in play.drain().notices if isinstance(each, ActionFinished)]
        return notice

    def test_who_asked_what_of_whom_and_how_it_ended(self) -> None:
        """R-POLICY-02."""
        play = logged_in()
        ticket = play.connection.submit(SETVAR, play.now, asked_by="ann@example.org")
        play.wait(2.0).reply(ticket)
        notice = self.finished(play)
        assert notice.left
        assert notice.asked_by == "ann@example.org"
        assert (notice.server, notice.ticket.action_name, notice.ticket.action_id) == (
            "pbx", "Setvar", ticket.action_id,
        )  # fmt: skip
        assert notice.headers == (("Variable", "***"), ("Value", "***"))
        assert (notice.said, notice.outcome.succeeded, notice.outcome.sent) == ("", True, Sent.FULLY)
        assert (notice.ticket.submitted, notice.elapsed) == (play.now - 2.0, 2.0)

    def test_nobody_may_be_named(self) -> None:
        """R-POLICY-02: the default."""
        play = logged_in()
        play.reply(play.submit(STATUS))
        assert self.finished(play).asked_by is None

    def test_who_asked_is_not_told_to_the_server(self) -> None:
        """R-POLICY-02."""
        play = logged_in()
        play.connection.submit(STATUS, play.now, asked_by="ann")
        play.write()
        assert b"CoreStatus" in play.wire
        assert b"ann" not in play.wire

    @pytest.mark.parametrize(
        ("action", "headers"),
        [
            (
                Action(
                    "Originate", {"Channel": "PJSIP/7", "Application": "Authenticate", "Data": "PIN=1234"}
                ),
                (
                    ("Channel", "PJSIP/7"),
                    ("Application", "Authenticate"),
                    ("Data", "PIN=***"),
                    ("Async", "true"),
                ),
            ),
            (
                Action("Command", {"Command": "database put ops password hunter2"}),
                (("Command", "database put ops password ***"),),
            ),
            (Action("SendText", {"Message": "the word is s3cret!"}), (("Message", "the word is ***"),)),
            (Action("SendText", {"Iban": "DE00"}), (("Iban", "***"),)),
        ],
    )
    def test_its_headers_are_masked_as_a_log_has_them(self, action: Action, headers: object) -> None:
        """R-POLICY-02, R-OBS-04: by names, by assignments, the server's secret, and the user's own names."""
        play = logged_in(replace(SERVER, secret="s3cret!", redact_names=("iban",)))
        ticket = play.submit(action)
        play.cancel(ticket)
        notice = self.finished(play)
        assert notice.headers == headers
        assert not any(each in repr(notice) for each in ("1234", "hunter2", "s3cret!", "DE00"))

    def test_the_words_of_the_server_are_masked_and_cut(self) -> None:
        """R-POLICY-02, R-OBS-04."""
        play = logged_in(replace(SERVER, secret="s3cret!"))
        ticket = play.submit(STATUS)
        play.reply(ticket, "Message: s3cret! is wrong " + "x" * 1000, status="Error")
        said = self.finished(play).said
        assert said.startswith("CoreStatus: *** is wrong x")
        assert len(said) <= SAID_LENGTH_MAX

    def test_what_never_left_says_so(self) -> None:
        """R-POLICY-02: it waited for READY, or its bytes were not shown."""
        play = Playbook().start()
        play.cancel(play.submit(STATUS, wait=True))
        notice = self.finished(play)
        assert not notice.left
        assert notice.headers == ()
        assert notice.said.startswith("CoreStatus: cancelled")

    def test_what_left_in_part_has_left(self) -> None:
        """R-POLICY-02: bytes that were shown may be in the server."""
        play = logged_in()
        play.connection.submit(SETVAR, play.now)
        assert play.write(limit=10) == b"Action: Setvar\r\n"
        play.disconnect()
        notice = self.finished(play)
        assert notice.left
        assert notice.outcome.sent is Sent.PARTLY
        assert notice.said.startswith("Setvar: connection lost")

    def test_a_notice_that_is_made_by_hand_masks_as_well(self) -> None:
        """R-OBS-04: with the built-in rules."""
        play = logged_in()
        play.cancel(play.submit(SETVAR))
        notice = ActionFinished(self.finished(play).outcome)
        assert notice.headers == (("Variable", "***"), ("Value", "***"))
        assert ActionFinished(replace(notice.outcome, ticket=Ticket("pbx", "1", "Ping"))).headers == ()

    def test_each_end_of_an_action_is_told_once(self) -> None:
        """R-POLICY-02, R-CORR-07."""
        play = logged_in()
        first = play.connection.submit(Action("IAXnetstats"), play.now, asked_by="ann")
        second = play.connection.submit(STATUS, play.now, asked_by="ben")
        play.write()
        pong(play, first).reply(second)
        notices = [each for each in play.drain().notices if isinstance(each, ActionFinished)]
        assert [each.asked_by for each in notices] == ["ann", "ben"]
