"""The inbound bytes of one session: cut into frames, which are kept until they are handled."""

from collections import deque

from ami_proto.config.server import ServerConfig
from ami_proto.correlation.attribution import owner
from ami_proto.correlation.pending import Pending
from ami_proto.message.message import Message
from ami_proto.wire.framing import Framer


class Inbox:
    """Cut the bytes of a stream into frames, in step with the actions whose answers they are.

    Output follows `Response: Follows` only where an action of this session awaits a response. A value from
    the dialplan can forge the headers (`Getvar` of a value with an empty line in it), and their output would
    never end. So frames after such headers are not cut before all frames in front of them were handled, and
    no cut of the bytes changes which action awaits a response by then (L8).
    """

    __slots__ = (
        "_framed",
        "_framer",
        "_pending",
        "bytes_received",
        "framed_at",
        "heard_at",
        "open_since",
        "others",
        "unread",
    )

    def __init__(self, config: ServerConfig, pending: Pending) -> None:
        self.unread: deque[Message] = deque()
        """Frames that were received and not handled yet: there are some only between two signs."""
        self.bytes_received = 0
        self.others = 0
        """Number of frames that were handled and are not events."""
        self.heard_at = 0.0
        """When the latest bytes came."""
        self.framed_at = 0.0
        """When the latest frame was complete."""
        self.open_since: float | None = None
        """When the first byte of the open frame came; None while no frame is open."""
        self._framed = 0
        self._framer = Framer(Message, frame_size_max=config.max_frame_size, asks=True)
        self._pending = pending

    @property
    def handled(self) -> int:
        """Number of frames that were handled."""
        return self._framed - len(self.unread)

    @property
    def buffered(self) -> int:
        """Number of bytes that are not a whole frame yet."""
        return self._framer.buffered

    @property
    def open_frame(self) -> Message:
        """The open frame as far as it has come: its size, and its head."""
        return self._framer.open_frame()

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes of the stream."""
        if data:
            self.bytes_received += len(data)
            self.heard_at = now
        self._keep(self._framer.feed(data))

    def receive_eof(self) -> None:
        """Take the end of the stream."""
        self.frame_rest()
        self._keep(self._framer.eof())

    def take_open(self) -> list[Message]:
        """Forget the open frame of a stream that has ended, and return it."""
        self.frame_rest()
        return self._framer.eof()

    def frame_next(self) -> bool:
        """Cut further frames, once all others were handled; return whether there are any."""
        while not self.unread and self._framer.question is not None:
            self._answer()
        return len(self.unread) > 0

    def frame_rest(self) -> None:
        """Cut all that has been received into frames, for them to be counted."""
        while self._framer.question is not None:
            self._answer()

    def note_open_frame(self, now: float) -> None:
        """Note since when a frame is open, after the frames of the latest bytes were handled."""
        if not self._framer.open:
            self.open_since = None
        elif self.open_since is None:
            self.open_since = now

    def answer_due(self, now: float) -> float | None:
        """Return the deadline of the action that the open frame answers, unless it has passed."""
        entry = owner(self._pending, self.open_frame)
        due = None if entry is None else entry.deadline
        return due if due is not None and due > now else None

    def take_unread(self) -> list[Message]:
        """Forget the frames that were not handled, and return them."""
        if not self.unread and self._framer.question is None:  # mostly all were handled
            return []
        self.frame_rest()
        unread = list(self.unread)
        self._framed -= len(unread)
        self.unread.clear()
        return unread

    def _answer(self) -> None:
        """Say whether output follows the headers that the framer has stopped after."""
        head = self._framer.question
        has_body = head is not None and self._pending.awaits_response(head.action_id)
        self._keep(self._framer.answer(has_body=has_body))

    def _keep(self, frames: list[Message]) -> None:
        if frames:
            self.unread.extend(frames)
            self._framed += len(frames)
            self.framed_at = self.heard_at
            self.open_since = None  # if a frame is open now, it is another one


class Received:
    """Count what all sessions of a connection have received, the present one included."""

    __slots__ = ("_events_before", "_frames_before", "_inbox")

    def __init__(self) -> None:
        self._inbox: Inbox | None = None
        self._frames_before = 0
        self._events_before = 0
        """Frames and events of the sessions that have ended."""

    @property
    def frames(self) -> int:
        """Number of frames."""
        inbox = self._inbox  # read once: another thread may look while the session ends
        return self._frames_before if inbox is None else self._frames_before + inbox.handled

    @property
    def events(self) -> int:
        """Number of events, wanted or not."""
        inbox = self._inbox
        return self._events_before if inbox is None else self._events_before + inbox.handled - inbox.others

    @property
    def totals(self) -> tuple[int, int]:
        """Number of frames, and of events."""
        return self.frames, self.events

    def begin(self, inbox: Inbox) -> None:
        """Begin with a new session."""
        self._inbox = inbox

    def end(self) -> None:
        """Keep the totals of the session, which has ended."""
        totals, self._inbox = self.totals, None
        self._frames_before, self._events_before = totals
