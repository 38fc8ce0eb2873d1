"""Options that several commands share, and how they become the arguments of `connect`."""

import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import wraps
from getpass import GetPassWarning, getpass
from typing import Annotated, Any
from warnings import catch_warnings, simplefilter

import typer

from ami_backends.cli.exits import UsageProblem
from ami_backends.cli.target import LoginTarget
from ami_backends.configuration import SECRET_SIZE_MAX, decode_secret, read_first_line, warn_if_exposed
from ami_proto import Tls

LOGIN_TIMEOUT_MIN = 2.0
"""Asterisk sleeps a second before it refuses a login; `ServerConfig` allows no shorter `login_timeout`."""

TARGET_HELP = (
    "TARGET is ami://USER@HOST[:PORT], or amis:// for TLS. Without it, AMI_HOST, AMI_PORT, AMI_USERNAME and"
    " AMI_TLS name the server."
)

JsonOutput = Annotated[bool, typer.Option("--json", help="Write JSON, one object per line.")]
ReplyTimeout = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", help="Wait this long for the reply; 30 by default."),
]


@dataclass(frozen=True, slots=True)
class LoginOptions:
    """The options of every command that logs in: each field is one option, with typer's description of it.

    `with_login_options` adds them to a command.
    """

    secret_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Read the secret from the first line of FILE; - is standard input."
            " Otherwise it comes from AMI_SECRET or a prompt.",
        ),
    ] = None
    ca: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Trust the certificates in FILE (PEM) instead of the system's; default: AMI_TLS_CA_FILE.",
        ),
    ] = None
    server_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The name in the certificate, if it is not that of the host; default: AMI_TLS_SERVER_NAME.",
        ),
    ] = None
    insecure: Annotated[bool, typer.Option("--insecure", help="Do not verify the certificate.")] = False
    connect_timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Limit each step: the connection, the greeting, the login (at least 2), the end of a boot.",
        ),
    ] = None

    def arguments(self, target: LoginTarget) -> dict[str, Any]:
        """Return the arguments of `connect`, on any driver. May read files, and ask for the secret."""
        arguments: dict[str, Any] = {
            "host": target.host,
            "port": target.port,
            "username": target.username,
            "tls": self._tls(target),
            "key": str(target),
            "secret": self._secret(target),
        }
        if (timeout := self.connect_timeout) is not None:
            arguments |= {"connect_timeout": timeout, "banner_timeout": timeout, "boot_timeout": timeout}
            arguments["login_timeout"] = max(LOGIN_TIMEOUT_MIN, timeout)
        return arguments

    @property
    def first_given(self) -> str | None:
        """The first of these options that was given, as the user writes it."""
        given = (each.name for each in fields(self) if getattr(self, each.name) != each.default)
        return next((f"--{name.replace('_', '-')}" for name in given), None)

    def _tls(self, target: LoginTarget) -> Tls | None:
        """Return how to verify the server: as the options say, or else the environment."""
        given = {
            "--ca": self.ca is not None,
            "--server-name": self.server_name is not None,
            "--insecure": self.insecure,
        }
        tls = target.tls
        if tls is None:
            if any(given.values()):
                option = next(each for each in given if given[each])
                raise UsageProblem(f"{option} needs TLS: a target that begins with amis://, or AMI_TLS=1")
            return None
        if self.insecure and self.ca is not None:
            raise UsageProblem("--ca and --insecure exclude each other")
        if self.insecure:
            tls = replace(tls, verify=False, ca_file=None)
        if self.ca is not None:
            tls = replace(tls, verify=True, ca_file=self.ca)
        if self.server_name is not None:
            if not self.server_name.strip():
                raise UsageProblem("--server-name must not be blank")
            tls = replace(tls, server_name=self.server_name)
        if tls.ca_file is not None:
            require_readable(tls.ca_file)
        return tls

    def _secret(self, target: LoginTarget) -> str:
        if self.secret_file is not None:
            return _secret_in(self.secret_file)
        if secret := os.environ.get("AMI_SECRET"):
            return secret
        if not sys.stdin.isatty():
            raise UsageProblem("no secret: set AMI_SECRET, or name a file with --secret-file")
        return _ask(f"Secret of {target.username} at {target}: ")


def with_login_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `LoginOptions` in place of its parameter `login`.

    typer knows options only as parameters of a function, so the signature that it reads is made here.
    """

    @wraps(command)
    def run(**values: Any) -> None:  # noqa: ANN401 - typer's values, of any type
        login = LoginOptions(**{each.name: values.pop(each.name) for each in fields(LoginOptions)})
        command(login=login, **values)

    own = [each for each in inspect.signature(command).parameters.values() if each.name != "login"]
    added = [
        inspect.Parameter(
            each.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=each.default, annotation=each.type
        )
        for each in fields(LoginOptions)
    ]
    parameters = [*own, *added]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def require_positive(option: str, seconds: float | None) -> None:
    """Raise `UsageProblem` for a time limit that is not above 0."""
    if seconds is not None and not seconds > 0:  # NaN too
        raise UsageProblem(f"{option} must be above 0 seconds")


def _secret_in(path: str) -> str:
    try:
        line = sys.stdin.buffer.readline(SECRET_SIZE_MAX) if path == "-" else read_first_line(path)
        secret = decode_secret(line)
    except OSError as error:
        raise UsageProblem(
            f"{'standard input' if path == '-' else path}: {error.strerror or error}"
        ) from None
    except ValueError as error:
        raise UsageProblem(str(error)) from None
    if path != "-":
        warn_if_exposed(path)
    return secret


def require_readable(path: str) -> None:
    """Raise an error that names the file: OpenSSL's does not."""
    try:
        read_first_line(path)
    except OSError as error:
        raise UsageProblem(f"{path}: {error.strerror}") from None


def _ask(question: str) -> str:
    """Ask for the secret without echo. Where echo cannot be turned off, fail rather than show it."""
    try:
        with catch_warnings():
            simplefilter("error", GetPassWarning)  # getpass warns, and then reads with echo
            secret = getpass(question)
    except (EOFError, GetPassWarning):
        secret = ""
    if not secret:
        raise UsageProblem("no secret was typed: set AMI_SECRET, or name a file with --secret-file")
    return secret
