"""What the links of a mock server share: users, sessions, the world, and the time they share it in.

The core knows no action: `server` brings the tables, and handlers reach the core through their exchange.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random

from . import security
from .events import Header, encode
from .faults import Fault, FaultySession
from .origins import origin
from .privileges import Privilege, describe, parse_classes
from .requests import Request, to_bytes
from .session import Session, User
from .state import World
from .timeline import Timeline

CliCommand = Callable[["Core"], str | None]
"""Give a command's output, or None for a server that dies on it."""

DEFAULT_USERS = (
    User("admin", "s3cr3t"),
    User("readonly", "readonly", read=Privilege.CALL, write=Privilege.CALL),
    User("filtered", "filtered", filters=("!Event: VarSet",)),
)
"""The users of the captures."""

EPOCH = 1_795_194_000.0
"""The wall-clock time, seconds since 1970, of the first moment a server hears of; any constant would do."""

VERSIONS = {"11": "22.10.1", "9": "20.20.0", "7": "18.26.4", "5": "16.28.0", "2": "13.38.3"}
"""A version of Asterisk for each major version of AMI (facts 1.2)."""


class Core(ABC):
    """An Asterisk without its actions: `MockServer` is one with them. Its docstring is the manual."""

    def __init__(
        self,
        *,
        banner: str = "11.0.0",
        users: Iterable[User] = DEFAULT_USERS,
        command_format: str = "output",
        login_refusal_delay: float = 1.0,
        auth_timeout: float = 30.0,
        auth_limit: int = 50,
        seed: int = 0,
        faults: Iterable[Fault] = (),
    ) -> None:
        if command_format not in ("output", "follows"):
            raise ValueError(f"command_format is 'output' or 'follows', not {command_format!r}")
        self.banner = banner
        self.version = VERSIONS.get(banner.partition(".")[0], "22.10.1")
        self.release = int(self.version.partition(".")[0])
        self.users = {user.name.lower(): user for user in users}
        self.command_format = command_format
        self.login_refusal_delay = login_refusal_delay
        """Seconds before a refusal: the `sleep(1)` of process_message."""
        self.auth_timeout = auth_timeout
        """Seconds until a link without login is closed silently: `authtimeout` of manager.conf."""
        self.auth_limit = auth_limit
        """Links without login; beyond, a link is closed without a banner: `authlimit` of manager.conf."""
        self.faults = list(faults)
        """What shall go wrong on links accepted from now on; add and remove freely."""
        self.accepting = True
        """Whether the transport shall take new links; while false the port is to refuse."""
        self.random = Random(seed)
        self.timeline = Timeline()
        self.world = World()
        self.sessions: dict[int, Session] = {}
        """The open ones, by number."""
        self.stirred: set[Session] = set()
        """Sessions with something to transmit, or closed, since the transport last emptied this set."""
        self.boot: float | None = None
        self.debug = False
        """Whether events tell where in Asterisk they come from (`manager set debug on`)."""
        self._event_count = 0
        self._session_count = 0

    # the transport's side

    def connect(self, now: float, peer: str = "") -> Session:
        """Accept a link: the banner goes out at once (session_do)."""
        self.handle_timeout(now)
        self._session_count += 1
        number = self._session_count
        peer = peer or f"IPV4/TCP/127.0.0.1/{40_000 + number}"
        session = (
            FaultySession(self, number, peer, self.faults) if self.faults else Session(self, number, peer)
        )
        strangers = sum(other.user is None for other in self.sessions.values())
        if strangers >= self.auth_limit or not self.accepting:
            session.hang_up()
            return session
        self.sessions[number] = session
        session.greet(self.banner)
        return session

    def timeout(self) -> float | None:
        """Give the time of the next thing to happen, or None."""
        return self.timeline.deadline()

    def handle_timeout(self, now: float) -> None:
        """Let time pass: whatever is due happens, each thing at its own time."""
        if self.boot is None:
            self.boot = self.timeline.now = now
        self.timeline.run(now)

    # the test's side

    def publish(self, headers: Mapping[str, object] | Sequence[Header], classes: str = "system") -> None:
        """Send an event, `Event` being its first header, to all who may and want to hear its classes."""
        first, *rest = headers.items() if isinstance(headers, Mapping) else headers
        bits = parse_classes(classes)
        self._deliver(encode([*self._event_head(first, bits), *rest]), bits)

    def publish_lines(self, name: str, lines: Iterable[str], classes: str) -> None:
        """Send an event whose body is lines as they are, with or without a colon."""
        bits = parse_classes(classes)
        head = encode(self._event_head(("Event", name), bits))
        body = "".join([line + "\r\n" for line in lines])
        self._deliver(head.removesuffix(b"\r\n") + to_bytes(body) + b"\r\n", bits)

    def drop(self, session: Session) -> None:
        """Close a link without a word, as `manager kick session` does."""
        session.hang_up()

    def drop_all(self) -> None:
        """Close every link without a word, as a server does that is stopped or killed."""
        for session in list(self.sessions.values()):
            session.hang_up()

    # for sessions and handlers

    @property
    def now(self) -> float:
        """Give the moment reached."""
        return self.timeline.now

    @property
    def wall_time(self) -> float:
        """Give the seconds since 1970 in the server's world."""
        return self.wall_time_of(self.now)

    def wall_time_of(self, moment: float) -> float:
        """Give the seconds since 1970 at a moment of the timeline."""
        return EPOCH + moment - (self.boot or 0.0)

    @property
    def uptime(self) -> float:
        """Give the seconds since the server first heard the time."""
        return self.now - (self.boot or 0.0)

    @property
    def timestamp(self) -> str:
        """Give the value of a `Timestamp` header (`timestampevents = yes`)."""
        return f"{self.wall_time:.6f}"

    @property
    def follows(self) -> bool:
        """Say whether this is Asterisk 13 or earlier."""
        return self.command_format == "follows"

    @property
    def before_13_2(self) -> bool:
        """Say whether this is Asterisk 13.1 or earlier (facts 1.2)."""
        return [int(number) for number in self.banner.split(".") if number.isdecimal()][:2] < [2, 7]

    @property
    @abstractmethod
    def cli(self) -> dict[str, CliCommand]:
        """Give what `Command` can run, by its words in lower case."""

    @abstractmethod
    def perform(self, session: Session, request: Request) -> None:
        """Run one request."""

    def publish_security(self, name: str, session: Session, *headers: Header, account: str = "") -> None:
        """Publish a security event about a session."""
        since = self.wall_time_of(session.connected_at)
        told = security.event(name, session, headers, account, now=self.wall_time, since=since)
        self.publish(told, "security")

    def stir(self, session: Session) -> None:
        """Note that a session has something for its transport."""
        self.stirred.add(session)

    def forget(self, session: Session) -> None:
        """Strike a closed session off; the transport still collects its last bytes."""
        self.sessions.pop(session.number, None)
        self.stir(session)

    def _event_head(self, first: Header, classes: Privilege) -> list[Header]:
        """Give the headers that every event begins with."""
        head = [first, ("Privilege", describe(classes)), ("Timestamp", self.timestamp)]
        if self.debug:
            head += origin(str(first[1]), self._event_count)
            self._event_count += 1
        return head

    def _deliver(self, event: bytes, classes: Privilege) -> None:
        for session in list(self.sessions.values()):
            session.deliver(event, classes)
