"""How one server is reached, watched and bounded: frozen, typed, validated at construction.

Times are seconds, sizes are bytes. Every default carries its reason.
"""

from dataclasses import dataclass, field, fields
from typing import Literal

from ami_proto.errors import ConfigError
from ami_proto.values import ServerKey, Tls

KIB = 1024
MIB = 1024 * KIB

DURATION_MAX = 2_000_000.0
"""Three weeks: the longest wait that every operating system takes (epoll: 31 bits of milliseconds)."""

LOGIN_VALUE_SIZE_MAX = 1000
"""What fits into a line of the login: Asterisk reads 1022 bytes (main/manager.c:7219)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """Configure one server. Raises `ConfigError` naming key, value and rule."""

    key: ServerKey
    """Its name: in ActionIDs, notices and logs. Any text that is not blank."""
    host: str
    port: int = 5038
    """5038 is Asterisk's plain port, 5039 its TLS port by default."""
    tls: Tls | None = None

    # login
    username: str
    secret: str = field(repr=False)
    auth: Literal["md5", "plain"] = "md5"
    events: str | None = None
    """The `Events` mask of the login; None leaves it to the user's read classes. Asterisk takes
    words it does not know for "no events", without an error (facts, 2)."""
    wait_fully_booted: bool = False
    """Wait for `FullyBooted` before READY; it only comes with class `system` in the mask."""

    # patience
    connect_timeout: float = 10.0
    banner_timeout: float = 5.0
    login_timeout: float = 10.0
    """At least 2: Asterisk sleeps a second before it refuses (main/manager.c:3412)."""
    action_timeout: float = 30.0
    """For an action whose completion and caller name no other."""
    close_grace: float = 0.25

    # health
    heartbeat_interval: float = 15.0
    heartbeat_timeout: float = 5.0
    read_timeout: float = 45.0

    # reconnecting
    reconnect: bool = True
    """Whether a session that was READY is replaced when it is lost."""
    retry: bool = True
    """Whether to keep trying while READY was never reached; if not, the first failure closes."""
    retry_refused: bool = True
    """Whether a refused login is tried again, with backoff."""
    reconnect_min: float = 0.1
    reconnect_max: float = 30.0
    stable_after: float = 10.0

    # bounds
    max_frame_size: int = 4 * MIB
    """A `Command` on a large dialplan answers with megabytes in one frame."""
    max_desyncs: int = 5
    desync_window: float = 60.0
    max_pending_actions: int = 5000
    max_outbound_bytes: int = 5 * MIB
    max_action_id_length: int = 64
    """Above 67, Asterisk's own handlers corrupt their replies (facts, 6.5)."""
    drop_report_interval: float = 1.0

    def __post_init__(self) -> None:
        for each in fields(self):
            self._require_type(each.name, each.type)
        for name in ("key", "host", "username"):
            self._require(name, bool(getattr(self, name).strip()), "must not be blank")
        for name in ("host", "username", "secret", "events"):
            self._require(name, _one_line(getattr(self, name)), "must be one line: no CR, LF or NUL")
        for name in ("username", "secret", "events"):
            rule = f"must be UTF-8 of at most {LOGIN_VALUE_SIZE_MAX} bytes"
            self._require(name, _fits_login(getattr(self, name)), rule)
        self._require("auth", self.auth in ("md5", "plain"), "must be 'md5' or 'plain'")
        for name, (low, high) in BOUNDS.items():
            self._require(name, low <= getattr(self, name) <= high, f"must be between {low:g} and {high:g}")
        self._require("reconnect_max", self.reconnect_max >= self.reconnect_min, "below reconnect_min")
        longest_silence = self.heartbeat_interval + 3 * self.heartbeat_timeout
        self._require(
            "read_timeout",
            self.read_timeout > longest_silence,
            f"must be above heartbeat_interval + 3 x heartbeat_timeout = {longest_silence:g}",
        )

    def _require_type(self, name: str, wanted: object) -> None:
        """Refuse a value of another type: a float where bytes are counted would fail much later."""
        value = getattr(self, name)
        if wanted is bool:
            self._require(name, isinstance(value, bool), "must be true or false")
        elif wanted is int or wanted is float:
            number = int if wanted is int else int | float
            fits = isinstance(value, number) and not isinstance(value, bool)
            self._require(name, fits, "must be a whole number" if wanted is int else "must be a number")
        elif name == "tls":
            self._require(name, value is None or isinstance(value, Tls), "must be a Tls, or None")
        else:
            fits = isinstance(value, str) or (value is None and name == "events")
            self._require(name, fits, "must be text")

    def _require(self, name: str, holds: bool, rule: str) -> None:
        if not holds:
            shown = "..." if name == "secret" else getattr(self, name)
            raise ConfigError(name, shown, rule)


BOUNDS: dict[str, tuple[float, float]] = {
    "port": (1, 65535),
    "connect_timeout": (0.01, DURATION_MAX),
    "banner_timeout": (0.01, DURATION_MAX),
    "login_timeout": (2.0, DURATION_MAX),
    "action_timeout": (0.001, DURATION_MAX),
    "close_grace": (0.0, DURATION_MAX),
    "heartbeat_interval": (0.01, DURATION_MAX),
    "heartbeat_timeout": (0.01, DURATION_MAX),
    "read_timeout": (0.01, DURATION_MAX),
    "reconnect_min": (0.001, DURATION_MAX),
    "reconnect_max": (0.001, DURATION_MAX),
    "stable_after": (0.0, DURATION_MAX),
    "max_frame_size": (64 * KIB, 64 * MIB),
    "max_desyncs": (0, 1_000_000),
    "desync_window": (0.01, DURATION_MAX),
    "max_pending_actions": (1, 1_000_000),
    "max_outbound_bytes": (16 * KIB, 1024 * MIB),
    "max_action_id_length": (32, 64),
    "drop_report_interval": (0.0, DURATION_MAX),
}
"""Lowest and highest allowed value of each number."""


def _fits_login(text: str | None) -> bool:
    try:
        return text is None or len(text.encode("utf-8", "surrogateescape")) <= LOGIN_VALUE_SIZE_MAX
    except UnicodeEncodeError:
        return False


def _one_line(text: str | None) -> bool:
    return text is None or not any(character in text for character in "\r\n\0")
