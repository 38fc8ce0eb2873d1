"""L4: an action that times out, is cancelled or lost ends once, and says how much of it was shown."""

from ami_proto import Action, ActionCancelled, ActionFinished, ActionTimeout, Fault, Sent, State, Ticket
from conformance.laws.playbook import BANNER, Playbook
from tests.playbooks import STATUS, error_of


def test_timeouts_come_in_order_and_once(ready: Playbook) -> None:
    """R-CORR-06, L4: in the order of the deadlines; a late reply is unmatched."""
    seconds = [5, 1, 3, 2, 4]
    tickets = [ready.submit(STATUS, timeout=each) for each in seconds]
    ready.wait(10)
    ended = [each.ticket for each in ready.notices if isinstance(each, ActionFinished)]
    assert ended == [tickets[seconds.index(each)] for each in (1, 2, 3, 4, 5)]
    assert all(isinstance(ready.outcome(ticket).error, ActionTimeout) for ticket in tickets)
    ready.reply(tickets[0])
    assert len(ready.outcomes(tickets[0])) == 1
    assert ready.faults() == {Fault.UNMATCHED: 1}


def test_a_clock_that_jumps_fires_everything_in_order(ready: Playbook) -> None:
    tickets = [ready.submit(STATUS, timeout=9 - each) for each in range(9)]
    ready.oversleep(9)
    ended = [each.ticket for each in ready.notices if isinstance(each, ActionFinished)]
    assert ended == tickets[::-1]


def test_a_cancelled_action_that_nobody_saw_never_leaves(ready: Playbook) -> None:
    """R-CORR-07: cancelling removes it."""
    ready.lazy = True
    before, ticket = ready.submit(STATUS), ready.submit(Action("Hangup", {"Channel": "PJSIP/7"}))
    ready.cancel(ticket).cancel(ticket)
    ready.lazy = False
    ready.drain()
    while ready.write():
        pass
    assert [each.action_id for each in ready.unanswered] == [before.action_id]
    outcome = ready.outcome(ticket)
    assert isinstance(outcome.error, ActionCancelled)
    assert outcome.sent is Sent.NO


def test_a_cancelled_action_shown_in_part_goes_out_whole(ready: Playbook) -> None:
    """What was shown was sent: the rest follows, and its outcome says so."""
    ready.lazy = True
    ticket = ready.submit(Action("Hangup", {"Channel": "PJSIP/7"}))
    ready.write(limit=20)
    ready.cancel(ticket).drain()
    assert ready.outcome(ticket).sent is Sent.FULLY
    while ready.write():
        pass
    ready.expect_actions("Hangup")


def test_a_timeout_of_an_action_shown_in_part_is_the_same(ready: Playbook) -> None:
    ready.lazy = True
    ticket = ready.submit(Action("Hangup", {"Channel": "PJSIP/7"}), timeout=1)
    ready.write(limit=20)
    ready.wait(1).drain()
    assert ready.outcome(ticket).sent is Sent.FULLY


def test_an_answer_to_an_action_shown_in_part_settles_it_too(ready: Playbook) -> None:
    """An outcome never says PARTLY, retryable, of what is bound to leave."""
    ready.lazy = True
    ticket = ready.submit(Action("Hangup", {"Channel": "PJSIP/7"}))
    ready.write(limit=20)
    ready.reply(ticket, "Message: too early", status="Error").drain()
    assert ready.outcome(ticket).sent is Sent.FULLY


def test_a_loss_says_how_much_was_shown(ready: Playbook) -> None:
    """NO, PARTLY, FULLY: only the first two may be retried without asking."""
    ready.lazy = True
    fully, partly, no = (ready.submit(Action("Hangup", {"Channel": f"PJSIP/{n}"})) for n in range(3))
    ready.write(len(ready.connection.poll_transmit(ready.session, 90)), limit=90)
    ready.write(limit=30)
    ready.disconnect().drain()
    sents = [ready.outcome(each).sent for each in (fully, partly, no)]
    assert sents == [Sent.FULLY, Sent.PARTLY, Sent.NO]


def test_a_cancelled_answer_is_nobodys(ready: Playbook) -> None:
    """L4: an outcome each, whatever comes later."""
    ticket = ready.submit(STATUS)
    ready.cancel(ticket).reply(ticket).cancel(ticket).wait(100)
    assert isinstance(ready.outcome(ticket).error, ActionCancelled)
    assert ready.faults()[Fault.UNMATCHED] == 1


def test_a_waiting_action_can_be_cancelled() -> None:
    play = Playbook().start()
    ticket = play.submit(STATUS, wait=True)
    play.cancel(ticket).log_in().expect_actions()
    assert play.outcome(ticket).sent is Sent.NO


def test_a_foreign_ticket_cancels_nothing(ready: Playbook) -> None:
    ticket = ready.submit(STATUS)
    ready.cancel(Ticket("pbx", ticket.action_id, "Other")).cancel(Ticket("pbx2", "x", "y"))
    assert not ready.outcomes(ticket)


def test_a_forged_ticket_cancels_nothing_of_the_engines_own() -> None:
    """R-CORR-07: ActionIDs can be guessed; login, ping and Logoff are not the application's to end."""

    def forge(play: Playbook) -> None:
        (own,) = play.unanswered
        play.cancel(Ticket("pbx", own.action_id, own.name))

    play = Playbook().dial().receive(BANNER)
    forge(play)
    play.reply(play.unanswered[0], "Challenge: 1")
    forge(play)
    play.reply(play.unanswered[0]).wait(15)
    forge(play)
    play.reply(play.unanswered[0], "Ping: Pong").wait(14)
    assert play.connection.state is State.READY
    forge(play.stop())
    play.reply(play.unanswered[0], status="Goodbye")
    assert play.connection.stopped
    assert (play.faults(), play.take(ActionFinished)) == ({}, [])


def test_an_action_that_waits_is_cancelled_where_there_is_no_session() -> None:
    """R-CORR-07, R-LIFE-03: in the backoff between two sessions; nothing of it was sent."""
    play = Playbook().log_in().disconnect()
    ticket = play.submit(STATUS, wait=True)
    assert play.connection.snapshot().session is None
    play.cancel(ticket)
    error = error_of(play.outcome(ticket))
    assert isinstance(error, ActionCancelled)
    assert error.sent is Sent.NO
    play.wait(1).log_in().expect_actions()
