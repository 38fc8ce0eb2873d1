"""The configuration of one server: how it is reached, watched and bounded.

Frozen, typed, validated when it is made. Times are seconds, sizes are bytes. Each default states its reason.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Literal, Never, Self, cast

from ami_proto.config.action_rules import MASK_RULE, YES, is_event_mask
from ami_proto.config.coercion import (
    AutoSwitch,
    as_auto_switch,
    as_bool,
    as_float,
    as_int,
    as_tuple,
    merged,
    patterns,
)
from ami_proto.config.setup_action import SetupAction, read_setup
from ami_proto.errors import ConfigError
from ami_proto.policy import Policy, ProfileName
from ami_proto.values import Reason, Secret, ServerKey, Tls, plain

KIB = 1024
MIB = 1024 * KIB

DURATION_MAX = 2_000_000.0
"""Three weeks: the longest wait that every operating system accepts (epoll: 31 bits of milliseconds)."""

LOGIN_VALUE_SIZE_MAX = 1000
"""Bytes of a value that fit into a line of the login: Asterisk reads 1022 (main/manager.c:7219)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """How to reach one server, log in, watch the session and bound its memory. Raises `ConfigError`."""

    key: ServerKey
    """The server's name in ActionIDs, notices and logs: any text that is not blank."""
    host: str
    port: int = 5038
    """5038 is Asterisk's plain port, 5039 its TLS port by default."""
    tls: Tls | None = None

    # login
    username: str
    secret: Secret | str
    """Held as a `Secret`, which no output shows. `reveal_secret()` returns the text."""
    auth: Literal["md5", "plain"] = "md5"
    events: str | None = None
    """The `Events` mask of the login; None leaves it to the user's read classes. Takes yes or no, a number,
    or class names in lower case, separated by commas. Another word is refused: Asterisk would ignore it,
    without an error, and a mask of such words alone means "no events" (facts, 2)."""
    wait_fully_booted: AutoSwitch = "auto"
    """Wait for `FullyBooted` before READY: Asterisk accepts logins before its modules are loaded, and lists
    are empty then. It is of class `system`; "auto" does not wait if `events` excludes that."""
    ask_release: bool = False
    """Ask with `CoreSettings` for the release of Asterisk after every login. Nothing waits for the answer.
    Users without `system` and `reporting` among their write classes may not ask: it stays unknown."""
    setup: tuple[SetupAction, ...] = ()
    """Actions to send after every login, one after the other, before READY."""

    # what may be sent
    policy: Policy | ProfileName = "all"
    """Held as a `Policy`. It judges what the application submits, not what the connection sends by itself:
    login, heartbeat, Logoff, and the actions of `setup`."""

    # patience
    connect_timeout: float = 10.0
    banner_timeout: float = 5.0
    login_timeout: float = 10.0
    """From the banner to READY, set-up actions included, the wait for `FullyBooted` excluded. At least 2,
    because Asterisk sleeps a second before it refuses a login (main/manager.c:3412)."""
    boot_timeout: float = 60.0
    """For `FullyBooted` after the login's answer. Asterisk boots in seconds; thousands of endpoints on a
    small machine take most of a minute."""
    action_timeout: float = 30.0
    """For an action for which neither the caller nor the completion gives a timeout."""
    close_grace: float = 0.25

    # health
    heartbeat_interval: float = 15.0
    heartbeat_timeout: float = 5.0
    read_timeout: float = 45.0
    frame_timeout: float = 60.0
    """From the first byte of a frame to its end, or to the deadline of the action that it answers. A minute,
    because megabytes of command output take seconds. A frame that never ends takes in all that follows."""
    pause_max: float = 60.0
    """How long `Overflow.PAUSE` stops reading after its queue was last pulled: a forgotten subscription must
    not silence the others. Asterisk mostly gives up far earlier, after its `writetimeout`."""

    # reconnecting
    reconnect: bool = True
    """Whether to connect again after a session that was READY is lost."""
    retry: bool = True
    """Whether to keep trying before the first READY; if not, the first failure closes the connection."""
    retry_refused: AutoSwitch = "auto"
    """Whether to try a refused login again, with backoff. "auto": only after a session was READY, because a
    wrong secret stays wrong."""
    reconnect_min: float = 0.1
    reconnect_max: float = 30.0
    stable_after: float = 10.0
    breaker_threshold: int = 10
    """Failures in a row that open the breaker: about twenty seconds with the default backoff."""
    breaker_cooldown: float = 10.0
    """Seconds that an open breaker waits before each probe. Short, because a restart of Asterisk must not
    cost half a minute."""

    # bounds
    max_frame_size: int = 4 * MIB
    """Megabytes, because a `Command` on a large dialplan answers with them in one frame."""
    max_desyncs: int = 5
    desync_window: float = 60.0
    max_pending_actions: int = 5000
    max_outbound_bytes: int = 5 * MIB
    max_action_id_length: int = 64
    """Above 67, Asterisk's own handlers corrupt their replies (facts, 6.5)."""
    drop_report_interval: float = 1.0

    # secrets
    redact_names: tuple[str, ...] = ()
    """Regular expressions, in any case. The value under a name in which one matches is masked; built-in names
    are masked as well (`message/redact.py`)."""
    redact_values: tuple[str, ...] = ()
    """Regular expressions, in any case. Text that one matches is masked wherever it occurs."""

    @classmethod
    def from_mapping(
        cls, options: Mapping[str, object], defaults: Mapping[str, object] | None = None
    ) -> Self:
        """Read plain data, as it comes from TOML, JSON or an environment; numbers and switches may be text.

        `tls` may be true, or a mapping of the keys of `Tls`. `options` take precedence over `defaults`, key
        by key. Raises `ConfigError`.
        """
        known = {each.name: each for each in fields(cls)}
        values: dict[str, object] = {}
        for key, value in merged(defaults or {}, options).items():
            if key not in known:
                raise ConfigError.unknown_key(key, known)
            values[key] = _read(key, value, known[key].type)
        for key, each in known.items():
            if key not in values and each.default is MISSING:
                raise ConfigError(key, "must be given")
        return cls(**cast("dict[str, Never]", values))

    @property
    def awaits_boot(self) -> bool:
        """Whether a login waits for `FullyBooted`, as long as the user's classes do not hide it."""
        wanted = self.wait_fully_booted
        return wanted is True or (wanted == "auto" and _includes_system(self.events or ""))

    def reveal_secret(self) -> str:
        """Return the text of the secret."""
        return Secret(self.secret).reveal()

    def tries_again(self, reason: Reason, *, served: bool) -> bool:
        """Whether another session follows one that ended; `served` says whether READY was ever reached."""
        # A server that accepted this login before may refuse it for a while; another one will always.
        refused_for_good = not (served if self.retry_refused == "auto" else self.retry_refused)
        if reason is Reason.LOGIN_REFUSED and refused_for_good:
            return False
        return self.reconnect if served else self.retry

    def __post_init__(self) -> None:
        if isinstance(self.secret, str):
            object.__setattr__(self, "secret", Secret(self.secret))  # the class is frozen
        object.__setattr__(self, "policy", Policy.of(self.policy))
        for each in fields(self):
            object.__setattr__(self, each.name, plain(getattr(self, each.name)))
            self._require_type(each.name, each.type)
        self._require_texts()
        self._require_numbers()

    # Only numbers and switches are passed to an error as its `value`. Where text is wanted, a number may be
    # a secret: TOML reads `secret = 4711` as one.

    def _require_type(self, name: str, wanted: object) -> None:
        """Refuse a value of another type: a float that counts bytes would fail much later, in a slice."""
        value = getattr(self, name)
        if name == "policy":
            return  # `Policy.of` has made it
        if wanted is bool:
            if not isinstance(value, bool):
                raise ConfigError(name, "must be true or false", value=value)
        elif wanted == AutoSwitch:
            if not isinstance(value, bool) and value != "auto":
                raise ConfigError(name, 'must be true, false or "auto"', value=value)
        elif wanted is int or wanted is float:
            number = int if wanted is int else int | float
            if not isinstance(value, number) or isinstance(value, bool):
                rule = "must be a whole number" if wanted is int else "must be a number"
                raise ConfigError(name, rule, value=value)
        elif name == "secret":
            _require(name, isinstance(value, Secret), "must be text")
        elif name == "tls":
            rule = "must be a Tls whose texts are one line and not blank, or None"
            _require(name, value is None or _is_tls(value), rule)
        elif name == "setup":
            fits = isinstance(value, tuple) and all(isinstance(each, SetupAction) for each in value)
            _require(name, fits, "must be a tuple of SetupAction")
        elif name.startswith("redact_"):
            _require(name, isinstance(value, tuple), "must be a tuple")
        else:
            fits = isinstance(value, str) or (value is None and name == "events")
            _require(name, fits, "must be text")

    def _require_texts(self) -> None:
        secret, events = self.reveal_secret(), self.events or ""
        for name in ("key", "host", "username"):
            _require(name, bool(getattr(self, name).strip()), "must not be blank")
        _require("host", _one_line(self.host), ONE_LINE)
        _require("host", not re.search(_BLANK, self.host), "must have no blank or control character")
        _require("host", self.host[0] != "[", "must be an IPv6 address without brackets")
        for name, text in (("username", self.username), ("secret", secret), ("events", events)):
            _require(name, _one_line(text), ONE_LINE)
            rule = f"must be UTF-8 of at most {LOGIN_VALUE_SIZE_MAX} bytes"
            _require(name, _fits_login(text), rule)
        for name, text in (("username", self.username), ("secret", secret)):
            # Asterisk skips blanks and control characters before a value (facts, 1.3), and manager.conf
            # cannot hold any at the ends of one: such a login would never succeed.
            rule = "must not begin or end with a blank or control character"
            _require(name, _is_trimmed(text), rule)
        for name in ("redact_names", "redact_values"):
            patterns(name, getattr(self, name))
        _require("auth", self.auth in ("md5", "plain"), "must be 'md5' or 'plain'")
        _require("events", not events or is_event_mask(events), MASK_RULE)
        rule = "excludes FullyBooted, which wait_fully_booted waits for: add 'system' or 'all'"
        _require("events", self.wait_fully_booted is not True or _includes_system(events), rule)

    def _require_numbers(self) -> None:
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigError(name, f"must be between {low:g} and {high:g}", value=value)
        if self.reconnect_max < self.reconnect_min:
            rule = f"must be at least reconnect_min = {self.reconnect_min:g}"
            raise ConfigError("reconnect_max", rule, value=self.reconnect_max)
        # Three missed pings end a session. A shorter read timeout would end it before they are sent.
        silence_max = self.heartbeat_interval + 3 * self.heartbeat_timeout
        if self.read_timeout <= silence_max:
            rule = f"must be above heartbeat_interval + 3 x heartbeat_timeout = {silence_max:g}"
            raise ConfigError("read_timeout", rule, value=self.read_timeout)


