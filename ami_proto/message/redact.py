"""Mask secrets in the words of the server, in headers and in plain data (R-ACT-05, R-OBS-04).

Masked are: values under names such as `Secret`, values that match a pattern, and the configured secret itself
wherever it occurs. Server keys and ActionIDs are never masked.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.config.coercion import patterns
from ami_proto.config.server import ServerConfig
from ami_proto.message.spellings import spellings
from ami_proto.values import MASK, Secret

VALUE_SIZE_MAX: Final = 256
"""Longest value, in characters, that a pattern can find across the place where a text is cut."""

DOUBT_MAX: Final = 8
"""How many times the usual length is searched if masks made the text short. Beyond that, text that may be
half of a secret is left out."""

# The patterns of this module are text: `re` compiles each at its first use, and keeps it.

# Searched for in names as `_words` writes them. Short words count only where they stand alone: `UserPin` and
# `pin_2` are secret, `Pinned`, `Ping` and `AuthType` are not.
_SECRET_NAME: Final = r"""(?mx)
    secret | passw(?:or)?d | passphrase | passcode | passkey | token | credential | authori[sz]ation
    | (?: access | account | api | app | auth | client | crypto | enc | encrypt | encryption | hmac | master
        | priv | private | session | shared | sign | signing | ssh | ssl | tls | webhook )_?keys? (?![a-z])
    | auth_?(?: code | data | hash | header | info | pass | string )
    | (?<![a-z]) (?: bearer | creds? | jwt | md5_?cred | otp | pins? | pin_?codes? | pin_?number | psk | pwd
        ) (?![a-z])
    | (?: access | admin | agent | caller | conf | conference | leader | moderator | user | vm )pins?
        (?![a-z])
    | (?<![a-z]) (?: auth | pass ) (?=\d*$)
    """
_CASE_CHANGES: Final = "(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
_BETWEEN_WORDS: Final = r"[-. \t]"

# Commands that store a value, of Asterisk's command line and of AGI: what follows the name is secret, as it
# is in the actions DBPut and Setvar.
_STORED: Final = r"""(?ix)
    \b(?: database \s+ put \s+ \S+ \s+ \S+
    | dialplan \s+ set \s+ (?: global | chanvar \s+ \S+ ) \s+ \S+
    | set \s+ variable \s+ \S+ ) \s+ (?=\S)
    """

# Headers of a message whose value is a name, and the header that has what is stored under that name.
_NAMED_VALUE: Final = {"variable": "value", "key": "val"}

# Headers that are secret in one action only: the answer to a challenge, the value of a variable, of a
# database entry, and of a line in a configuration file. Elsewhere `Key` and `Value` are ordinary.
_SECRET_IN: Final = {
    key: "(?i)" + "|".join(each.replace("000000", ".*") for each in secret)
    for key, record in ACTIONS.items()
    if (secret := [header for parameter in record.parameters for header in parameter.secret])
}

# In a line of text the action is not known: `Key` may be of a login.
_SECRET_IN_TEXT: Final = frozenset({"key", "variable"})

# The name of a variable may be shown, its value may not.
_VARIABLE: Final = "variable"

_NEVER: Final = frozenset({"server_key", "action_id", "actionid"})

# A name, then `: ` or `=`. A colon without a blank after it is not of a header, but may be of an ActionID.
# A name in quotes is from data that was printed: `{'Secret': 'x'}`, `('Secret', 'x')`, `{"secret":"x"}`.
# The quantifiers are possessive, so that a word of a megabyte costs one pass, without backtracking.
_ASSIGNED: Final = r"""(?<![\w.-])([\w.-]++)(?:["'][ \t]*+[:,=][ \t]*+|[ \t]*+(?::[ \t]++|=[ \t]*+))"""

# An assigned value ends at a blank outside of quotes. A quote that is not closed goes to the end.
_WORD: Final = r"""(?s)(?:[^\s"']++|"(?:[^"\\]|\\.)*+(?:"|\Z|\\\Z)|'(?:[^'\\]|\\.)*+(?:'|\Z|\\\Z))*+"""


class Redaction:
    """What to mask: values under certain names, values that match a pattern, and one secret.

    `names` and `values` are regular expressions beside the built-in ones. They match anywhere in a name or a
    value, in any case. `secret` is masked wherever it occurs. Raises `ConfigError`.
    """

    __slots__ = ("_names", "_reach", "_secrets", "_values")

    def __init__(self, names: Iterable[str] = (), values: Iterable[str] = (), secret: str = "") -> None:
        self._names = patterns("redact_names", names)
        self._values = patterns("redact_values", values)
        self._secrets = tuple(sorted(spellings(secret), key=lambda text: (-len(text), text)))
        """The longest first: one spelling may contain another."""
        self._reach = max([VALUE_SIZE_MAX, *map(len, self._secrets)])

    @classmethod
    def of(cls, config: ServerConfig) -> "Redaction":
        """Return the redaction that a server's configuration asks for."""
        return cls(config.redact_names, config.redact_values, config.reveal_secret())

    @classmethod
    def joined(cls, parts: "Iterable[Redaction]") -> "Redaction":
        """Return a redaction that masks everything that one of these masks."""
        whole, parts = cls(), list(parts)
        whole._names = tuple(dict.fromkeys(each for part in parts for each in part._names))
        whole._values = tuple(dict.fromkeys(each for part in parts for each in part._values))
        secrets = {each for part in parts for each in part._secrets}
        whole._secrets = tuple(sorted(secrets, key=lambda text: (-len(text), text)))
        whole._reach = max([VALUE_SIZE_MAX, *(part._reach for part in parts)])
        return whole

    def hides(self, name: str) -> bool:
        """Whether every value under this name is masked."""
        if name.lower() in _NEVER:
            return False
        found = re.search(_SECRET_NAME, _words(name))
        return found is not None or any(each.search(name) for each in self._names)

    def headers(self, pairs: Iterable[tuple[str, str]], action_name: str = "") -> list[tuple[str, str]]:
        """Return the headers of an action, with values masked by name, action and pattern.

        Any value may be text in which a secret is assigned: of a command, or the `Data` of an application.
        """
        secret_here = _SECRET_IN.get(action_name.lower())
        masked: list[tuple[str, str]] = []
        for name, value in pairs:
            if name.lower() in _NEVER:
                masked.append((name, value))
            elif self.hides(name) or (secret_here is not None and re.fullmatch(secret_here, name)):
                masked.append((name, MASK))
            elif name.lower() == _VARIABLE:
                variable, equals, _ = value.partition("=")
                masked.append((name, f"{variable}={MASK}" if equals else MASK))
            else:
                masked.append((name, self._header_value(value)))
        return masked

    def message(self, pairs: Iterable[tuple[str | None, str]]) -> list[tuple[str | None, str]]:
        """Return the headers of a message of the server, with values masked by name and pattern.

        A name is `None` where a line has no colon. Names of variables and of database keys decide about the
        values that stand beside them.
        """
        given = list(pairs)
        hidden = {
            _NAMED_VALUE[name.lower()]
            for name, value in given
            if name is not None and name.lower() in _NAMED_VALUE and self.hides(value[:VALUE_SIZE_MAX])
        }
        masked: list[tuple[str | None, str]] = []
        for name, value in given:
            lowered = "" if name is None else name.lower()
            if lowered in hidden or (name is not None and self.hides(name)):
                masked.append((name, MASK))
            else:
                masked.append((name, value if lowered in _NEVER else self._header_value(value)))
        return masked

    def data(self, value: object) -> object:
        """Return plain data, however nested, with secrets masked.

        In mappings and pairs, values are masked by their names; in text and bytes, by pattern. Names that
        become equal when they are masked are numbered.
        """
        if isinstance(value, str):
            return self._value(value)
        if isinstance(value, bytes | bytearray):
            text = value.decode(errors="surrogateescape")
            return self._value(text).encode(errors="surrogateescape")
        if isinstance(value, Secret):
            return MASK
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
            return self._name(value[0]), self._named(value[0], value[1])
        if isinstance(value, tuple | list | set | frozenset):
            return [self.data(each) for each in value]
        return value

    def text(self, line: str) -> str:
        """Return a line for people, with secrets masked.

        A header with a secret name is masked up to the end of the line, an assignment (`pin=1`) up to the
        next blank.
        """
        return self._assigned(self._value(line), _SECRET_IN_TEXT)

    def beginning(self, line: str, size_max: int) -> str:
        """Return the first characters of a line for people, masked as in the whole line.

        Searches little more of a long line than it returns, so that a server's megabyte does not hold up the
        loop: as much beyond the cut as the longest secret, because half of one there would not be found.
        """
        size = enough = size_max + self._reach
        masked = self.text(line[:size])
        # A mask is shorter than the text that it hides: more of the line fits into what is returned.
        while size < len(line) and len(masked) < enough and size < DOUBT_MAX * enough:
            size *= 2
            masked = self.text(line[:size])
        # The end of a part may be half of a secret.
        if size < len(line) and not masked.endswith(MASK):
            masked = masked[: max(0, len(masked) - self._reach)]
        return masked[:size_max]

    def _header_value(self, value: str) -> str:
        """Mask what a header's value assigns to names: it may be text, a command, or one `name=value`."""
        value = self._value(value)
        if stored := re.search(_STORED, value):
            value = value[: stored.end()] + MASK
        first = re.match(_ASSIGNED, value)
        if first and self.hides(first[1]):  # `PASSWORD=two words`: the rest is its value
            return first[0] + MASK
        return self._assigned(value, frozenset())

    def _assigned(self, line: str, also: frozenset[str]) -> str:
        """Mask what a line assigns to names that are hidden, or in `also`."""
        done, start = "", 0
        for found in re.finditer(_ASSIGNED, line):
            name = found[1]
            if found.start() < start or not (self.hides(name) or name.lower() in also):
                continue
            done += line[start : found.end()] + MASK
            if "=" not in found[0]:
                return done
            rest = re.compile(_WORD).match(line, found.end())
            start = rest.end() if rest else len(line)
        return done + line[start:]

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

    def _name(self, name: object) -> object:
        return self._value(name) if isinstance(name, str) and name.lower() not in _NEVER else name

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
            # A pattern may match the empty text beside other text (`\b`): a mask there would hide nothing.
            value = each.sub(lambda found: MASK if found[0] else "", value)
        return value


def _words(name: str) -> str:
    """Return a name in lower case, as it is and with `_` between its words: `apikey`, `api_key`."""
    words = re.sub(_CASE_CHANGES, "_", name)
    return re.sub(_BETWEEN_WORDS, "_", f"{name}\n{words}".lower())


_BUILT_IN: Final = Redaction()


def redact(pairs: Iterable[tuple[str, str]], action_name: str = "") -> list[tuple[str, str]]:
    """Return the headers of an action, masked by the built-in rules alone."""
    return _BUILT_IN.headers(pairs, action_name)


def redact_message(pairs: Iterable[tuple[str | None, str]]) -> list[tuple[str | None, str]]:
    """Return the headers of a message, masked by the built-in rules alone."""
    return _BUILT_IN.message(pairs)
