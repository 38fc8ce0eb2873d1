"""Actions that are sent after every login, before READY: Asterisk forgets filters with the session."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ami_proto.config.action_rules import check_headers
from ami_proto.config.coercion import as_bool, as_tuple
from ami_proto.config.lines import check_header_name, encoded_action, encoded_header
from ami_proto.errors import ConfigError, InvalidAction
from ami_proto.values import plain

HEADERS_MAX = 120
"""Asterisk takes 128 lines; the difference is for the lines that the library adds."""

_KEYS = ("name", "headers", "required")


@dataclass(frozen=True, slots=True)
class SetupAction:
    """An action that is sent after every login. The next one is sent when it has ended.

    `headers` are pairs, because a name may occur more than once. No `repr` and no error shows them: they may
    hold secrets. Raises `ConfigError`.
    """

    name: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    required: bool = False
    """True: the login fails if this action fails. False: the failure is only reported."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", plain(self.name))  # the class is frozen
        if _are_pairs(self.headers):
            pairs = tuple((plain(name), plain(value)) for name, value in self.headers)
            object.__setattr__(self, "headers", pairs)
        try:
            encoded_action(self.name)
            self._check_headers()
        except InvalidAction as error:
            raise ConfigError("setup", str(error)) from None
        if self.name.lower() == "logoff":
            raise ConfigError("setup", "must not end the session")
        if not isinstance(self.required, bool):
            raise ConfigError("setup", "required must be true or false")

    def _check_headers(self) -> None:
        if not _are_pairs(self.headers):
            raise InvalidAction("headers must be a tuple of pairs of text")
        if len(self.headers) > HEADERS_MAX:
            raise InvalidAction(f"{len(self.headers)} headers; at most {HEADERS_MAX} are allowed")
        for number, (name, value) in enumerate(self.headers, 1):
            check_header_name(name)
            # By its number: a configuration may have a secret in the place of the name.
            encoded_header(f"the line of header {number}", name, value)
        check_headers(self.name, self.headers, lambda number, _: f"the value of header {number}")


def read_setup(key: str, value: object) -> object:
    """Read set-up actions from plain data: a list of tables with `name`, `headers`, `required`.

    `headers` is a table, in which a list repeats the header, or a list of pairs.
    """
    if not isinstance(value, tuple | list):
        raise ConfigError(key, "must be a list of set-up actions")
    return tuple(_read_numbered(key, number, each) for number, each in enumerate(value, 1))


def _read_numbered(key: str, number: int, value: object) -> SetupAction:
    try:
        return value if isinstance(value, SetupAction) else _read_action(value)
    except ConfigError as error:
        rule = str(error).removeprefix("setup: ")
        raise ConfigError(key, f"action {number}: {rule}") from None


def _read_action(value: object) -> SetupAction:
    if not isinstance(value, Mapping):
        raise ConfigError("setup", "must be a table")
    for key in value:
        if key not in _KEYS:
            raise ConfigError.unknown_key(key, _KEYS)
    headers = value.get("headers", ())
    pairs = _pairs(headers) if isinstance(headers, Mapping) else _tuples(headers)
    required = as_bool("required", value.get("required", False))
    return SetupAction(value.get("name"), pairs, required)  # type: ignore[arg-type]  # it checks


def _tuples(headers: object) -> object:
    """Return a list of pairs, which TOML and JSON write as lists, as tuples."""
    pairs = as_tuple("headers", headers)
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
    except ValueError:  # Python refuses to write more than 4300 digits; `SetupAction` refuses the number
        return value


def _are_pairs(headers: object) -> bool:
    return isinstance(headers, tuple) and all(map(_is_pair, headers))


def _is_pair(item: object) -> bool:
    return isinstance(item, tuple) and len(item) == 2 and all(isinstance(each, str) for each in item)
