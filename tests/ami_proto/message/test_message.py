from unittest.mock import ANY

import pytest
from cases import CASES, decode, decode_case

from ami_proto.message import Message
from ami_proto.values import Kind


def one(data: bytes, *, at_end: bool = False) -> Message:
    (message,) = decode(data, at_end=at_end)
    return message


CHANNEL = (
    b"Event: Newchannel\r\nPrivilege: call,all\r\nUniqueid: 1.1\r\nX: a\r\nUNIQUEID: 2\r\nno colon\r\n\r\n"
)


class TestHeaders:
    def test_names_compare_in_any_case(self) -> None:
        """R-WIRE-04: the first value counts, and everything else stays recoverable."""
        message = one(CHANNEL)
        assert message["uniqueid"] == message["Uniqueid"] == message.get("UniqueID") == "1.1"
        assert message.get_all("UniqueId") == ["1.1", "2"]
        assert message.get_all("none") == []
        assert message.items()[-2:] == [("UNIQUEID", "2"), (None, "no colon")]
        assert message.raw == CHANNEL
        assert message.size == len(CHANNEL)

    def test_an_absent_header(self) -> None:
        message = one(CHANNEL)
        assert message.get("Exten") is None
        assert message.get("Exten", "s") == "s"
        assert "exten" not in message
        assert "UNIQUEID" in message
        assert None not in message
        assert "" not in message
        with pytest.raises(KeyError, match=r"^'Exten'$"):
            message["Exten"]

    @pytest.mark.parametrize(
        ("line", "pair"),
        [
            (b"A: b", ("A", "b")),
            (b"A:b", ("A", "b")),
            (b"A:", ("A", "")),
            (b"A: ", ("A", "")),
            (b"A:   b  ", ("A", "  b  ")),
            (b"A: b:c: d", ("A", "b:c: d")),
            (b"A: b~", ("A", "b~")),
            (b"A: b\n", ("A", "b")),
            (b"A: b\r\n\r", ("A", "b")),
            (b"A: \nb\n", ("A", "\nb")),
            (b"\t A \t: b", ("A", "b")),
            (b": b", ("", "b")),
            (b"A", (None, "A")),
            (b"  A \n", (None, "  A ")),
            (b"ChanVariable(SIP/1:2-3): a=b: c", ("ChanVariable(SIP/1:2-3)", "a=b: c")),
            (b"DestChanVariable(SIP/1:2-3):  a", ("DestChanVariable(SIP/1:2-3)", " a")),
            (b"ChanVariable(x): a): b", ("ChanVariable(x)", "a): b")),
            (b"ChanVariable(x):a", ("ChanVariable(x)", "a")),
            (b"ChanVariable(a:b", ("ChanVariable(a", "b")),
            (b"ChanVariable: f(a): b", ("ChanVariable", "f(a): b")),
            (b"Rates(0): a): b", ("Rates(0)", "a): b")),
            (b"caf\xe9: \xff\xc3\xa9", ("caf\udce9", "\udcff\xe9")),
        ],
    )
    @pytest.mark.parametrize("rest", [b"", b"\r\nZ: 1"])
    def test_a_line_splits_at_its_first_colon(
        self, line: bytes, pair: tuple[str | None, str], rest: bytes
    ) -> None:
        """R-WIRE-02, R-WIRE-04, R-WIRE-05, R-WIRE-06."""
        message = one(b"Event: A\r\n" + line + rest + b"\r\n\r\n")
        if line != b"A: b\r\n\r":  # CRLF inside it: not one line
            assert message.items()[1] == pair
            assert len(message.items()) == 2 + bool(rest)

    @pytest.mark.parametrize("end", [b"\r\n", b"\n"])
    def test_only_blanks_and_line_ends_are_taken_off(self, end: bytes) -> None:
        """R-WIRE-04: all else that is printable stays, at either end of a name and of a value."""
        printable = "".join(map(chr, range(33, 127))).replace(":", "") + ":"
        name, backwards = printable[:-1], printable[::-1]
        lines = [f"{name}: {backwards}", f"{backwards[1:]}: {printable}", name, "."]
        message = one(end.join([b"Event: A", *(line.encode() for line in lines), b"", b""]))
        assert message.items()[1:] == [
            (name, backwards),
            (backwards[1:], printable),
            (None, name),
            (None, "."),
        ]

    def test_bytes_come_back(self) -> None:
        """R-WIRE-05."""
        value = bytes(set(range(256)) - {10, 13})
        message = one(b"Event: A\r\nX: " + value + b"\r\n\r\n")
        assert message["X"].encode("utf-8", "surrogateescape") == value

    def test_what_is_given_away_is_a_copy(self) -> None:
        """R-WIRE-04: what one consumer does to the list is nothing to the others."""
        message = one(CHANNEL)
        for _ in range(2):
            message.items()[:] = [("Uniqueid", "forged")]
            message.get_all("Uniqueid").clear()
        assert message.items()[0] == ("Event", "Newchannel")
        assert (message["Uniqueid"], message.get_all("Uniqueid")) == ("1.1", ["1.1", "2"])

    def test_nothing_is_decoded_before_someone_looks(self) -> None:
        message = one(CHANNEL)
        assert (message.kind, message.name, message.action_id) == (Kind.EVENT, "Newchannel", None)
        assert not hasattr(message, "_pairs")
        assert message.items()[0] == ("Event", "Newchannel")
        assert hasattr(message, "_pairs")


