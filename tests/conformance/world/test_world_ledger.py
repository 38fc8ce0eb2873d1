"""R-WORLD-01: the ledger has what the server was asked, ran and told, in frames of the simplest kind."""

import pytest

from conformance.mock.requests import Request
from conformance.world.ledger import LedgerServer, ServerLedger, SessionLedger, ToldFrame, ToldKind

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
PONG = b"Response: Success\r\nActionID: pbx:1\r\nPing: Pong\r\n\r\n"
HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\nCause: 16\r\n\r\n"


def told(*pieces: bytes) -> SessionLedger:
    """Return the ledger of a session that sent these bytes."""
    ledger = SessionLedger("pbx", 1)
    for place, piece in enumerate(pieces):
        ledger.tell(piece, float(place))
    return ledger


def test_frames_are_cut_wherever_the_bytes_are_cut() -> None:
    data = BANNER + PONG + HANGUP
    whole = told(data)
    single = told(*(data[place : place + 1] for place in range(len(data))))
    assert [frame.raw for frame in whole.frames] == [BANNER, PONG, HANGUP]
    assert [frame.raw for frame in single.frames] == [BANNER, PONG, HANGUP]
    assert [frame.end for frame in whole.frames] == [len(BANNER), len(BANNER + PONG), len(data)]
    assert whole.disorder is single.disorder is None


@pytest.mark.parametrize(
    "frame",
    [
        b"Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: Mine\r\n\r\n",
        b"Response: Success\r\nWaitEvent: Wait for an event to occur.  (Priv: <none>)\r\n\r\n",
    ],
)
def test_headers_that_end_like_a_beginning_are_no_disorder(frame: bytes) -> None:
    assert told(BANNER, frame, HANGUP).disorder is None


def test_a_frame_has_what_the_judges_ask() -> None:
    pong, hangup = told(BANNER, PONG, HANGUP).frames[1:]
    assert pong == ToldFrame(ToldKind.RESPONSE, "Success", PONG, len(BANNER + PONG), 1.0, "pbx:1")
    assert (pong.published, pong.item, pong.failed) == (False, False, False)
    assert (hangup.kind, hangup.name, hangup.action_id, hangup.at) == (ToldKind.EVENT, "Hangup", None, 2.0)
    assert hangup.published
    assert not hangup.item


@pytest.mark.parametrize(
    ("frame", "published"),
    [
        (b"Event: Status\r\nPrivilege: Call\r\nActionID: pbx:1\r\n\r\n", False),
        (b"Event: PeerStatus\r\nPrivilege: system,all\r\n\r\n", True),
        (b"Event: QueueMember\r\nActionID: pbx:1\r\n\r\n", False),
        (
            b"Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: pbx:1\r\nResponse: X\r\n\r\n",
            True,
        ),
    ],
)
def test_items_of_answers_are_told_from_events_for_everybody(frame: bytes, published: bool) -> None:
    event = told(BANNER, frame).frames[1]
    assert (event.published, event.item) == (published, not published)


@pytest.mark.parametrize(
    "odd",
    [
        b"Event: Torn\r\nPrivilege: system,all\r\nChan" + HANGUP,
        b"Event: Torn\r\nPrivilege: system,all\r\n" + HANGUP,
        b"Eve" + HANGUP,
        b"\r\n" + HANGUP,
        b"\x00\xfe\r\n\r\n",
        b"Event: X\r\nBody: one\n\ntwo\r\n\r\n",
        b"Event: X\n\n",
        b"Response: Follows\r\nPrivilege: Command\r\n\r\n",
        b"Response: Success\r\nActionID: pbx:1\r\nActionID: pbx:2\r\n\r\n",
        BANNER,
    ],
)
def test_what_only_a_full_parser_can_cut_is_disorder(odd: bytes) -> None:
    ledger = told(BANNER + PONG, odd, HANGUP)
    assert ledger.disorder == len(BANNER + PONG)
    assert [frame.raw for frame in ledger.frames] == [BANNER, PONG]
    assert ledger.told == BANNER + PONG + odd + HANGUP, "the bytes are kept in any case"


def test_bytes_without_a_banner_are_disorder() -> None:
    assert told(PONG).disorder == 0


def test_command_output_of_old_releases_is_one_frame() -> None:
    output = b"Response: Follows\r\nPrivilege: Command\r\nActionID: pbx:1\r\nup\n--END COMMAND--\r\n\r\n"
    assert told(BANNER, output).frames[1].name == "Follows"


def test_actions_are_entered_when_they_are_whole_and_when_they_run() -> None:
    ledger = ServerLedger("pbx")
    session = ledger.open(3)
    session.ask(b"Action: Ping\r\nActionID: pbx:1\r\n", 1.0)
    assert session.asked == []
    session.ask(b"\r\n", 2.0)
    (asked,) = session.asked
    assert (asked.server, asked.session, asked.name, asked.action_id, asked.at) == (
        "pbx",
        3,
        "Ping",
        "pbx:1",
        2.0,
    )
    ledger.carry_out(3, Request(asked.lines), 3.0)
    ledger.carry_out(0, Request(asked.lines), 4.0)  # the server's own traffic
    assert [(each.session, each.at) for each in ledger.carried_out] == [(3, 3.0)]
    assert session.carried_out == ledger.carried_out


def test_a_server_enters_what_it_runs() -> None:
    server = LedgerServer()
    server.ledgers.append(ServerLedger("pbx"))
    session = server.connect(0.0)
    server.ledger.open(session.number)
    session.receive(b"Action: Challenge\r\nAuthType: MD5\r\nActionID: pbx:1\r\n\r\n", 0.5)
    assert [(each.name, each.at) for each in server.ledger.carried_out] == [("Challenge", 0.5)]
    assert b"Challenge: " in session.transmit(), "and it runs it"
