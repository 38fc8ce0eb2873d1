"""The cheap looks at a frame that decide whether it is worth decoding."""

import pytest

from ami_proto.message import Message
from ami_proto.values import Kind
from ami_proto.wire import Frame, Framer
from ami_proto.wire.frame import NO_FIRST_LINE, classify
from tests.cases import BANNER, CAPTURES, CASES, decode, decode_case

PRINTABLE = "".join(map(chr, range(33, 127)))


def one(data: bytes, *, at_end: bool = False) -> Frame:
    """Return the only frame of a stream, which is the same on the fast path and on the careful path."""
    found: list[tuple[Frame, ...]] = []
    for cuts in (range(0), range(1, len(data))):
        framer = Framer(Frame)
        if not data.startswith(b"Asterisk Call Manager/"):
            framer.feed(BANNER)  # what comes first in a session always takes the careful path
        frames: list[Frame] = []
        begin = 0
        for cut in [*cuts, len(data)]:
            frames += framer.feed(data[begin:cut])
            begin = cut
        found.append((*frames, *(framer.eof() if at_end else ())))
    (whole,), (bytewise,) = found
    for look in ("kind", "name", "action_id", "has_privilege", "raw", "size", "content", "body"):
        assert getattr(whole, look) == getattr(bytewise, look)
    return whole


@pytest.mark.parametrize(
    ("data", "action_id"),
    [
        (b"Response: Success\r\nActionID: 1\r\nMessage: x\r\n\r\n", "1"),
        (b"Event: A\r\nX: 1\r\nActionID: a:b:1\r\n\r\n", "a:b:1"),
        (b"Event: A\r\naCTIONid: 1\r\nActionID: 2\r\n\r\n", "1"),
        (b"Event: A\r\nActionID: 1\r\nActionID: 2\r\n\r\n", "1"),
        (b"Event: A\r\n ActionID : 1\r\nActionID: 2\r\n\r\n", "1"),
        (b"Event: A\r\nActionID\t:1\r\n\r\n", "1"),
        (b"Event: A\r\nActionID:   1 \r\n\r\n", "  1 "),
        (b"Event: A\r\nActionID:   1 \r\nX: 1\r\n\r\n", "  1 "),
        (b"Event: A\r\nActionID: 1\n\r\n\r\n", "1"),
        (b"Event: A\r\nActionID: \r\nActionID: 2\r\n\r\n", ""),
        (b"Event: A\r\nActionID: x\rConference: 1\r\n\r\n", "x\rConference: 1"),
        (b"ActionID: 1\r\nEvent: A\r\n\r\n", "1"),
        (b"Event: A\nActionID: 1\n\n", "1"),
        (b"Event: Agents\r\nCallStarted: 1\nActionID: 1\r\n\r\n", "1"),
        (b"Event: Agents\r\nActionID: 1\nX: 2\r\n\r\n", "1"),
        (b"Response: Follows\r\nActionID: 1\r\nActionID: 2\r\n--END COMMAND--\r\n\r\n", "1"),
        # none at all, or one that only looks like it
        (b"Event: A\r\n\r\n", None),
        (b"Event: A\r\nX: 1\nActionID: 2\r\n\r\n", None),
        (b"Event: A\r\nX: ActionID: 2\r\n\r\n", None),
        (b"Event: A\r\nActionIDs: 2\r\n\r\n", None),
        (b"Event: A\r\nMyActionID: 2\r\n\r\n", None),
        (b"Event: A\r\nActionID\r\n\r\n", None),
        (b"Event: A\r\n : 2\r\n\r\n", None),
        (b"Event: ActionID: 1\r\n\r\n", None),
        (b"Response: Follows\r\nPrivilege: Command\r\nx\nActionID: 2\r\n--END COMMAND--\r\n\r\n", None),
    ],
)
def test_the_first_action_id(data: bytes, action_id: str | None) -> None:
    """R-WIRE-04, R-WIRE-08: in any case, at the start of a line, and not inside command output."""
    assert one(data).action_id == action_id


@pytest.mark.parametrize(
    ("data", "privileged"),
    [
        (b"Event: A\r\nPrivilege: call,all\r\n\r\n", True),
        (b"Event: A\r\nX: 1\r\nprivilege : x\r\n\r\n", True),
        (b"Event: A\nPrivilege: x\n\n", True),
        (b"Event: A\r\nPrivileges: x\r\n\r\n", False),
        (b"Event: A\r\nX: 1\nPrivilege: x\r\n\r\n", False),
        (b"Event: A\r\n\r\n", False),
        (b"Response: Follows\r\nx\nPrivilege: x\r\n--END COMMAND--\r\n\r\n", False),
    ],
)
def test_whether_there_is_a_privilege(data: bytes, privileged: bool) -> None:
    """R-CORR-12: it marks events that no action asked for."""
    assert one(data).has_privilege is privileged