class TestKinds:
    def test_a_banner(self) -> None:
        """R-WIRE-03."""
        banner = one(b"Asterisk Call Manager/2.10.6\r\n")
        assert (banner.kind, banner.name, banner.version) == (Kind.BANNER, "Asterisk Call Manager", "2.10.6")
        assert (banner.action_id, banner.items(), banner.output, banner.torn) == (None, [], None, False)

    def test_a_name(self) -> None:
        assert one(b"Response: Success\r\n\r\n").name == "Success"
        assert one(b"hello\r\n\r\n").name is None
        assert one(b"Response: Success\r\n\r\n").version is None

    def test_equality(self) -> None:
        assert one(CHANNEL) == one(CHANNEL)
        assert hash(one(CHANNEL)) == hash(one(CHANNEL))
        assert one(CHANNEL) != one(CHANNEL.replace(b"1.1", b"1.2"))
        assert one(CHANNEL) != CHANNEL
        assert one(CHANNEL) == ANY, "what else is equal, the other side says"
        torn = decode(b"Event: A\r\n\r", at_end=True)[0]
        assert torn != one(b"Event: A\r\n\r\n")

    def test_repr_shows_no_secret(self) -> None:
        """R-ACT-05."""
        shown = repr(one(b"Event: VarSet\r\nActionID: p:1\r\nVariable: PIN\r\nValue: 1234\r\n\r\n"))
        assert shown == "<Message event 'VarSet' action_id='p:1' 60 bytes>"
        assert repr(one(b"x: secret\r\n\r\n")) == "<Message unknown 13 bytes>"


class TestOutput:
    LINES = ("", "one", "  Event: two", "Response: x", "", "--END COMMAND--", "last: ")

    def test_both_formats_give_the_same_lines(self) -> None:
        """R-WIRE-08."""
        new = "".join(f"Output: {line}\r\n" for line in self.LINES)
        old = "".join(f"{line}\n" for line in self.LINES)
        current = one(
            f"Response: Success\r\nActionID: 1\r\nMessage: Command output follows\r\n{new}\r\n".encode()
        )
        legacy = one(
            f"Response: Follows\r\nPrivilege: Command\r\nActionID: 1\r\n{old}--END COMMAND--\r\n\r\n".encode()
        )
        assert current.output == legacy.output == list(self.LINES)
        assert legacy.action_id == current.action_id == "1"
        assert legacy.items() == [("Response", "Follows"), ("Privilege", "Command"), ("ActionID", "1")]

    @pytest.mark.parametrize(
        ("data", "output"),
        [
            (b"Response: Success\r\nMessage: Command output follows\r\n\r\n", []),
            (b"Response: Success\r\noutput: x\r\n\r\n", ["x"]),
            (b"Response: Success\r\nMessage: x\r\n\r\n", None),
            (b"Event: A\r\nOutput: x\r\n\r\n", None),
            (b"Response: Follows\r\n\n--END COMMAND--\r\n\r\n", [""]),
            (b"Response: Follows\r\na\r\r\nb\rc--END COMMAND--\r\n\r\n", ["a\r", "b\rc"]),
            (b"response:Follows\r\na--END COMMAND--\r\n\r\n", ["a"]),
        ],
    )
    def test_what_is_output(self, data: bytes, output: list[str] | None) -> None:
        """R-WIRE-08."""
        assert one(data).output == output

    def test_half_of_it_is_none(self) -> None:
        """R-WIRE-12."""
        assert one(b"Response: Follows\r\nActionID: 1\r\na\n", at_end=True).output is None


