"""How a command ends: an exit status for programs, and one sentence on stderr for people."""

import re
import signal
import sys
from contextlib import suppress
from datetime import datetime
from enum import IntEnum, unique

import typer

from ami_backends.cli.standard_streams import OutputFailed
from ami_backends.sessions.printable import safe
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
class ExitStatus(IntEnum):
    """Exit statuses. The last three are what a shell reports for a signal: 128 and its number."""

    FINE = 0
    FAILED = 1
    """The action failed: Asterisk refused it, or its reply cannot be used."""
    USAGE = 2
    UNREACHABLE = 3
    """Cannot connect, connection lost, or no reply in time."""
    REFUSED = 4
    """Asterisk refused the login."""
    BUG = 70
    """An error in `ami` itself (EX_SOFTWARE of sysexits.h)."""
    OUTPUT = 74
    """stdout cannot be written to (EX_IOERR of sysexits.h). Says nothing about the action."""
    INTERRUPTED = 128 + signal.SIGINT
    PIPE_CLOSED = 128 + 13  # SIGPIPE; Windows has no name for it
    TERMINATED = 128 + signal.SIGTERM


class UsageProblem(Exception):
    """The command line, the environment, or a file that it names cannot be used as it is."""


class Terminated(BaseException):
    """SIGTERM arrived. Not an `Exception`, like `KeyboardInterrupt`, so that no handler swallows it."""


# The base class of typer's errors: click's ClickException, or in newer releases typer's own copy of it, which
# has no public name.
_TyperProblem: type[BaseException] = typer.BadParameter.__mro__[2]

# typer quotes a surplus argument, and someone may have pasted a secret there.
_SURPLUS = re.compile(r"(unexpected extra argument\S*) \(.*", re.DOTALL)

_LOST = (ConnectFailed, ActionLost, ActionTimeout, ActionUnconfirmed, NotReady)
_SILENT = {
    KeyboardInterrupt: ExitStatus.INTERRUPTED,
    typer.Abort: ExitStatus.INTERRUPTED,
    BrokenPipeError: ExitStatus.PIPE_CLOSED,
    Terminated: ExitStatus.TERMINATED,
}
"""The user caused these and knows about them: no sentence."""


def status_of(error: BaseException) -> ExitStatus:
    """Return the exit status for an error."""
    for kind, status in _SILENT.items():
        if _is_or_contains(error, kind):
            return status
    if isinstance(error, OutputFailed):
        return ExitStatus.OUTPUT
    if isinstance(error, LoginRefused):
        return ExitStatus.REFUSED
    if isinstance(error, _LOST):
        return ExitStatus.UNREACHABLE
    if isinstance(error, UsageProblem | RequestError | _TyperProblem):
        return ExitStatus.USAGE
    return ExitStatus.FAILED if isinstance(error, ActionError | OSError) else ExitStatus.BUG


def sentence_of(error: BaseException) -> str:
    """Return one line that explains an error; empty for an end that the user caused."""
    status = status_of(error)
    if status in _SILENT.values():
        return ""
    if status is ExitStatus.BUG:
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


def print_stderr(sentence: str, *, timed: bool = False) -> None:
    """Write one printable line to stderr. Ignores a closed or full stderr: no other place is left.

    `timed` is for reports while a command runs: they begin with the local time.
    """
    time = f"{datetime.now():%H:%M:%S} " if timed else ""
    with suppress(OSError):
        print(f"ami: {time}{safe(' '.join(sentence.split()))}", file=sys.stderr, flush=True)


def _is_or_contains(error: BaseException, kind: type[BaseException]) -> bool:
    # A signal handler raises in whichever task runs; anyio and trio wrap that in groups. Between two tasks it
    # raises in trio's own code, which takes that for a bug of its own.
    if type(error).__name__ == "TrioInternalError" and error.__cause__ is not None:
        return _is_or_contains(error.__cause__, kind)
    contained = error.subgroup(kind) if isinstance(error, BaseExceptionGroup) else None
    return contained is not None or isinstance(error, kind)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")
