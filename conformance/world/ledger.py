"""The ledger of a server: what each session was asked, carried out and told, and when.

It is kept on the server's side of the virtual network and knows nothing of the engine: not its parser, its
states or its reports. A world with several servers has one `ServerLedger` for each; sessions have the numbers
of the mock server.

Frames are cut by the simplest rule: each begins with `Event: ` or `Response: ` and ends with the first empty
line. Where faults have put bytes on the wire for which that is not the whole truth (half frames, garbage,
empty lines inside), `disorder` is the offset from which on nobody but a full parser knows the frames. The
bytes themselves stay in the ledger, so that nothing can be told that was never there.
"""

import re
from dataclasses import dataclass
from enum import Enum, unique
from functools import cached_property

from conformance.mock import MockServer, MockSession
from conformance.mock.actions import ACTIONS
from conformance.mock.core import VERSIONS
from conformance.mock.requests import Request, RequestReader, to_text

BANNER = b"Asterisk Call Manager/"
BEGINNINGS = (b"Event: ", b"Response: ")
END = b"\r\n\r\n"
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_LINE = re.compile(
    rb"^(Event|Response|ActionID|Privilege):[ \t]*([^\r\n]*)\r\n", re.MULTILINE | re.IGNORECASE
)
_TORN = re.compile(rb"(?<!\n)(?<!\nUser)(?<!\nWait)(?:Event|Response): ")
"""A frame begins within a line: the one before it was torn. `UserEvent` and `WaitEvent` are headers."""
SUCCESSES = frozenset({"success", "follows", "goodbye"})
"""The responses of a server that are no error, in lower case."""
ANSWERS_WITH_PRIVILEGE = frozenset({"Status", "PeerStatus"})
"""List items that have a `Privilege` like a published event (main/manager.c, channels/chan_sip.c)."""


@unique
class ToldKind(Enum):
    """What a frame is."""

    BANNER = "banner"
    EVENT = "event"
    RESPONSE = "response"


@dataclass(frozen=True, slots=True)
class ToldFrame:
    """A frame that the server has sent: `end` is the offset after it in the bytes of its session."""

    kind: ToldKind
    name: str
    raw: bytes
    end: int
    at: float
    action_id: str | None = None
    privileged: bool = False

    @property
    def published(self) -> bool:
        """Whether it is an event for everybody: not a part of an answer."""
        answers = self.name in ANSWERS_WITH_PRIVILEGE and self.action_id is not None
        return self.kind is ToldKind.EVENT and self.privileged and not answers

    @property
    def item(self) -> bool:
        """Whether it is an event that belongs to an answer."""
        return self.kind is ToldKind.EVENT and not self.published

    @property
    def opens_list(self) -> bool:
        """Whether it is the response that announces a list."""
        return self.kind is ToldKind.RESPONSE and b"\r\nEventList: start\r\n" in self.raw

    @property
    def failed(self) -> bool:
        """Whether it is the response of an action that failed."""
        return self.kind is ToldKind.RESPONSE and self.name.lower() not in SUCCESSES


@dataclass(frozen=True, slots=True)
class AskedAction:
    """An action that reached a session whole, or that a session carried out."""

    server: str
    session: int
    name: str
    action_id: str
    lines: tuple[str, ...]
    at: float


