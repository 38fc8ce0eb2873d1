from ami_proto.message import Decoder
from ami_proto.values import Kind


def test_bytes_to_messages() -> None:
    decoder = Decoder()
    assert decoder.feed(b"Asterisk Call Manager/1.1\r\nEvent: A\r\n\r")[0].version == "1.1"
    (event,) = decoder.feed(b"\nEvent: B\r\n")
    assert (event.name, event.raw) == ("A", b"Event: A\r\n\r\n")
    assert [message.kind for message in decoder.eof()] == [Kind.INCOMPLETE]
    assert decoder.eof() == []


def test_the_limit_is_the_callers() -> None:
    """R-WIRE-09."""
    (message,) = Decoder(frame_size_max=10).feed(b"Event: A\r\n\r\n")
    assert (message.kind, message.size) == (Kind.OVERSIZED, 12)
