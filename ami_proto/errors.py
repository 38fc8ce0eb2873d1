"""Every error that the library raises: one tree, whose branches say who was wrong.

`RequestError`: the caller asked for something that cannot be done, and nothing was changed.
`ConnectFailed` and `ActionError` (in `correlation/outcome.py`, beside the outcomes): the request was valid;
the server or the network failed it.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Final, Self

from ami_proto.values import Disconnect, Reason

QUOTED_MAX: Final = 10**10
"""A number from here on is not quoted, because it may be a password of digits. No option allows one."""

SERVERS_NAMED_MAX: Final = 5
"""Servers that a sentence names one by one."""

# A key that differs more from every known one is not a typing mistake; it may be a secret. `prot` is as close
# to `port` as this; a secret such as `s3cr3t` is less close to `secret`.
_CLOSENESS_MIN: Final = 0.75

# By how many characters a key may be longer than the known one: `secret:hunter2` holds more than a mistake.
_SURPLUS_MAX: Final = 2


class AmiError(Exception):
    """Base of every error of this library."""


class RequestError(AmiError):
    """The request was refused before anything was queued or changed."""


# -- the caller's mistakes, refused at once


class ConfigError(RequestError, ValueError):
    """A value of the configuration is out of bounds, of the wrong type, or in conflict with another.

    Quotes the value only where it cannot be a secret: a number, a boolean or None. Text is never quoted,
    whatever its key, because someone may have pasted a secret there. `value` is None unless it is quoted.
    """

    def __init__(self, key: str, rule: str, *, value: object = "") -> None:  # as text, "" is not quoted
        quoted = _cannot_be_secret(value)
        place = f"{key} = {value}" if quoted else key
        super().__init__(f"{place}: {rule}" if place else rule)
        self.key = key
        self.value = value if quoted else None
        self.rule = rule

    @classmethod
    def unknown_key(cls, key: object, known: Iterable[str], table: str = "") -> Self:
        """Return the error for a key that is none of the known ones, in a table of that name.

        Quotes the key only if it is a misspelt known one. Any other is hidden, because someone may have
        pasted a secret there; `key` is then the name of the table.
        """
        text = key if isinstance(key, str) else ""
        candidates = [each for each in known if len(text) <= len(each) + _SURPLUS_MAX]
        close = get_close_matches(text, candidates, n=1, cutoff=_CLOSENESS_MIN)
        if not close:
            return cls(table, "unknown key (not shown, because it may be a secret)")
        error = cls(table, f"unknown key {text!r}: did you mean {close[0]!r}?")
        error.key = f"{table}.{text}" if table else text
        return error


class InvalidAction(RequestError, ValueError):
    """The action cannot be written as AMI, or exceeds a limit of Asterisk."""


class Forbidden(RequestError):
    """The policy for the server does not allow the action. `rule` says which list does not have what."""

    def __init__(self, server: str, action_name: str, rule: str) -> None:
        super().__init__(f"the policy for server {server!r} forbids {action_name}: {rule}")
        self.server = server
        self.action_name = action_name
        self.rule = rule


class NotReady(RequestError):
    """The server is in a state in which no action can be sent: neither READY nor DEGRADED.

    `cause` says why its last session ended; None before one has. After the end of a client of many servers
    it names them all.
    """

    def __init__(self, server: str | Collection[str], state: str, cause: Disconnect | None = None) -> None:
        why = "" if cause is None else f"; last cause: {cause}"
        self.server, subject = _server_and_subject(server)
        verb = "are" if subject.startswith("servers") else "is"
        super().__init__(f"{subject} {verb} {state}, not ready for actions{why}")
        self.state = state
        self.cause = cause


class NoServerReady(NotReady):
    """A cluster has no server that the route allows. `servers` has the `NotReady` of each server."""

    def __init__(self, servers: Mapping[str, NotReady]) -> None:
        shown = [f"{key!r} {_brief(error)}" for key, error in servers.items()]
        why = f": {brief_names(shown, separator='; ', last='; ')}" if shown else ", there are no servers"
        # Not that of `NotReady`, which is about one server.
        RequestError.__init__(self, f"no server for the route{why}")
        self.servers = servers
        self.server, self.state, self.cause = "", "not ready", None


class Backpressure(RequestError):
    """Too many actions are pending, or too many bytes wait to be sent. The action was not queued."""


class MisuseError(RequestError, RuntimeError):
    """The call is not possible now, or here: a second start, a call inside a predicate, an unknown server."""


# -- failures of the server or the network


class ConnectFailed(AmiError, ConnectionError):
    """The connection did not become READY, or was given up. `cause` says why.

    `server` is the key of the server; where it is about all servers of a client, their keys in brief.
    """

    def __init__(self, server: str | Collection[str], cause: Disconnect, what: str = "") -> None:
        self.server, subject = _server_and_subject(server)
        super().__init__(f"{subject}: {what}{cause}")
        self.cause = cause


class LoginRefused(ConnectFailed):
    """Asterisk refused the login."""


class ConnectTimeout(ConnectFailed, TimeoutError):
    """READY was not reached within the time that the caller gave. `cause` is the last cause."""

    def __init__(
        self, server: str | Collection[str], seconds: float, state: str, last: Disconnect | None
    ) -> None:
        what = f"not ready within {seconds:g} s"
        if last is None:  # no attempt has failed: the first one is still under way
            super().__init__(server, Disconnect(Reason.CONNECT_TIMEOUT, f"{what}, still {state}"))
        else:
            super().__init__(server, last, f"{what}, now {state}; last cause: ")
        self.state = state


class MessageTimeout(AmiError, TimeoutError):
    """No message of a subscription came within the time that the caller gave."""


def _brief(error: NotReady) -> str:
    return f"is {error.state}" if error.cause is None else f"is {error.state}, {error.cause}"


def _cannot_be_secret(value: object) -> bool:
    # Exact types: a subclass may write anything. NaN and the infinities are quoted as well.
    if type(value) is int or type(value) is float:
        return not QUOTED_MAX <= abs(value) < math.inf
    return value is None or isinstance(value, bool)


def described(exception: object) -> str:
    """Return the `repr` of an exception, or the name of its type if its `repr` raises."""
    try:
        return repr(exception)
    except Exception:  # noqa: BLE001 - a user's `__repr__` may raise anything
        return type(exception).__name__


def brief_names(names: Iterable[str], *, separator: str = ", ", last: str = " and ") -> str:
    """Return names of servers in one text: the first few, and the number of the others."""
    every = list(names)
    rest = len(every) - SERVERS_NAMED_MAX
    return separator.join(every[:SERVERS_NAMED_MAX]) + (f"{last}{rest} more" if rest > 0 else "")


def connect_error(server: str | Collection[str], cause: Disconnect) -> ConnectFailed:
    """Return the error for a connection that ended, or never began, with this cause.

    With several keys it is about all servers of a client.
    """
    refused = cause.reason is Reason.LOGIN_REFUSED
    return LoginRefused(server, cause) if refused else ConnectFailed(server, cause)


def _server_and_subject(server: str | Collection[str]) -> tuple[str, str]:
    """Return the key of a server, or keys in brief; and the same as the subject of a sentence."""
    keys = [server] if isinstance(server, str) else list(server)
    subject = "server " if len(keys) == 1 else "servers " if keys else "a client without servers"
    return brief_names(keys), subject + brief_names(map(repr, keys))
