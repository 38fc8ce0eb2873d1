"""What is sent after every login, before READY: `Filter`, `Events`, whatever a session needs anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ami_proto.coercion import HIDDEN, UNKNOWN_KEY, as_bool, as_tuple
from ami_proto.errors import ConfigError, InvalidAction
from ami_proto.lines import check_header_name, encoded_action, encoded_header

HEADERS_MAX = 120
"""Of the 128 lines that Asterisk takes, some are the library's own."""


@dataclass(frozen=True, slots=True)
class SetupAction:
    """Send this action after every login; the next one follows when it has ended.

    Its headers are pairs, so that a name may come more than once; no repr shows them. Raises
    `ConfigError`, which does not show them either.
    """

    name: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    required: bool = False
    """Whether the login fails when this action does; if not, the failure is reported, no more."""

    def __post_init__(self) -> None:
        try:
            encoded_action(self.name)
        except InvalidAction as error:
            raise ConfigError("setup", HIDDEN, str(error)) from None
        try:
            self._check_headers()
        except InvalidAction as error:
            raise ConfigError("setup", self.name, str(error)) from None
        if self.name.lower() == "logoff":
            raise ConfigError("setup", self.name, "must not end the session")
        if not isinstance(self.required, bool):
            raise ConfigError("setup", self.name, "required must be true or false")

    def _check_headers(self) -> None:
        if not _are_pairs(self.headers):
            raise InvalidAction("headers must be a tuple of pairs of text")
        if len(self.headers) > HEADERS_MAX:
            raise InvalidAction(f"{len(self.headers)} headers, at most {HEADERS_MAX} are taken")
        for name, value in self.headers:
            check_header_name(name)
            encoded_header(name, value)


def read_setup(key: str, value: object) -> object:
    """Read the set-up actions from plain data: tables with `name`, `headers`, `required`.

    `headers` may be a table; a list in it repeats the header.
    """
    if not isinstance(value, tuple | list):
        raise ConfigError(key, HIDDEN, "must be a list of set-up actions")
    return tuple(each if isinstance(each, SetupAction) else _read_action(key, each) for each in value)


def _read_action(key: str, value: object) -> SetupAction:
    if not isinstance(value, Mapping):
        raise ConfigError(key, HIDDEN, "each set-up action must be a table")
    for name in value:
        if name not in ("name", "headers", "required"):
            raise ConfigError(f"{key}.{name}", HIDDEN, UNKNOWN_KEY)
    headers = value.get("headers", ())
    pairs = _pairs(headers) if isinstance(headers, Mapping) else _tuples(f"{key}.headers", headers)
    required = as_bool(f"{key}.required", value.get("required", False))
    return SetupAction(value.get("name"), pairs, required)  # type: ignore[arg-type]  # it checks


def _tuples(key: str, headers: object) -> object:
    """Return a list of pairs, which TOML and JSON write as lists, as tuples."""
    pairs = as_tuple(key, HIDDEN if isinstance(headers, str) else headers)
    return tuple(tuple(each) if isinstance(each, list) else each for each in pairs)


def _pairs(headers: Mapping[object, object]) -> object:
    pairs: list[tuple[object, object]] = []
    for name, value in headers.items():
        values = value if isinstance(value, tuple | list) else (value,)
        pairs += [(name, _text(each)) for each in values]
    return tuple(pairs)


def _text(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, int | float):
        return value
    try:
        return str(value)
    except ValueError:  # more digits than Python writes
        return value


def _are_pairs(headers: object) -> bool:
    return isinstance(headers, tuple) and all(map(_is_pair, headers))


def _is_pair(item: object) -> bool:
    return isinstance(item, tuple) and len(item) == 2 and all(isinstance(each, str) for each in item)