BOUNDS: dict[str, tuple[float, float]] = {
    "port": (1, 65535),
    "connect_timeout": (0.01, DURATION_MAX),
    "banner_timeout": (0.01, DURATION_MAX),
    "login_timeout": (2.0, DURATION_MAX),
    "boot_timeout": (0.01, DURATION_MAX),
    "action_timeout": (0.001, DURATION_MAX),
    "close_grace": (0.0, DURATION_MAX),
    "heartbeat_interval": (0.01, DURATION_MAX),
    "heartbeat_timeout": (0.01, DURATION_MAX),
    "read_timeout": (0.01, DURATION_MAX),
    "frame_timeout": (0.01, DURATION_MAX),
    "pause_max": (1.0, DURATION_MAX),
    "reconnect_min": (0.001, DURATION_MAX),
    "reconnect_max": (0.001, DURATION_MAX),
    "stable_after": (0.0, DURATION_MAX),
    "breaker_threshold": (1, 1_000_000),
    "breaker_cooldown": (0.0, DURATION_MAX),
    "max_frame_size": (64 * KIB, 64 * MIB),
    "max_desyncs": (0, 1_000_000),
    "desync_window": (0.01, DURATION_MAX),
    "max_pending_actions": (1, 1_000_000),
    "max_outbound_bytes": (16 * KIB, 1024 * MIB),
    "max_action_id_length": (32, 64),
    "drop_report_interval": (0.0, DURATION_MAX),
}
"""Lowest and highest allowed value of each number."""