@pytest.mark.parametrize(
    ("data", "kind", "name"),
    [
        (b"Event: Newchannel\r\n\r\n", Kind.EVENT, "Newchannel"),
        (b"event:Newchannel\r\n\r\n", Kind.EVENT, "Newchannel"),
        (b" EVENT\t:  DataGet Tree \r\n\r\n", Kind.EVENT, " DataGet Tree "),
        (b"Response: Success\r\nEvent: A\r\n\r\n", Kind.RESPONSE, "Success"),
        (b"Event: A\r\nResponse: Failure\r\n\r\n", Kind.EVENT, "A"),
        (b"Event: A\r\r\n\r\n", Kind.EVENT, "A"),
        (b"Events: A\r\nEvent: B\r\n\r\n", Kind.UNKNOWN, None),
        (b"Event\r\n\r\n", Kind.UNKNOWN, None),
        (b"x\rEvent: A\r\n\r\n", Kind.UNKNOWN, None),
        (b"\rEvent: A\r\n\r\n", Kind.UNKNOWN, None),
        (b"Event: A\rB\r\n\r\n", Kind.EVENT, "A\rB"),
        (b"Asterisk Call Manager/1.1\r\n", Kind.BANNER, "Asterisk Call Manager"),
    ],
)
def test_the_first_header_decides_the_kind(data: bytes, kind: Kind, name: str | None) -> None:
    """R-WIRE-07."""
    frame = one(data)
    assert (frame.kind, frame.name) == (kind, name)
    assert frame.raw == data


def test_a_torn_action_id_is_not_read() -> None:
    """R-WIRE-12: its first half may be the ActionID of another action."""
    whole = one(b"Event: A\r\nActionID: 12\r\n", at_end=True)
    half = one(b"Event: A\r\nActionID: 1", at_end=True)
    assert (whole.kind, whole.action_id) == (Kind.INCOMPLETE, "12")
    assert (half.kind, half.action_id) == (Kind.INCOMPLETE, None)


@pytest.mark.parametrize("name", ["captures", "cases"])
def test_attributes_agree_with_the_headers(name: str) -> None:
    messages: list[Message] = []
    if name == "captures":
        messages = [message for capture in CAPTURES for message in decode(capture.data)]
    else:
        messages = [m for case in CASES for m in decode_case(case)]
    for message in messages:
        if message.kind in (Kind.EVENT, Kind.RESPONSE, Kind.UNKNOWN):
            assert message.action_id == message.get("ActionID"), message


def test_a_value_is_everything_after_the_first_colon() -> None:
    """R-WIRE-04: without one blank before it."""
    for value in (PRINTABLE, PRINTABLE[::-1], " a: b "):
        assert one(f"Event: {value}\r\n\r\n".encode()).name == value
        assert one(f"Event: A\r\nActionID: {value}\r\n\r\n".encode()).action_id == value


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"Event: A\r\n\r\n", b""),
        (b"Event: A\r\nX: 1\r\n\r\n", b"\r\nX: 1"),
        (b"Event: CoreShowChannelMapComplete\r\nX: 1\r\n\n", b"\r\nX: 1"),
        (b"Event: Agents\r\nX: 1\n\r\n\r\n", b"\r\nX: 1\n"),
        (b"Event: A\nX: 1\n\n", b"\nX: 1\n\n"),
    ],
)
def test_content_is_between_the_first_and_the_empty_line(data: bytes, content: bytes) -> None:
    """R-WIRE-02, R-WIRE-04: the headers, without the empty line where lines end in CRLF."""
    assert one(data).content == content


@pytest.mark.parametrize("char", PRINTABLE)
def test_only_blanks_may_surround_the_word(char: str) -> None:
    """R-WIRE-03."""
    assert one(f"{char}Event: A\r\n\r\n".encode()).kind is Kind.UNKNOWN
    if char != ":":
        assert one(f"Event{char}: A\r\n\r\n".encode()).kind is Kind.UNKNOWN


def test_a_frame_without_a_name_has_an_empty_one() -> None:
    for first in (NO_FIRST_LINE, classify(b"text\r"), classify(b"Other: A\r")):
        assert (first.kind, first.name, first.text, first.follows) == (Kind.UNKNOWN, b"", None, False)


def test_only_follows_has_a_body() -> None:
    """R-WIRE-08."""
    assert one(b"Event: A\r\nX: 1\r\n\r\n").body == -1
    assert one(b"Event: A\nX: 1\n\n").body == -1
    assert one(b"Response: Follows\r\nx\n--END COMMAND--\r\n\r\n").body == len(b"\r\n")
