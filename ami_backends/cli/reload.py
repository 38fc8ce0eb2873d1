"""SIGHUP: a command that runs long reads its configuration file again, and goes on with the servers in it."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from ami_backends.cli.backends import BackendName, call_aside
from ami_backends.cli.exits import UsageProblem, print_stderr, sentence_of
from ami_backends.cli.interrupts import may_handle
from ami_backends.cli.server_file import servers_of
from ami_backends.clients.fleet import FleetChanges
from ami_proto import AmiError, ConnectFailed, NotReady, ServerConfig
from ami_proto.drivers import ServerKey, brief_names

if TYPE_CHECKING:
    from ami_backends.anyio import Client


class FollowedFile:
    """The servers of a configuration file, chosen by globs. `present` are those that it had last.

    `adjust` changes each configuration before it is used. Raises as `servers_of`.
    """

    def __init__(
        self,
        file: str,
        globs: list[str] | None,
        adjust: Callable[[ServerConfig], ServerConfig] = lambda config: config,
    ) -> None:
        self._file = file
        self._globs = globs
        self._adjust = adjust
        self._asked = False
        self.present = self._read()

    @contextmanager
    def read_on_hangup(self) -> Iterator[None]:
        """Have `follow` read the file again after a SIGHUP. A SIGHUP that is ignored stays ignored (nohup).

        When its terminal was closed, the command ends, as it does without a handler. Does nothing outside
        the main thread.
        """
        number = getattr(signal, "SIGHUP", None)  # Windows has none
        if number is None or not may_handle() or signal.getsignal(number) is not signal.SIG_DFL:
            yield
            return
        had_terminal = _has_terminal()

        def handle(number: int, _frame: FrameType | None) -> None:
            if had_terminal and not _has_terminal():
                signal.signal(number, signal.SIG_DFL)
                signal.raise_signal(number)
            self._asked = True

        signal.signal(number, handle)
        try:
            yield
        finally:
            signal.signal(number, signal.SIG_DFL)

    async def follow(self, client: "Client", backend: BackendName) -> bool:
        """Read the file again if a SIGHUP came, and change the servers of the client; say so on stderr.

        A file with a mistake changes nothing. A server that was given up is tried again. Returns whether
        `present` is new.
        """
        if not self._asked:
            return False
        self._asked = False
        try:
            wanted = await call_aside(backend, self._read)
            changes = await client.reconfigure(wanted)
            given_up = [key for key, each in client.servers.items() if each.given_up and key in wanted]
            again = [key for key in given_up if key not in changes.replaced]
            for key in again:
                await client.replace(wanted[key])
        except (NotReady, ConnectFailed):  # the client has ended meanwhile, and its events say so
            return False
        except (UsageProblem, AmiError, OSError) as error:
            print_stderr(f"the servers stay as they are: {sentence_of(error)}", timed=True)
            return False
        self.present = wanted
        print_stderr(f"{self._file} was read again: {_sentence(changes, again)}", timed=True)
        return True

    def _read(self) -> dict[ServerKey, ServerConfig]:
        return {key: self._adjust(each) for key, each in servers_of(self._file, self._globs).items()}


def _sentence(changes: FleetChanges, again: list[ServerKey]) -> str:
    parts = {
        "added": changes.added,
        "removed": changes.removed,
        "replaced": changes.replaced,
        "tried again": again,
    }
    said = [f"{what} {brief_names(keys)}" for what, keys in parts.items() if keys]
    return "; ".join(said) or "no server has changed"


def _has_terminal() -> bool:
    """Whether a standard stream is a terminal that was not closed."""
    return any(os.isatty(number) for number in range(3))