ONE_LINE = "must be one line, without CR, LF or NUL"

_READERS: dict[object, Callable[[str, object], object]] = {
    bool: as_bool,
    AutoSwitch: as_auto_switch,
    int: as_int,
    float: as_float,
    tuple[str, ...]: as_tuple,
    tuple[SetupAction, ...]: read_setup,
}
"""Readers of plain data, by the type of the option. A value of any other type is taken as it is."""

_TLS_KEYS = ("ca_file", "verify", "server_name")


def _read(key: str, value: object, wanted: object) -> object:
    if key == "tls":
        return _read_tls(value)
    reader = _READERS.get(wanted)
    return value if reader is None else reader(key, value)


def _read_tls(value: object) -> object:
    value = as_bool("tls", value)
    if isinstance(value, bool):
        return Tls() if value else None
    if not isinstance(value, Mapping):
        return value
    for key in value:
        if key not in _TLS_KEYS:
            raise ConfigError.unknown_key(key, _TLS_KEYS, "tls")
    verify = as_bool("tls.verify", value.get("verify", True))
    tls = Tls(value.get("ca_file"), cast("bool", verify), value.get("server_name"))
    rule = "ca_file and server_name must be text, one line and not blank, verify true or false"
    _require("tls", _is_tls(tls), rule)
    return tls


def _require(name: str, holds: bool, rule: str) -> None:
    if not holds:
        raise ConfigError(name, rule)


def _is_tls(value: object) -> bool:
    """Whether this is a `Tls` of valid values. Its class does not check them."""
    if not isinstance(value, Tls):
        return False
    verify: object = value.verify
    texts: tuple[object, ...] = (value.ca_file, value.server_name)
    return isinstance(verify, bool) and all(
        text is None or (isinstance(text, str) and text.strip() and _one_line(text)) for text in texts
    )


_BLANK = r"[\s\x00-\x1f\x7f]"


def _includes_system(events: str) -> bool:
    """Whether a mask includes class `system`, to which `FullyBooted` belongs (facts, 2)."""
    if not events or events.lower() in YES:
        return True
    if events.isascii() and events.isdigit():
        return int(events) % 2 == 1  # EVENT_FLAG_SYSTEM, include/asterisk/manager.h
    return not {"system", "all"}.isdisjoint(events.split(","))


def _fits_login(text: str) -> bool:
    try:
        return len(text.encode("utf-8", "surrogateescape")) <= LOGIN_VALUE_SIZE_MAX
    except UnicodeEncodeError:
        return False


def _is_trimmed(text: str) -> bool:
    return not text or (text[0] > " " and text[-1] > " ")


def _one_line(text: str) -> bool:
    return not any(character in text for character in "\r\n\0")
