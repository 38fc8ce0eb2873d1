"""How the command ends: a status for programs, and one sentence for people."""

import re
import signal
import sys
from contextlib import suppress
from enum import IntEnum, unique

import typer

from ami_backends._safe import safe
from ami_proto import (
    ActionError,
    ActionFailed,
    ActionLost,
    ActionTimeout,
    ActionUnconfirmed,
    ConnectFailed,
    LoginRefused,
    NotReady,
    RequestError,
)


@unique
class Status(IntEnum):
    """Exit statuses. The last three are the shell's own: 128 and the number of the signal."""

    FINE = 0
    FAILED = 1
    """The action failed: Asterisk said no, or its answer cannot be used."""
    USAGE = 2
    UNREACHABLE = 3
    """Cannot connect, connection lost, or no answer in time."""
    REFUSED = 4
    """Asterisk refused the login."""
    BUG = 70
    """A mistake in `ami` itself (EX_SOFTWARE of sysexits.h)."""
    INTERRUPTED = 128 + signal.SIGINT
    PIPE_CLOSED = 128 + 13
    TERMINATED = 128 + signal.SIGTERM


class UsageProblem(Exception):
    """The command line, the environment or a file that it names cannot be used as it is."""


class Terminated(BaseException):
    """SIGTERM came. Like `KeyboardInterrupt` it is no `Exception`, so that nothing swallows it."""


# ClickException, the base of what typer finds wrong: click's, or that of typer's own copy, by release.
_TyperProblem: type[BaseException] = typer.BadParameter.__mro__[2]

# A word too many may be a secret, given where none belongs.
_SURPLUS = re.compile(r"(unexpected extra argument\S*) \(.*", re.DOTALL)

_LOST = (ConnectFailed, ActionLost, ActionTimeout, ActionUnconfirmed, NotReady)
_SIGNS = {
    KeyboardInterrupt: Status.INTERRUPTED,
    typer.Abort: Status.INTERRUPTED,
    BrokenPipeError: Status.PIPE_CLOSED,
    Terminated: Status.TERMINATED,
}
"""Ends that whoever caused them knows about: nothing is said."""


def status_of(error: BaseException) -> Status:
    """Return the status that an error ends the command with."""
    for kind, status in _SIGNS.items():
        if _is_or_holds(error, kind):
            return status
    if isinstance(error, LoginRefused):
        return Status.REFUSED
    if isinstance(error, _LOST):
        return Status.UNREACHABLE
    if isinstance(error, UsageProblem | RequestError | _TyperProblem):
        return Status.USAGE
    return Status.FAILED if isinstance(error, ActionError | OSError) else Status.BUG


def sentence_of(error: BaseException) -> str:
    """Return what to tell a person, in one line; empty where nothing needs to be said."""
    status = status_of(error)
    if status in _SIGNS.values():
        return ""
    if status is Status.BUG:
        return f"this is a bug in ami, please report it: {type(error).__name__}: {error}"
    if isinstance(error, _TyperProblem):
        said = str(getattr(error, "format_message", error.__str__)())
        return _lower_first(_SURPLUS.sub(r"\1", said))
    match error:
        case LoginRefused():
            return f"login at {error.server} refused: {error.cause.detail or 'no reason given'}"
        case ConnectFailed():
            return f"no connection to {error.server}: {error.cause}"
        case ActionFailed():
            return f"{error.ticket.action_name} failed: {error.message}"
        case OSError(filename=str(path), strerror=str(words)):
            return f"{path}: {words}"
        case OSError(strerror=str(words)):
            return words
        case _:
            return str(error)


def complain(sentence: str) -> None:
    """Write one line to stderr, whatever the sentence holds and wherever stderr goes."""
    with suppress(OSError):  # if nobody listens there, there is nowhere else to say so
        print(f"ami: {safe(' '.join(sentence.split()))}", file=sys.stderr, flush=True)


def _is_or_holds(error: BaseException, kind: type[BaseException]) -> bool:
    """Say whether it is such an error, or a group around one: a signal raises in whichever task runs."""
    held = error.subgroup(kind) if isinstance(error, BaseExceptionGroup) else None
    return held is not None or isinstance(error, kind)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")