class TestTorn:
    @pytest.mark.parametrize(
        "data",
        [
            b"Response: Success\r\nResponse: Error\r\n\r\n",
            b"Response: Success\r\nEvent: A\r\n\r\n",
            b"Response: Success\r\nPrivilege: x\r\nEvent: A\r\n\r\n",
            b"Event: A\r\nEvent: B\r\n\r\n",
            b"Event: A\r\nresponse: Success\r\n\r\n",
            b"Event: A\r\nActionID: 1\r\nactionid: 1\r\n\r\n",
            b"Response: Success\r\nActionID: 1\r\nActionID: 2\r\n\r\n",
            b"Event: QueueMember\r\nEventList: Complete\r\n\r\n",
            b"Event: QueueMember\r\neventlist: CANCELLED\r\n\r\n",
            b"Event: Status\r\nPrivilege: Call\r\nEvent: StatusComplete\r\n\r\n",
            b"Event: Status\r\nPrivilege: Call\r\nEventList: Complete\r\n\r\n",
            b"Event: PeerStatus\r\nPrivilege: System\r\nEventList: Complete\r\n\r\n",
        ],
    )
    def test_signs_of_a_half_frame(self, data: bytes) -> None:
        """R-WIRE-12."""
        assert one(data).torn

    @pytest.mark.parametrize(
        "data",
        [
            b"Response: Success\r\nActionID: 1\r\nEventList: Complete\r\n\r\n",
            b"Event: StatusComplete\r\nActionID: 1\r\nEventList: Complete\r\n\r\n",
            b"Event: xCOMPLETE\r\nEventList: cancelled\r\n\r\n",
            b"Event: A\r\nEventList: start\r\n\r\n",
            b"Event: UserEvent\r\nPrivilege: user\r\nEvent: B\r\nActionID: 1\r\nActionID: 2\r\n\r\n",
            b"Event: UserEvent\r\nPrivilege: user\r\nEventList: Complete\r\n\r\n",
            b"Event: OriginateResponse\r\nPrivilege: call,all\r\nResponse: Failure\r\n\r\n",
            b"Event: OriginateResponse\r\nResponse: Failure\r\n\r\n",
            b"Event: BridgeExec\r\nResponse: Failed\r\n\r\n",
            b"Event: UserEvent\r\nEvent: B\r\n\r\n",
            b"Event: Status\r\nPrivilege: Call\r\nActionID: 1\r\n\r\n",
            b"Response: Follows\r\nEvent: A\r\nResponse: x\n--END COMMAND--\r\n\r\n",
            b"hello\r\nEvent: A\r\nEvent: B\r\n\r\n",
        ],
    )
    def test_nothing_odd(self, data: bytes) -> None:
        """R-WIRE-12: events that echo what anybody wrote, and those with a Response of their own."""
        assert not one(data).torn

    def test_what_is_torn_at_the_end_is_no_message(self) -> None:
        message = one(b"Event: A\r\nEvent: B\r\nActionID: 1\r\nAct", at_end=True)
        assert (message.kind, message.torn, message.action_id) == (Kind.INCOMPLETE, False, "1")

    def test_no_case_but_the_torn_ones(self) -> None:
        torn = {case.name for case in CASES if any(message.torn for message in decode_case(case))}
        assert torn == {"torn-frame-then-more", "half-into-good", "actionid-truncated-300"}
