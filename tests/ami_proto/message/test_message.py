import json
from collections.abc import Mapping
from unittest.mock import ANY

import pytest

from ami_proto.message import Decoder, Message
from ami_proto.values import Kind
from conformance.long_runs.heap_use import weigh
from tests.cases import CASES, decode, decode_case


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
        assert message.pairs()[-2:] == [("UNIQUEID", "2"), (None, "no colon")]
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
        assert message.pairs()[1] == pair
        assert len(message.pairs()) == 2 + bool(rest)

    @pytest.mark.parametrize("end", [b"\r\n", b"\n"])
    def test_only_blanks_and_line_ends_are_removed(self, end: bytes) -> None:
        """R-WIRE-04: other characters stay, at either end of a name and of a value."""
        printable = "".join(map(chr, range(33, 127))).replace(":", "") + ":"
        name, backwards = printable[:-1], printable[::-1]
        lines = [f"{name}: {backwards}", f"{backwards[1:]}: {printable}", name, "."]
        message = one(end.join([b"Event: A", *(line.encode() for line in lines), b"", b""]))
        assert message.pairs()[1:] == [
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

    def test_lists_that_are_returned_are_copies(self) -> None:
        """R-WIRE-04: a consumer that changes the list does not change it for others."""
        message = one(CHANNEL)
        for _ in range(2):
            message.pairs()[:] = [("Uniqueid", "forged")]
            dict(message.items()).clear()
            message.get_all("Uniqueid").clear()
        assert message.pairs()[0] == ("Event", "Newchannel")
        assert (message["Uniqueid"], message.get_all("Uniqueid")) == ("1.1", ["1.1", "2"])

    def test_nothing_is_decoded_before_it_is_used(self) -> None:
        message = one(CHANNEL)
        weight = weigh(message)
        assert (message.kind, message.name, message.action_id) == (Kind.EVENT, "Newchannel", None)
        assert weigh(message) == weight
        assert message.pairs()[0] == ("Event", "Newchannel")
        assert weigh(message) > weight


class TestMapping:
    """R-WIRE-04."""

    def test_a_message_is_a_mapping_of_first_values(self) -> None:
        """R-WIRE-04: each name once, in the spelling of its first line; everything is in `pairs`."""
        message = one(CHANNEL)
        first = {"Event": "Newchannel", "Privilege": "call,all", "Uniqueid": "1.1", "X": "a"}
        assert isinstance(message, Mapping)
        assert dict(message) == dict(message.items()) == {**message} == first
        assert list(message) == list(message.keys()) == list(first)
        assert list(message.values()) == list(first.values())
        assert len(message) == len(message.items()) == 4
        assert len(message.pairs()) == 6
        match message:
            case {"Event": "Newchannel", "uniqueid": number}:
                assert number == "1.1"
            case _:
                raise AssertionError("a mapping matches by its names")

    @pytest.mark.parametrize(
        "data",
        [
            b"Asterisk Call Manager/2.10.6\r\n",
            b"hello\r\n\r\n",
            b"Response: Follows\r\n--END COMMAND--\r\n\r\n",
            *(case.data for case in CASES),
        ],
    )
    def test_every_message_is_true_and_agrees_with_its_pairs(self, data: bytes) -> None:
        """R-WIRE-04: with no header too, of a banner or of text without a colon."""
        for message in decode(data, at_end=True):
            assert message
            names = [name for name, _ in message.pairs() if name is not None]
            assert len(message) == len(list(message)) == len({name.lower() for name in names})
            assert list(message) == [
                name for at, name in enumerate(names) if name.lower() not in map(str.lower, names[:at])
            ]
            for name, value in message.items():
                assert name in message
                assert message[name] == message.get_all(name)[0] == value
            assert not isinstance(json.loads(message.as_json()), str)

    def test_json_misses_nothing(self) -> None:
        """R-WIRE-04, R-WIRE-05, R-WIRE-06."""
        message = one(b'Event: A\r\nActionID: 1\r\nX: a\r\nx:  caf\xe9\r\nno "colon\r\nX: b\r\n\r\n')
        message.sender = "pbx"
        line = message.as_json()
        assert line.isascii()
        assert "\n" not in line
        said = json.loads(line)
        assert [tuple(pair) for pair in said.pop("headers")] == message.pairs()
        assert said == {"type": "event", "server": "pbx", "name": "A", "action_id": "1"}

    def test_json_of_command_output_and_of_a_banner(self) -> None:
        """R-WIRE-04: also of output that was cut off."""
        follows = b"Response: Follows\r\nPrivilege: Command\r\none\n\n  Event: two\n"
        whole = json.loads(one(follows + b"--END COMMAND--\r\n\r\n").as_json())
        assert whole["output"] == ["one", "", "  Event: two"]
        assert whole["headers"] == [["Response", "Follows"], ["Privilege", "Command"]]
        half = json.loads(one(follows, at_end=True).as_json())
        assert half["type"] == "incomplete"
        assert half["output"] == ["one", "", "  Event: two", ""]
        banner = json.loads(one(b"Asterisk Call Manager/2.10.6 odd\r\n").as_json())
        assert banner["line"] == "Asterisk Call Manager/2.10.6 odd"

    @pytest.mark.parametrize(
        ("data", "shown"),
        [
            (CHANNEL, CHANNEL.decode().strip().replace("\r\n", "\n")),
            (b"Asterisk Call Manager/2.10.6\r\n", "Asterisk Call Manager/2.10.6"),
            (b"some text\r\n\r\n", "some text"),
            (
                b"Response: Follows\r\nPrivilege: Command\r\none\n\n\tEvent: two\n--END COMMAND--\r\n\r\n",
                "Response: Follows\nPrivilege: Command\none\n\n\tEvent: two",
            ),
            (
                b"Event: A\r\nX: caf\xe9 \xc3\xa9\nEvent: B\x1b[2J\r\n\r\n",
                "Event: A\nX: caf\\udce9 \xe9\\nEvent: B\\x1b[2J",
            ),
            (
                b"Event: A\r\nSecret: hunter2\r\nsaid: token=hunter2\r\ntoken=hunter2 hunter2\r\n\r\n",
                "Event: A\nSecret: ***\nsaid: token=***\ntoken=***",
            ),
        ],
    )
    def test_printed_as_on_the_wire(self, data: bytes, shown: str) -> None:
        """R-WIRE-04, R-OBS-04: without secrets, and without what would confuse a terminal."""
        assert str(one(data)) == shown
        assert str(one(data)).encode()


class TestVariables:
    def test_the_three_forms(self) -> None:
        """R-WIRE-13: variables of the event's channel, of a second one, of channels that are named."""
        dial = one(
            b"Event: DialBegin\r\nChannel: SIP/1-a\r\nChanVariable: LEAD=47=11\r\nChanVariable: EMPTY=\r\n"
            b"DestChannel: SIP/2-b\r\ndestchanvariable: LEAD=8\r\nDestChanVariable: OTHER=x\r\n\r\n"
        )
        assert dial.variables() == {"LEAD": "47=11", "EMPTY": "", "OTHER": "x"}
        assert dial.variables(dial["Channel"]) == {"LEAD": "47=11", "EMPTY": ""}
        assert dial.variables("SIP/2-b") == {"LEAD": "8", "OTHER": "x"}
        assert dial.variables("SIP/3") == {}
        named = one(
            b"Event: Bridge\r\nChannel1: SIP/1:5-a\r\nChannel2: Local/9@x-1;2\r\n"
            b"ChanVariable(SIP/1:5-a): LEAD=1\r\nChanVariable(Local/9@x-1;2): LEAD=a): b\r\n\r\n"
        )
        assert named.variables() == {"LEAD": "1"}
        assert named.variables("Local/9@x-1;2") == {"LEAD": "a): b"}

    def test_of_a_status_item_and_of_nothing_else(self) -> None:
        """R-WIRE-13: `Variable` is a name in VarSet and Getvar."""
        status = (
            b"Event: Status\r\nPrivilege: Call\r\nChannel: A\r\nVariable: X=1\r\nVariable: Y=(null)\r\n\r\n"
        )
        assert one(status).variables("A") == {"X": "1", "Y": "(null)"}
        assert one(b"Event: VarSet\r\nVariable: X=1\r\nValue: 2\r\n\r\n").variables() == {}
        assert one(b"Response: Success\r\nVariable: F(a=b)\r\nValue: 2\r\n\r\n").variables() == {}
        assert one(b"Event: A\r\nChanVariable: no sign\r\nChanVariable\r\n\r\n").variables() == {}
        assert one(b"Response: Success\r\nChanVariable: A=1\r\n\r\n").variables() == {"A": "1"}

    def test_of_every_captured_event(self) -> None:
        """R-WIRE-13: nothing that looks like a channel variable is left out."""
        seen = 0
        for message in (each for case in CASES for each in decode_case(case)):
            pairs = [(name, value) for name, value in message.pairs() if name and "ChanVariable" in name]
            wanted = {value.partition("=")[0] for _, value in pairs if "=" in value}
            assert wanted <= set(message.variables())
            seen += len(wanted)
        assert seen


class TestKinds:
    def test_a_banner(self) -> None:
        """R-WIRE-03."""
        banner = one(b"Asterisk Call Manager/2.10.6\r\n")
        assert (banner.kind, banner.name, banner.version) == (Kind.BANNER, "Asterisk Call Manager", "2.10.6")
        assert (banner.action_id, banner.pairs(), banner.output, banner.torn) == (None, [], None, False)

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
        assert legacy.pairs() == [("Response", "Follows"), ("Privilege", "Command"), ("ActionID", "1")]

    @pytest.mark.parametrize(
        ("data", "output"),
        [
            (b"Response: Success\r\nMessage: Command output follows\r\n\r\n", []),
            (b"Response: Success\r\noutput: x\r\n\r\n", ["x"]),
            (b"Response: Success\r\nMessage: x\r\n\r\n", None),
            (b"Event: A\r\nOutput: x\r\n\r\n", None),
            (b"Response: Follows\r\n\n--END COMMAND--\r\n\r\n", [""]),
            (b"Response: Follows\r\n--END COMMAND--\r\n\r\n", []),
            (b"Response: Follows\r\nPrivilege: Command\r\nActionID: 1\r\n--END COMMAND--\r\n\r\n", []),
            (b"Response: Success\r\nMessage: Command output follows\r\nOutput: \r\n\r\n", []),
            (b"Response: Error\r\nMessage: Command output follows\r\nOutput:\r\n\r\n", []),
            (b"Response: Success\r\nOutput: \r\nOutput: \r\n\r\n", ["", ""]),
            (b"Response: Success\r\nOutput: \r\nOutput: x\r\n\r\n", ["", "x"]),
            (b"Response: Follows\r\na\r\r\nb\rc--END COMMAND--\r\n\r\n", ["a\r", "b\rc"]),
            (b"response:Follows\r\na--END COMMAND--\r\n\r\n", ["a"]),
        ],
    )
    def test_which_lines_are_output(self, data: bytes, output: list[str] | None) -> None:
        """R-WIRE-08."""
        assert one(data).output == output

    def test_half_a_frame_has_no_output(self) -> None:
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
            b"Event: A\r\nActionID: 1\r\nactionid: 2\r\n\r\n",
            b"Event: A\r\nEvent: A\r\nActionID: 1\r\n\r\n",
            b"Event: A\r\nActionID: 1\r\nResponse: A\r\nActionID: 1\r\n\r\n",
            b"Event: A\r\nActionID: 1\r\nEvent: B\r\nActionID: 1\r\n\r\n",
            b"Event: A\r\nActionID: 1\r\nEvent: AComplete\r\nActionID: 1\r\nEventList: Complete\r\n\r\n",
            b"Response: Success\r\nActionID: 1\r\nResponse: Error\r\nActionID: 1\r\n\r\n",
            b"Response: Success\r\nActionID: 1\r\nEvent: Item\r\nActionID: 1\r\n\r\n",
            b"Event: Item\r\nActionID: 1\r\nEventList: Complete\r\nEvent: Item\r\nActionID: 1\r\n\r\n",
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
            b"Event: A\r\nActionID: 1\r\nactionid: 1\r\n\r\n",
            b"ActionID: 1\r\nResponse: Success\r\nNode: 1\r\nActionID: 1\r\nResponse: Success\r\n\r\n",
            b"Response: Success\r\nActionID: 1\r\nNode: 1\r\nResponse: Success\r\nActionID: 1\r\n\r\n",
            b"Event: A\r\nActionID: 1\r\nEvent: A\r\nActionID: 1\r\nEvent: A\r\nActionID: 1\r\n\r\n",
            b"Event: Status\r\nPrivilege: Call\r\nActionID: 1\r\n\r\n",
            b"Response: Follows\r\nEvent: A\r\nResponse: x\n--END COMMAND--\r\n\r\n",
            b"hello\r\nEvent: A\r\nEvent: B\r\n\r\n",
        ],
    )
    def test_whole_frames_that_look_odd(self, data: bytes) -> None:
        """R-WIRE-12: events that repeat what users sent, and events with a `Response` header."""
        assert not one(data).torn

    def test_a_frame_torn_by_the_end_is_incomplete(self) -> None:
        message = one(b"Event: A\r\nEvent: B\r\nActionID: 1\r\nAct", at_end=True)
        assert (message.kind, message.torn, message.action_id) == (Kind.INCOMPLETE, False, "1")

    def test_no_other_case_looks_torn(self) -> None:
        torn = {case.name for case in CASES if any(message.torn for message in decode_case(case))}
        assert torn == {"torn-frame-then-more", "half-into-good", "actionid-truncated-300"}


def test_bytes_to_messages() -> None:
    decoder = Decoder()
    assert decoder.feed(b"Asterisk Call Manager/1.1\r\nEvent: A\r\n\r")[0].version == "1.1"
    (event,) = decoder.feed(b"\nEvent: B\r\n")
    assert (event.name, event.raw) == ("A", b"Event: A\r\n\r\n")
    assert [message.kind for message in decoder.eof()] == [Kind.INCOMPLETE]
    assert decoder.eof() == []


def test_the_limit_of_a_decoder() -> None:
    """R-WIRE-09."""
    (message,) = Decoder(frame_size_max=10).feed(b"Event: A\r\n\r\n")
    assert (message.kind, message.size) == (Kind.OVERSIZED, 12)
