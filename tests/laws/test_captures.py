"""L8, R-WIRE-01: any split of the bytes of real servers gives the same messages and the same outcomes.

The actions of a capture are sent again, and its bytes answer them, with the new ActionIDs; the login is
scripted.

"""

import re
from collections import Counter

import pytest

import ami_proto as ami
from ami_proto.drivers import SessionId
from conformance.corpus import Capture
from conformance.laws import Lawful
from tests.cases import CAPTURES, case_id, decode, random_cuts
from tests.manual_network import drain

CONFIG = ami.ServerConfig(
    key="pbx",
    host="192.0.2.1",
    username="admin",
    secret="s3cr3t",
    auth="plain",
    action_timeout=1.0,
    wait_fully_booted=False,
)
SESSION = SessionId("pbx", 1)
OWN = {"login", "challenge", "logoff"}
"""Actions that the engine sends."""
SPLITS = 4


def asked(capture: Capture) -> list[tuple[str, ami.Action]]:
    """Return the ActionID and the action of every request that can be sent again."""
    requests = []
    for _, text in capture.sent:
        for request in text.split("\r\n\r\n"):
            pairs = [line.partition(":")[::2] for line in request.split("\r\n") if ":" in line]
            headers = [(name.strip(), value.strip()) for name, value in pairs]
            named = {name.lower(): value for name, value in headers}
            if "actionid" in named and named.get("action", "login").lower() not in OWN:
                kept = [pair for pair in headers if pair[0].lower() not in ("action", "actionid")]
                try:
                    requests.append((named["actionid"], ami.Action(named["action"], kept)))
                except ami.InvalidAction:  # a capture of what Asterisk does with nonsense
                    continue
    return requests


def log_in() -> Lawful:
    """Return a machine that is READY."""
    machine = Lawful(ami.Connection(CONFIG, seed=1))
    machine.start(0.0)
    drain(machine)
    machine.handle_connected(SESSION, 0.0)
    machine.handle_received(SESSION, b"Asterisk Call Manager/9.0.0\r\n", 0.0)
    found = re.search(rb"ActionID: (.*)\r\n", machine.poll_transmit(SESSION))
    assert found
    machine.handle_received(SESSION, b"Response: Success\r\nActionID: %b\r\n\r\n" % found[1], 0.0)
    return machine


def play(capture: Capture, cuts: list[int]) -> tuple[object, Lawful]:
    """Return every message and outcome of a capture that arrives in these pieces."""
    machine = log_in()
    everything = machine.subscribe(ami.Filter(replies=True), limit=100_000)
    _, _, data = capture.data.partition(b"\r\n")
    for recorded, action in asked(capture):
        ticket = machine.submit(action, 0.0)
        line = b"ActionID: %b\r\n"
        data = data.replace(line % recorded.encode(), line % ticket.action_id.encode())
    while piece := machine.poll_transmit(SESSION):
        machine.handle_sent(SESSION, len(piece), 0.0)
    begin = 0
    for cut in [*(each for each in cuts if each < len(data)), len(data)]:
        machine.handle_received(SESSION, data[begin:cut], 0.0)
        begin = cut
    machine.handle_timeout(1000.0)
    drain(machine)
    messages = []
    while (message := machine.poll_message(everything)) is not None:
        messages.append(message)
    ends = [(each, error_of(outcome), outcome.reply) for each, outcome in machine.outcomes.items()]
    seen = machine.snapshot()
    return (messages, ends, seen.frames_received, seen.events_unwanted, seen.faults), machine


def error_of(outcome: ami.Outcome) -> str:
    """Return an error as text: errors do not compare."""
    return repr(outcome.error)


@pytest.mark.parametrize("capture", CAPTURES, ids=case_id)
def test_any_split_of_a_capture_gives_the_same_messages_and_outcomes(capture: Capture) -> None:
    """L8, R-WIRE-01: whole, in random pieces, and, where it is short, byte by byte."""
    whole, machine = play(capture, [])
    assert not machine.open
    size = len(capture.data)
    for seed in range(SPLITS):
        assert play(capture, random_cuts(size, seed))[0] == whole
    if size < 20_000:
        assert play(capture, list(range(size)))[0] == whole


def test_most_actions_find_their_answer_in_their_capture() -> None:
    """Otherwise the splits would compare nothing."""
    ends: Counter[bool] = Counter()
    for capture in CAPTURES:
        _, machine = play(capture, [])
        ends.update(isinstance(each.error, ami.ActionTimeout) for each in machine.outcomes.values())
    assert ends[False] > 0.8 * ends.total() > 100


@pytest.mark.parametrize("capture", CAPTURES, ids=case_id)
def test_a_decoder_that_knows_what_was_sent_reads_a_capture_the_same_way(capture: Capture) -> None:
    """R-WIRE-08: all command output in it answers an action that the capture's client had sent."""
    decoder = ami.Decoder(sent=capture.action_ids)
    assert decoder.feed(capture.data) + decoder.eof() == decode(capture.data, at_end=True)
