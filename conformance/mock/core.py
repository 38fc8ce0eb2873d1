"""The core of a mock server: users, sessions, the state, the time, and how events are published.

It has no actions: `mock_server` adds the tables of actions and CLI commands, and handlers reach the core
through their exchange.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random

from .event_headers import HeaderPair, encode_headers, origin_headers, security_event
from .faults import FaultySession, PlannedFault
from .mock_session import MockSession, MockUser
from .privileges import Privilege, describe, parse_classes
from .requests import Request, to_bytes
from .state import MockState
from .timeline import Timeline, TimerHandle

CliCommand = Callable[["Core"], str | None]
"""A CLI command without arguments: returns its output, or None if the server ends."""

DEFAULT_USERS = (
    MockUser("admin", "s3cr3t"),
    MockUser("readonly", "readonly", read=Privilege.CALL, write=Privilege.CALL),
    MockUser("filtered", "filtered", filters=("!Event: VarSet",)),
)
"""The users of the captured servers."""

EPOCH = 1_795_194_000.0
"""Wall-clock time (seconds since 1970) at the first time that a server is given; any constant would do."""

VERSIONS = {"11": "22.10.1", "9": "20.20.0", "7": "18.26.4", "5": "16.28.0", "2": "13.38.3"}
"""A version of Asterisk for each major version of AMI (facts 1.2)."""


class Core(ABC):
    """A server without actions; `MockServer` adds them, and its docstring is the manual."""

    def __init__(
        self,
        *,
        banner: str = "11.0.0",
        users: Iterable[MockUser] = DEFAULT_USERS,
        command_format: str = "output",
        boot_duration: float = 0.0,
        login_refusal_delay: float = 1.0,
        auth_timeout: float = 30.0,
        auth_limit: int = 50,
        seed: int = 0,
        faults: Iterable[PlannedFault] = (),
    ) -> None:
        if command_format not in ("output", "follows"):
            raise ValueError(f"command_format is 'output' or 'follows', not {command_format!r}")
        self.banner = banner
        self.version = VERSIONS.get(banner.partition(".")[0], "22.10.1")
        self.release = int(self.version.partition(".")[0])
        self.users = {user.name.lower(): user for user in users}
        self.command_format = command_format
        self.boot_duration = boot_duration
        """Seconds from each start to FullyBooted. Until then actions of modules are unknown, lists empty."""
        self.login_refusal_delay = login_refusal_delay
        """Seconds before the answer to a refused login: the `sleep(1)` of process_message."""
        self.auth_timeout = auth_timeout
        """Seconds until a link without login is closed, without a message: `authtimeout` of manager.conf."""
        self.auth_limit = auth_limit
        """Most links without login; further ones are closed without a banner: `authlimit` of manager.conf."""
        self.faults = list(faults)
        """The faults of links accepted from now on; change the list at any time."""
        self.accepting = True
        """Whether the transport accepts new links; while false its port is closed."""
        self.random = Random(seed)
        self.timeline = Timeline()
        self.state = MockState()
        self.sessions: dict[int, MockSession] = {}
        """The open sessions, by number."""
        self.pending_sessions: set[MockSession] = set()
        """Sessions that have output, or were closed, since the transport last emptied this set."""
        self.started_at: float | None = None
        self._clock_begins = 0.0
        """The first time that the server was given."""
        self._boot_timer: TimerHandle | None = None
        self.debug = False
        """Whether events name their place in Asterisk's source (`manager set debug on`)."""
        self._event_count = 0
        self._session_count = 0

    # for the transport

    def connect(self, now: float, peer: str = "") -> MockSession:
        """Accept a link and send its banner (session_do)."""
        self.handle_timeout(now)
        self._session_count += 1
        number = self._session_count
        peer = peer or f"IPV4/TCP/127.0.0.1/{40_000 + number}"
        session = (
            FaultySession(self, number, peer, self.faults) if self.faults else MockSession(self, number, peer)
        )
        unauthenticated = sum(other.user is None for other in self.sessions.values())
        # A closed session tells the transport to close the link, without a banner.
        if unauthenticated >= self.auth_limit or not self.accepting:
            session.hang_up()
            return session
        self.sessions[number] = session
        session.send_banner(self.banner)
        return session

    def timeout(self) -> float | None:
        """Return the time of the next deadline, or None."""
        return self.timeline.deadline()

    def handle_timeout(self, now: float) -> None:
        """Advance the time and run everything that is due, each callback at its own time."""
        if self.started_at is None:
            self._clock_begins = self.timeline.now = now
            self._start()
        self.timeline.run(now)

    # for tests

    def publish(self, headers: Mapping[str, object] | Sequence[HeaderPair], classes: str = "system") -> None:
        """Send an event, `Event` first, to each session whose mask and filters let its classes pass."""
        first, *rest = headers.items() if isinstance(headers, Mapping) else headers
        bits = parse_classes(classes)
        self._deliver(encode_headers([*self._event_head(first, bits), *rest]), bits)

    def publish_lines(self, name: str, lines: Iterable[str], classes: str) -> None:
        """Send an event whose body consists of lines, with or without a colon."""
        bits = parse_classes(classes)
        # The empty line that `encode_headers` adds belongs after the body.
        head = encode_headers(self._event_head(("Event", name), bits))
        body = "".join([line + "\r\n" for line in lines])
        self._deliver(head.removesuffix(b"\r\n") + to_bytes(body) + b"\r\n", bits)

    def drop(self, session: MockSession) -> None:
        """Close a session without a message, as `manager kick session` does."""
        session.hang_up()

    def drop_all(self) -> None:
        """Close every session without a message, as a server that is stopped or killed."""
        for session in list(self.sessions.values()):
            session.hang_up()

    def restart(self) -> None:
        """Close every session and boot anew, as `core restart now` does. Calls and the state stay."""
        self.drop_all()
        self._start()

    # for sessions and handlers

    @property
    def now(self) -> float:
        """The current time of the timeline."""
        return self.timeline.now

    @property
    def wall_time(self) -> float:
        """The current wall-clock time of the server, seconds since 1970."""
        return self.wall_time_of(self.now)

    def wall_time_of(self, moment: float) -> float:
        """Convert a time of the timeline to seconds since 1970."""
        return EPOCH + moment - self._clock_begins

    @property
    def uptime(self) -> float:
        """Seconds since the server started."""
        return self.now - (self.started_at or 0.0)

    @property
    def booted(self) -> bool:
        """Whether every module is loaded."""
        return self._boot_timer is None

    @property
    def timestamp(self) -> str:
        """The value of a `Timestamp` header (`timestampevents = yes`)."""
        return f"{self.wall_time:.6f}"

    @property
    def follows(self) -> bool:
        """Whether this is Asterisk 13 or earlier, which answers `Command` with `Response: Follows`."""
        return self.command_format == "follows"

    @property
    def before_13_2(self) -> bool:
        """Whether this is Asterisk 13.1 or earlier: 13.2 has AMI 2.7.0 (facts 1.2)."""
        return [int(number) for number in self.banner.split(".") if number.isdecimal()][:2] < [2, 7]

    @property
    @abstractmethod
    def cli(self) -> dict[str, CliCommand]:
        """The CLI commands without arguments, by their words in lower case."""

    @abstractmethod
    def perform(self, session: MockSession, request: Request) -> None:
        """Run one request."""

    def publish_security(
        self, name: str, session: MockSession, *headers: HeaderPair, account: str = ""
    ) -> None:
        """Publish a security event about a session."""
        since = self.wall_time_of(session.connected_at)
        event = security_event(name, session, headers, account, now=self.wall_time, since=since)
        self.publish(event, "security")

    def mark_pending(self, session: MockSession) -> None:
        """Note that a session has output for its transport."""
        self.pending_sessions.add(session)

    def remove_session(self, session: MockSession) -> None:
        """Remove a closed session; the transport still collects its last output."""
        self.sessions.pop(session.number, None)
        self.mark_pending(session)

    def _start(self) -> None:
        """Begin to boot; without a duration that takes no time."""
        self.started_at = self.now
        if self._boot_timer is not None:
            self._boot_timer.cancel()
            self._boot_timer = None
        if self.boot_duration > 0:
            self._boot_timer = self.timeline.after(self.boot_duration, self._finish_boot)

    def _finish_boot(self) -> None:
        self._boot_timer = None
        self.publish([("Event", "FullyBooted"), *self.boot_status()])

    def boot_status(self) -> list[HeaderPair]:
        """Return the headers of FullyBooted. Before 14 it has no times."""
        uptime = int(self.uptime)
        times: list[HeaderPair] = [] if self.follows else [("Uptime", uptime), ("LastReload", uptime)]
        return [("Status", "Fully Booted"), *times]

    def _event_head(self, first: HeaderPair, classes: Privilege) -> list[HeaderPair]:
        """Return the headers that every event begins with."""
        head = [first, ("Privilege", describe(classes)), ("Timestamp", self.timestamp)]
        if self.debug:
            head += origin_headers(str(first[1]), self._event_count)
            self._event_count += 1
        return head

    def _deliver(self, event: bytes, classes: Privilege) -> None:
        for session in list(self.sessions.values()):
            session.deliver(event, classes)
