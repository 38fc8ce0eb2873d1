"""Every error the library raises: one tree, blame in the branch.

`RequestError` is ours: the caller asked for what cannot be done, and nothing was changed.
`ConnectFailed` and `ActionError` (in `correlation/outcome.py`, beside the outcomes it tells of) are
theirs: the request was fine, and this is what became of it.
"""

from ami_proto.values import Disconnect, Reason

SHOWN_MAX = 200
"""How much of a wrong value an error shows."""


class AmiError(Exception):
    """Base of every error of this library."""


class RequestError(AmiError):
    """The request was refused before anything was queued or changed."""


# -- ours: refused on the spot


class ConfigError(RequestError, ValueError):
    """A configuration value is out of bounds, unknown or in conflict with another."""

    def __init__(self, key: str, value: object, rule: str) -> None:
        super().__init__(_one_line(f"{key} = {_shown(value)}: {rule}"))
        self.key = key
        self.value = value
        self.rule = rule


class InvalidAction(RequestError, ValueError):
    """The action cannot be written as AMI, or goes beyond a limit of Asterisk's."""


class NotReady(RequestError):
    """Actions can only be sent in READY and DEGRADED."""

    def __init__(self, server: str, state: str) -> None:
        super().__init__(f"server {server!r} is {state}, not ready for actions")
        self.server = server
        self.state = state


class Backpressure(RequestError):
    """Too many actions are pending, or too many bytes wait to be sent. Nothing was queued."""


class MisuseError(RequestError, RuntimeError):
    """A call that makes no sense now: started twice, from inside a predicate, an unknown server."""


# -- theirs: what became of it


class ConnectFailed(AmiError, ConnectionError):
    """The connection could not be brought to READY, or was given up. `cause` says why."""

    def __init__(self, server: str, cause: Disconnect) -> None:
        super().__init__(f"server {server!r}: {cause}")
        self.server = server
        self.cause = cause


class LoginRefused(ConnectFailed):
    """Asterisk refused the login."""


def _shown(value: object) -> str:
    """Return a value for an error: it may be a page long, or one of the user's whose `repr` raises."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - or a number too long to be written
        return f"<{type(value).__name__}>"
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}..."


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def described(exception: object) -> str:
    """Return one line about an exception of the user's, or whatever it is, whose `repr` may raise as well."""
    try:
        return repr(exception)
    except Exception:  # noqa: BLE001 - whatever a user's `__repr__` raises
        return type(exception).__name__


def connect_error(server: str, cause: Disconnect) -> ConnectFailed:
    """Return the error that tells of this cause."""
    refused = cause.reason is Reason.LOGIN_REFUSED
    return LoginRefused(server, cause) if refused else ConnectFailed(server, cause)
