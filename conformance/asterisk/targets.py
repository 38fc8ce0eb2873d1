"""The interface of a real server in tests: one that was provisioned, or the user's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn, Protocol

import pytest

from conformance.asterisk.provision import AsteriskUnavailable
from conformance.asterisk.raw import logged_in
from conformance.asterisk.server import ManagerAccount

AMI_PORT = 5038


class AsteriskTarget(Protocol):
    """A running Asterisk. On the user's own server, methods that would disturb it skip the test."""

    @property
    def host(self) -> str:
        """The address of AMI, plain and over TLS."""

    @property
    def port(self) -> int:
        """The port of plain AMI."""

    @property
    def tls_port(self) -> int:
        """The port of AMI over TLS."""

    @property
    def ca_file(self) -> Path:
        """The authority that signed the certificate of the TLS port."""

    @property
    def users(self) -> Mapping[str, ManagerAccount]:
        """The manager accounts: `admin`, `readonly`, `filtered` and `slow`."""

    @property
    def version(self) -> int:
        """The major version, such as 22."""

    def local(self, extension: str) -> str:
        """Return the channel that calls an extension of the provisioned dialplan."""

    def cli(self, command: str) -> str:
        """Run a command on Asterisk's command line and return what it wrote."""

    def start(self) -> None:
        """Start it and wait until it is fully booted."""

    def stop(self) -> None:
        """Stop it; a later `start` brings it back on the same ports."""

    def restart(self) -> None:
        """Let it restart itself and wait until it is back."""

    def kill(self) -> None:
        """Kill it at once."""

    def pause(self) -> None:
        """Freeze it: connections stay open, and it sends nothing."""

    def resume(self) -> None:
        """Let it run on."""

    def ensure_running(self) -> None:
        """Start it again after whatever a test did to it."""


class ExternalServer:
    """The user's own server, named by `--asterisk HOST:PORT`: it is only read, never stopped.

    Raises `AsteriskUnavailable` when it cannot be reached or refuses the login.
    """

    def __init__(self, address: str, user: ManagerAccount) -> None:
        self.host, self.port = split_address(address)
        self.users: Mapping[str, ManagerAccount] = _OnlyAdmin(admin=user)
        try:
            words = self.cli("core show version").split()
        except (OSError, EOFError) as error:
            raise AsteriskUnavailable(f"--asterisk {address}: {error}") from None
        self.version = int(words[1].removeprefix("GIT-").split(".")[0])

    @property
    def tls_port(self) -> int:
        """Skip the test: whether and where the user's server speaks TLS is not known."""
        _skip("its TLS port is not known")

    @property
    def ca_file(self) -> Path:
        """Skip the test: who signed the user's certificate is not known."""
        _skip("its certificate authority is not known")

    def local(self, extension: str) -> str:
        """Skip the test: the user's dialplan is not ours."""
        _skip(f"its dialplan need not have the extension `{extension}`")

    def cli(self, command: str) -> str:
        """Run a command through AMI, which needs write class `command`."""
        admin = self.users["admin"]
        with logged_in(self.host, self.port, admin.username, admin.secret) as session:
            return "\n".join(session.reply("Command", ("Command", command)).all("Output"))

    def start(self) -> None:
        """Do nothing: the user runs it."""

    def ensure_running(self) -> None:
        """Do nothing: nothing was done to it."""

    def stop(self) -> None:
        """Skip the test."""
        _skip("tests must not stop it")

    def restart(self) -> None:
        """Skip the test."""
        _skip("tests must not restart it")

    def kill(self) -> None:
        """Skip the test."""
        _skip("tests must not kill it")

    def pause(self) -> None:
        """Skip the test."""
        _skip("tests must not freeze it")

    def resume(self) -> None:
        """Do nothing: it was never frozen."""


class _OnlyAdmin(dict[str, ManagerAccount]):
    """The accounts of the user's server: only one is known."""

    def __missing__(self, name: str) -> NoReturn:
        _skip(f"it need not have an account `{name}`")


def split_address(address: str) -> tuple[str, int]:
    """Split HOST, HOST:PORT or [IPv6]:PORT. The default port is AMI's."""
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        port = rest.removeprefix(":")
    else:
        host, _, port = address.partition(":")
    if not host or (port and not port.isdecimal()):
        raise AsteriskUnavailable(f"--asterisk {address}: HOST:PORT is wanted")
    return host, int(port or AMI_PORT)


def _skip(reason: str) -> NoReturn:
    pytest.skip(f"--asterisk names the user's own server, and {reason}")
