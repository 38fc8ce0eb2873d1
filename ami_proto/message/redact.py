"""Mask what must not be shown (R-ACT-05, R-OBS-04). Server keys and ActionIDs are never masked."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from ami_proto.coercion import pattern
from ami_proto.config import ServerConfig
from ami_proto.spellings import spellings

MASK: Final = "***"

VALUE_SIZE_MAX: Final = 256
"""Characters of a value that is found by its pattern where a text is cut."""

DOUBT_MAX: Final = 8
"""Times as much as usual is looked at where masks have made a text short; then what is doubtful is left
out."""

_SECRET_NAME: Final = re.compile(r"secret|passw(or)?d|passphrase|token|credential", re.IGNORECASE)

# Headers that are secret in one action only: the answer to a challenge, the value of a variable, of a
# database entry, and of a line in a configuration file.
_SECRET_IN: Final = {
    "login": re.compile("key", re.IGNORECASE),
    "setvar": re.compile("value", re.IGNORECASE),
    "dbput": re.compile("val", re.IGNORECASE),
    "updateconfig": re.compile("(value|match)-.*", re.IGNORECASE),
}

# In a line of text nobody knows which action it belongs to.
_SECRET_IN_TEXT: Final = frozenset({"key", "variable"})

# The name of a variable may be shown, its value may not.
_VARIABLE: Final = "variable"

_NEVER: Final = frozenset({"server_key", "action_id", "actionid"})

# A colon without a blank behind it is no header's, but may well be an ActionID's. A name in quotes is one
# of data that was written as it is: `{'Secret': 'x'}`, `('Secret', 'x')`, `{"secret":"x"}`.
# Nothing is tried twice, so that a server's word of a megabyte costs no more than to read it.
_ASSIGNED: Final = re.compile(
    r"""(?<![\w.-])([\w.-]++)(?:["'][ \t]*+[:,=][ \t]*+|[ \t]*+(?::[ \t]++|=[ \t]*+))"""
)
_WORD: Final = re.compile(r"\S*")


class Redaction:
    """Know what must not be shown: by name, by a pattern of names, by a pattern of values.

    `names` and `values` are regular expressions that go on top of the built-in ones; they are found
    anywhere in a name or a value, in any case. `secret` is masked wherever it stands. Raises
    `ConfigError` for a pattern that is none.
    """

    __slots__ = ("_names", "_reach", "_secrets", "_values")

    def __init__(self, names: Iterable[str] = (), values: Iterable[str] = (), secret: str = "") -> None:
        self._names = (_SECRET_NAME, *(pattern("redact_names", each) for each in names))
        self._values = tuple(pattern("redact_values", each) for each in values)
        self._secrets = tuple(sorted(spellings(secret), key=lambda text: (-len(text), text)))
        """The longest first."""
        self._reach = max([VALUE_SIZE_MAX, *map(len, self._secrets)])

    @classmethod
    def of(cls, config: ServerConfig) -> "Redaction":
        """Return what a server's configuration calls for."""
        return cls(config.redact_names, config.redact_values, config.secret)

    def hides(self, name: str) -> bool:
        """Whether what stands under this name is masked, whatever it is."""
        return name.lower() not in _NEVER and any(each.search(name) for each in self._names)

    def headers(self, pairs: Iterable[tuple[str, str]], action_name: str = "") -> list[tuple[str, str]]:
        """Return the headers of an action with every value masked that looks like a secret."""
        secret_here = _SECRET_IN.get(action_name.lower())
        masked: list[tuple[str, str]] = []
        for name, value in pairs:
            if name.lower() in _NEVER:
                masked.append((name, value))
            elif self.hides(name) or (secret_here is not None and secret_here.fullmatch(name)):
                masked.append((name, MASK))
            elif name.lower() == _VARIABLE:
                variable, equals, _ = value.partition("=")
                masked.append((name, f"{variable}={MASK}" if equals else MASK))
            else:
                masked.append((name, self._value(value)))
        return masked

    def data(self, value: object) -> object:
        """Return plain data, however nested, with every secret in it masked.

        Mappings and pairs are looked through by their names, lists item by item, text and bytes by their
        pattern. Names that masking makes the same are numbered.
        """
        if isinstance(value, str):
            return self._value(value)
        if isinstance(value, bytes | bytearray):
            text = value.decode(errors="surrogateescape")
            return self._value(text).encode(errors="surrogateescape")
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
            return self._name(value[0]), self._named(value[0], value[1])
        if isinstance(value, tuple | list | set | frozenset):
            return [self.data(each) for each in value]
        return value

    def text(self, line: str) -> str:
        """Return a line for people, with what looks like a secret in it masked.

        A header of a secret name is masked to the end of the line, an assignment (`pin=1`) to the next
        blank.
        """
        line = self._value(line)
        done, start = "", 0
        for found in _ASSIGNED.finditer(line):
            name = found[1]
            if found.start() < start or not (self.hides(name) or name.lower() in _SECRET_IN_TEXT):
                continue
            done += line[start : found.end()] + MASK
            if "=" not in found[0]:
                return done
            rest = _WORD.match(line, found.end())
            start = rest.end() if rest else len(line)
        return done + line[start:]

    def _name(self, name: object) -> object:
        return self._value(name) if isinstance(name, str) and name.lower() not in _NEVER else name

    def beginning(self, line: str, size_max: int) -> str:
        """Return at most so many characters of a line for people, masked like all of it.

        Of a long line no more is looked at than matters, or not much more: until so much stands behind
        what is returned that nothing in it can be half of a secret, or of what a pattern would have found.
        """
        size = enough = size_max + self._reach
        masked = self.text(line[:size])
        while size < len(line) and len(masked) < enough and size < DOUBT_MAX * enough:
            size *= 2
            masked = self.text(line[:size])
        if size < len(line) and not masked.endswith(MASK):
            masked = masked[: max(0, len(masked) - self._reach)]
        return masked[:size_max]

    def _mapping(self, value: Mapping[object, object]) -> dict[object, object]:
        shown: dict[object, object] = {}
        clashes: Counter[object] = Counter()
        for name, each in value.items():
            unique = masked = self._name(name)
            while unique in shown:
                clashes[masked] += 1
                unique = f"{masked} {clashes[masked] + 1}"
            shown[unique] = self._named(name, each)
        return shown

    def _named(self, name: object, value: object) -> object:
        if isinstance(name, str):
            if name.lower() in _NEVER:
                return value
            if self.hides(name) or name.lower() == _VARIABLE:
                return MASK
        return self.data(value)

    def _value(self, value: str) -> str:
        for secret in self._secrets:
            value = value.replace(secret, MASK)
        for each in self._values:
            value = each.sub(lambda found: MASK if found[0] else "", value)
        return value


_BUILT_IN: Final = Redaction()


def redact(pairs: Iterable[tuple[str, str]], action_name: str = "") -> list[tuple[str, str]]:
    """Return the headers of an action with every value masked that looks like a secret."""
    return _BUILT_IN.headers(pairs, action_name)
