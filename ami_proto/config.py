"""How one server is reached, watched and bounded: frozen, typed, validated at construction.

Times are seconds, sizes are bytes. Every default carries its reason.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields
from typing import Literal, Never, Self, cast

from ami_proto.coercion import HIDDEN, UNKNOWN_KEY, as_bool, as_float, as_int, as_tuple, merged, pattern
from ami_proto.errors import ConfigError
from ami_proto.setup_action import SetupAction, read_setup
from ami_proto.spellings import spellings
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
    """The `Events` mask of the login; None leaves it to the user's read classes. A yes or a no, a number,
    or words in lower case between commas. Asterisk takes words it does not know for "no events", without
    an error (facts, 2)."""
    wait_fully_booted: bool = False
    """Wait for `FullyBooted` before READY; it only comes with class `system` in the mask."""
    setup: tuple[SetupAction, ...] = ()
    """What is sent after every login, one after the other, before READY."""

    # patience
    connect_timeout: float = 10.0
    banner_timeout: float = 5.0
    login_timeout: float = 10.0
    """From the banner to READY, set-up actions included. At least 2: Asterisk sleeps a second before it
    refuses (main/manager.c:3412)."""
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
    breaker_threshold: int = 10
    """Failures in a row that open the breaker; with the backoff's defaults, after some twenty seconds."""
    breaker_cooldown: float = 10.0
    """Seconds that an open breaker lets pass before each probe: a restart of Asterisk must not cost half
    a minute."""

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

    # secrets
    redact_names: tuple[str, ...] = ()
    """Regular expressions, any case: what stands under a name that one is found in is masked, besides
    what always is (`message/redact.py`)."""
    redact_values: tuple[str, ...] = ()
    """Likewise for the values: what matches is masked wherever it stands."""

    @classmethod
    def from_mapping(
        cls, options: Mapping[str, object], defaults: Mapping[str, object] | None = None
    ) -> Self:
        """Read plain data, as TOML, JSON or an environment have it; text is taken for what it says.

        `tls` may be true, or a mapping of the keys of `Tls`. `options` go over `defaults`, key by key.
        Raises `ConfigError`.
        """
        known = {each.name: each for each in fields(cls)}
        given = merged(defaults or {}, options)
        values: dict[str, object] = {}
        with _secret_unsaid(given.get("secret")):
            for key, value in given.items():
                if key not in known:
                    raise ConfigError(str(key), HIDDEN, UNKNOWN_KEY)
                values[key] = _read(key, value, known[key].type)
        for key, each in known.items():
            if key not in values and each.default is MISSING:
                raise ConfigError(key, None, "must be given")
        return cls(**cast("dict[str, Never]", values))

    def __post_init__(self) -> None:
        with _secret_unsaid(self.secret):
            for each in fields(self):
                self._require_type(each.name, each.type)
            self._require_texts()
            self._require_numbers()

    def _require_texts(self) -> None:
        for name in ("key", "host", "username"):
            self._require(name, bool(getattr(self, name).strip()), "must not be blank")
        for name in ("host", "username", "secret", "events"):
            self._require(name, _one_line(getattr(self, name)), "must be one line: no CR, LF or NUL")
        self._require("host", not _BLANK.search(self.host), "must have no blank or control character in it")
        self._require("host", self.host[0] != "[", "an IPv6 address stands here without brackets")
        for name in ("username", "secret", "events"):
            rule = f"must be UTF-8 of at most {LOGIN_VALUE_SIZE_MAX} bytes"
            self._require(name, _fits_login(getattr(self, name)), rule)
        for name in ("username", "secret"):
            # Asterisk skips what is up to a blank before a value (facts, 1.3), and manager.conf holds none
            # at the ends of one: it could never match.
            rule = "must not begin or end with a blank or control character"
            self._require(name, _is_trimmed(getattr(self, name)), rule)
        for name in ("redact_names", "redact_values"):
            for each in getattr(self, name):
                pattern(name, each)
        self._require("auth", self.auth in ("md5", "plain"), "must be 'md5' or 'plain'")
        rule = "must have no blanks or capitals: Asterisk would ignore such a word, without an error"
        self._require("events", _is_mask(self.events), rule)
        rule = "keeps out FullyBooted, which wait_fully_booted waits for: name 'system' or 'all' as well"
        self._require("events", not self.wait_fully_booted or _hears_system(self.events), rule)

    def _require_numbers(self) -> None:
        for name, (low, high) in BOUNDS.items():
            self._require(name, low <= getattr(self, name) <= high, f"must be between {low:g} and {high:g}")
        rule = f"must be at least reconnect_min = {self.reconnect_min:g}"
        self._require("reconnect_max", self.reconnect_max >= self.reconnect_min, rule)
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
            rule = "must be a Tls, its texts one line and not blank, or None"
            self._require(name, value is None or _is_tls(value), rule)
        elif name == "setup":
            fits = isinstance(value, tuple) and all(isinstance(each, SetupAction) for each in value)
            self._require(name, fits, "must be a tuple of SetupAction")
        elif name.startswith("redact_"):
            self._require(name, isinstance(value, tuple), "must be a tuple")
        else:
            fits = isinstance(value, str) or (value is None and name == "events")
            self._require(name, fits, "must be text")

    def _require(self, name: str, holds: bool, rule: str) -> None:
        if not holds:
            shown = HIDDEN if name in ("secret", "setup") else getattr(self, name)
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

