"""Everything between the command line and a client that is ready: options, secret, certificates."""

import os
import sys
from dataclasses import dataclass
from getpass import GetPassWarning, getpass
from typing import Annotated, Any, Unpack
from warnings import catch_warnings, simplefilter

import typer

from ami_backends._secret import SECRET_SIZE_MAX, read_first_line, secret_of
from ami_backends._words import Options
from ami_backends.cli.exits import UsageProblem
from ami_backends.cli.target import Target
from ami_backends.selectors import Client, connect
from ami_proto import Tls

LOGIN_TIMEOUT_MIN = 2.0
"""Asterisk sleeps a second before it refuses a login; the engine allows no less than this."""

SecretFile = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Read the secret from the first line of this file; - is standard input."
    ),
]
CaFile = Annotated[
    str | None,
    typer.Option("--ca", metavar="FILE", help="Trust these certificates (PEM) instead of the system's."),
]
Insecure = Annotated[bool, typer.Option("--insecure", help="Do not verify the server's certificate.")]
ConnectTimeout = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", help="Patience with each step: connection, greeting, login (at least 2)."
    ),
]


@dataclass(frozen=True, slots=True)
class Login:
    """The options that every command with a target has."""

    secret_file: str | None
    ca_file: str | None
    insecure: bool
    connect_timeout: float | None

    def connect(self, target: Target, **options: Unpack[Options]) -> Client:
        """Return a client that is logged in at the target."""
        return connect(**self.words(target), **options)

    def words(self, target: Target) -> dict[str, Any]:
        """Return what to call `connect` with, on any driver. May read files, and ask at the prompt."""
        words: dict[str, Any] = {
            "host": target.host,
            "port": target.port,
            "username": target.username,
            "tls": self._tls(target),
            "key": str(target),
            "secret": read_secret(self.secret_file, target),
        }
        if (patience := self.connect_timeout) is not None:
            words |= {"connect_timeout": patience, "banner_timeout": patience}
            words["login_timeout"] = max(LOGIN_TIMEOUT_MIN, patience)
        return words

    def _tls(self, target: Target) -> Tls | None:
        if target.tls:
            if self.insecure and self.ca_file is not None:
                raise UsageProblem("--ca and --insecure exclude each other")
            if self.ca_file is not None:
                _readable_line(self.ca_file)  # one that cannot be read is told of by its name
            return Tls(ca_file=self.ca_file, verify=not self.insecure)
        for option, given in (("--ca", self.ca_file is not None), ("--insecure", self.insecure)):
            if given:
                raise UsageProblem(f"{option} needs TLS: a target that begins with amis://, or AMI_TLS=1")
        return None


def read_secret(secret_file: str | None, target: Target) -> str:
    """Return the secret: of the file, of AMI_SECRET, or as typed at the prompt."""
    if secret_file is not None:
        return _first_line(secret_file)
    if secret := os.environ.get("AMI_SECRET"):
        return secret
    if not sys.stdin.isatty():
        raise UsageProblem("no secret: set AMI_SECRET, or name a file with --secret-file")
    return _prompt(f"Secret of {target.username} at {target}: ")


def _first_line(path: str) -> str:
    line = sys.stdin.buffer.readline(SECRET_SIZE_MAX) if path == "-" else _readable_line(path)
    try:
        return secret_of(line)
    except ValueError as error:
        raise UsageProblem(str(error)) from None


def _readable_line(path: str) -> bytes:
    try:
        return read_first_line(path)
    except OSError as error:
        raise UsageProblem(f"{path}: {error.strerror}") from None


def _prompt(question: str) -> str:
    """Ask without echo; where echo cannot be turned off, do not ask at all."""
    try:
        with catch_warnings():
            simplefilter("error", GetPassWarning)
            secret = getpass(question)
    except (EOFError, GetPassWarning):
        secret = ""
    if not secret:
        raise UsageProblem("no secret was typed: set AMI_SECRET, or name a file with --secret-file")
    return secret
