"""Bytes to messages in one step, for captures, tests and tools that need no connection."""

from ami_proto.message.message import Message
from ami_proto.wire.framing import FRAME_SIZE_MAX, Framer


class Decoder:
    """Turn the bytes of one stream into messages, by the same framing a connection uses."""

    __slots__ = ("_framer",)

    def __init__(self, *, frame_size_max: int = FRAME_SIZE_MAX) -> None:
        self._framer = Framer(Message, frame_size_max=frame_size_max)

    def feed(self, data: bytes) -> list[Message]:
        """Take the next bytes of the stream and return the messages they complete."""
        return self._framer.feed(bytes(data))

    def eof(self) -> list[Message]:
        """Return what the end of the stream completes, then the torn rest as INCOMPLETE, if any."""
        return self._framer.eof()