_READERS: dict[object, Callable[[str, object], object]] = {
    bool: as_bool,
    int: as_int,
    float: as_float,
    tuple[str, ...]: as_tuple,
    tuple[SetupAction, ...]: read_setup,
}
"""How plain data becomes a value of each type; what is not here is taken as it is."""


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
        if key not in ("ca_file", "verify", "server_name"):
            raise ConfigError(f"tls.{key}", HIDDEN, UNKNOWN_KEY)
    tls = Tls(
        value.get("ca_file"), cast("bool", as_bool("tls.verify", value.get("verify", True))),
        value.get("server_name"),
    )  # fmt: skip
    if not _is_tls(tls):
        rule = "ca_file and server_name must be text, one line and not blank, verify true or false"
        raise ConfigError("tls", tls, rule)
    return tls


def _is_tls(value: object) -> bool:
    """Whether this is a Tls that a driver can use."""
    if not isinstance(value, Tls):
        return False
    verify: object = value.verify
    texts: tuple[object, ...] = (value.ca_file, value.server_name)
    return isinstance(verify, bool) and all(
        text is None or (isinstance(text, str) and text.strip() and _one_line(text)) for text in texts
    )


_BLANK = re.compile(r"[\s\x00-\x1f\x7f]")

_YES = frozenset({"yes", "true", "y", "t", "1", "on"})
_NO = frozenset({"no", "false", "n", "f", "0", "off"})
"""What Asterisk takes for a yes and a no, in any case (ast_true and ast_false, main/utils.c)."""


def _is_mask(events: str | None) -> bool:
    """Whether Asterisk may know every word of a mask: it compares them as they are (main/manager.c)."""
    mask = events or ""
    return mask.lower() in _YES | _NO or (mask == mask.lower() and not _BLANK.search(mask))


def _hears_system(events: str | None) -> bool:
    """Whether a mask lets class `system` through, to which `FullyBooted` belongs (facts, 2)."""
    if not events or events.lower() in _YES:
        return True
    if events.isascii() and events.isdigit():
        return int(events) % 2 == 1  # EVENT_FLAG_SYSTEM, include/asterisk/manager.h
    return not {"system", "all"}.isdisjoint(events.split(","))


@contextmanager
def _secret_unsaid(secret: object) -> Iterator[None]:
    """Show the secret in no error, however it is quoted: it may stand under the wrong key, or be one."""
    try:
        yield
    except ConfigError as error:
        found = sorted(spellings(secret) if isinstance(secret, str) else (), key=len, reverse=True)
        key, value, rule = error.key, error.value, error.rule
        if rule == UNKNOWN_KEY:
            key = _without(found, key)
        said = _said(value)
        holds = _without(found, said) != said
        if holds or key == "setup":  # elsewhere the rule's words are the library's own
            rule = _without(found, rule)
        raise ConfigError(key, HIDDEN if holds else value, rule) from None


def _without(found: list[str], text: str) -> str:
    for each in found:
        text = text.replace(each, HIDDEN)
    return text


def _said(value: object) -> str:
    """Return all that an error would quote of a value, if it can be quoted."""
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - one of the user's, or a number too long to be written
        return ""


def _fits_login(text: str | None) -> bool:
    try:
        return text is None or len(text.encode("utf-8", "surrogateescape")) <= LOGIN_VALUE_SIZE_MAX
    except UnicodeEncodeError:
        return False


def _is_trimmed(text: str) -> bool:
    return not text or (text[0] > " " and text[-1] > " ")


def _one_line(text: str | None) -> bool:
    return text is None or not any(character in text for character in "\r\n\0")