class SessionLedger:
    """One session of a server."""

    def __init__(self, server: str, number: int) -> None:
        self.server = server
        self.number = number
        self.asked: list[AskedAction] = []
        """Every action that reached the server, also if it was frozen or closed by then."""
        self.carried_out: list[AskedAction] = []
        self.told = bytearray()
        """Every byte that left the server."""
        self.frames: list[ToldFrame] = []
        """The frames in these bytes, up to `disorder`."""
        self.disorder: int | None = None
        """The offset from which on the bytes are no plain frames."""
        self._reader = RequestReader()
        self._cut = 0

    def ask(self, data: bytes, now: float) -> None:
        """Enter bytes that reached the server."""
        self._reader.feed(data)
        while (request := self._reader.next_request()) is not None:
            self.asked.append(self._entry(request, now))

    def carry_out(self, request: Request, now: float) -> AskedAction:
        """Enter an action that the server runs; return its entry."""
        entry = self._entry(request, now)
        self.carried_out.append(entry)
        return entry

    def tell(self, data: bytes, now: float) -> None:
        """Enter bytes that left the server, and cut them into frames."""
        self.told += data
        while self.disorder is None and self._cut < len(self.told):
            if not self._cut_next(now):
                return

    def _entry(self, request: Request, now: float) -> AskedAction:
        return AskedAction(self.server, self.number, request.action, request.action_id, request.lines, now)

    def _cut_next(self, now: float) -> bool:
        """Cut the next frame; return whether it has come to its end."""
        start, told = self._cut, self.told
        if not self.frames:
            return self._cut_banner(now)
        if not told.startswith(BEGINNINGS, start):
            begun = bytes(told[start : start + 10])
            if not any(beginning.startswith(begun) for beginning in BEGINNINGS):
                self.disorder = start
            return False
        found = _EMPTY_LINE.search(told, start)
        if found is None:
            return False
        raw = bytes(told[start : found.end()])
        frame = _read(raw, found.end(), now) if raw.endswith(END) else None
        if frame is None:
            self.disorder = start
        else:
            self._add(frame)
        return True

    def _cut_banner(self, now: float) -> bool:
        begun, end = bytes(self.told[: len(BANNER)]), self.told.find(b"\r\n") + 2
        if not BANNER.startswith(begun):
            self.disorder = 0
        elif end >= 2:
            self._add(ToldFrame(ToldKind.BANNER, "", bytes(self.told[:end]), end, now))
        return end >= 2

    def _add(self, frame: ToldFrame) -> None:
        self.frames.append(frame)
        self._cut = frame.end


def _read(raw: bytes, end: int, now: float) -> ToldFrame | None:
    """Return a frame, or None if it may be two that ran together, or command output with empty lines."""
    values: dict[bytes, list[bytes]] = {b"event": [], b"response": [], b"actionid": [], b"privilege": []}
    for found in _LINE.finditer(raw):
        values[found[1].lower()].append(found[2])
    events, responses, action_ids = values[b"event"], values[b"response"], values[b"actionid"]
    if len(events) > 1 or len(responses) > 1 or len(action_ids) > 1 or _TORN.search(raw, 1):
        return None
    kind = ToldKind.EVENT if raw.startswith(b"Event: ") else ToldKind.RESPONSE
    if events and responses and events != [b"OriginateResponse"]:
        return None
    name = (events if kind is ToldKind.EVENT else responses)[:1]
    if not name or (name == [b"Follows"] and b"--END COMMAND--\r\n" not in raw):
        return None
    action_id = to_text(action_ids[0]) if action_ids else None
    return ToldFrame(kind, to_text(name[0]), raw, end, now, action_id, bool(values[b"privilege"]))


class ServerLedger:
    """Every session of one server, and every dial to it."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.sessions: dict[int, SessionLedger] = {}
        """By the number of the server's session."""
        self.dials: list[float] = []
        """When the server was dialled, answered or not."""
        self.carried_out: list[AskedAction] = []
        """Every action that it ran, of all sessions, in order."""

    def open(self, number: int) -> SessionLedger:
        """Begin the books of a session."""
        book = self.sessions[number] = SessionLedger(self.server, number)
        return book

    def carry_out(self, number: int, request: Request, now: float) -> None:
        """Enter an action that a session runs, unless nobody dialled it: the traffic of the server itself."""
        if number in self.sessions:
            self.carried_out.append(self.sessions[number].carry_out(request, now))


class LedgerServer(MockServer):
    """A mock server that enters what it carries out."""

    @cached_property
    def ledgers(self) -> list[ServerLedger]:
        """One for each connection that the client made to this server; append it before its first dial."""
        return []

    @property
    def ledger(self) -> ServerLedger:
        """The ledger of the next dial. A session stays in the ledger of its dial."""
        return self.ledgers[-1]

    def perform(self, session: MockSession, request: Request) -> None:
        """Enter one request, and run it."""
        for ledger in self.ledgers:
            ledger.carry_out(session.number, request, self.now)
        super().perform(session, request)

    def change_release(self, banner: str, command_format: str) -> None:
        """Become another release of Asterisk, at the next restart."""
        self.banner, self.command_format = banner, command_format
        self.version = VERSIONS[banner.partition(".")[0]]
        self.release = int(self.version.partition(".")[0])
        own = {name: action for name, action in self.actions.items() if action not in ACTIONS}
        del self.actions
        self.actions.update(own)
