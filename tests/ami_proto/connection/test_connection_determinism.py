"""L8, L9: the same bytes, however cut, and the same seed tell the same story."""

import hashlib
import random
import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ami_proto import Action, Reason, State
from conformance.laws.playbook import Playbook, frame
from tests.playbooks import STATUS, in_pieces

TALK = (
    frame("Event: Newchannel", "Privilege: call,all", "Channel: PJSIP/7")
    + frame("Response: Success", "ActionID: pbx:1a1a4894:3", "EventList: start")
    + frame("Event: CoreShowChannel", "ActionID: pbx:1a1a4894:3", "Number: 1")
    + frame("Event: Peer", "Number: 2")
    + b"\r\n\r\nthis is out of step\r\n\r\n"
    + frame("Event: Done", "ActionID: pbx:1a1a4894:3", "EventList: Complete")
    + frame("Event: DoneComplete", "ActionID: pbx:1a1a4894:3", "EventList: Complete")
    + frame("Response: Error", "ActionID: pbx:1a1a4894:4", "Message: no")
    + b"Response: Follows\r\nPrivilege: Command\r\nActionID: pbx:1a1a4894:5\r\n"
    + b"a\n\nb\n--END COMMAND--\r\n\r\n"
    + frame("Event: Hangup", "Privilege: call,all")
)


def hear_in_pieces(cuts: list[int]) -> object:
    play = Playbook().log_in()
    subscription = play.subscribe()
    tickets = [play.submit(Action(name)) for name in ("CoreShowChannels", "Hangup", "Command")]
    play.receive(*in_pieces(TALK, sorted(cuts)))
    outcomes = [(play.outcome(each).succeeded, play.outcome(each).reply) for each in tickets]
    return play.messages(subscription), outcomes, play.faults()


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, len(TALK)), max_size=20))
def test_any_split_gives_the_same_messages_and_outcomes(cuts: list[int]) -> None:
    """L8, R-WIRE-01: at the same `now`, with the same drains."""
    assert hear_in_pieces(cuts) == hear_in_pieces([])


def test_byte_by_byte_is_a_split_like_any_other() -> None:
    """L8."""
    assert hear_in_pieces(list(range(len(TALK)))) == hear_in_pieces([])


def trace(seed: int) -> str:
    """Return the hash of a long story with faults, drawn from a seed."""
    rng, play = random.Random(seed), Playbook(seed=seed)
    digest = hashlib.sha256()
    subscriptions = [play.subscribe(name, limit=3) for name in ("A*", "B", "*")]
    for _ in range(40):
        play.wait(rng.random() * 20)
        if play.connection.state is State.CLOSED or play.connection.state is State.CONNECTING:
            play.log_in()
        if play.connection.state.sending:
            tickets = [play.submit(STATUS, timeout=rng.random() * 9) for _ in range(rng.randrange(4))]
            for ticket in rng.sample(tickets, len(tickets) // 2):
                play.reply(ticket)
            for name in rng.choices(["Abc", "B", "C"], k=5):
                play.event(name)
            if rng.random() < 0.5:
                play.disconnect(rng.choice(list(Reason)))
        said = (play.take(object), play.take_commands(), [play.messages(each) for each in subscriptions])
        digest.update(repr((play.now, said, play.wire)).encode())
    return digest.hexdigest()


def test_the_same_seed_tells_the_same_story() -> None:
    """L9: under any `PYTHONHASHSEED`."""
    here = Path(__file__)
    program = f"import sys; sys.path[:0] = {sys.path!r}; import {here.stem} as test; print(test.trace(7))"
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": hash_seed},
            cwd=here.parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("1", "4242")
    }
    assert hashes == {trace(7)}
    assert trace(8) != trace(7)
