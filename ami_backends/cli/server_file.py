"""The servers of a configuration file, as `--config` and `--server` choose them."""

from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Annotated

import typer

from ami_backends.cli.exits import UsageProblem
from ami_backends.cli.options import LoginOptions, require_readable
from ami_backends.configuration import read_servers
from ami_proto import ServerConfig
from ami_proto.drivers import ServerKey, brief_names

FILE_HELP = "A TOML file with a table [servers.NAME] for each server"

ServersFile = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help=f"{FILE_HELP}, in place of TARGET.")
]
RequiredServersFile = Annotated[
    str, typer.Option("--config", metavar="FILE", help=f"{FILE_HELP}.", show_default=False)
]
ServerGlobs = Annotated[
    list[str] | None,
    typer.Option(
        "--server",
        metavar="GLOB",
        help="Of the file's servers, only those whose name matches; * and ? are wildcards."
        " May be given more than once.",
    ),
]
ServerName = Annotated[
    str | None,
    typer.Option("--server", metavar="NAME", help="The server of the file; not needed if it has only one."),
]


def servers_of(file: str, globs: list[str] | None = None) -> dict[ServerKey, ServerConfig]:
    """Return the servers of a file that match one of these globs, without globs all of them.

    Raises `ConfigFileError` for the file, and `UsageProblem` for a glob that no server matches.
    """
    servers = read_servers(file)
    chosen = servers if not globs else _matching(file, servers, globs)
    for config in chosen.values():
        _require_certificates(config)
    return chosen


def server_of(file: str, name: str | None) -> ServerConfig:
    """Return the server of a file with this name, or its only one. Raises as `servers_of`."""
    servers = read_servers(file)
    if name is None:
        if len(servers) > 1:
            raise UsageProblem(f"{file} has {len(servers)} servers: choose one with --server NAME")
        (name,) = servers
    if name not in servers:
        raise _no_match(file, servers, name)
    _require_certificates(servers[name])
    return servers[name]


def refuse_mixed(
    config: str | None, server: list[str] | str | None, target: str | None, login: LoginOptions
) -> None:
    """Raise `UsageProblem` where options of a file and of a single server are mixed."""
    if config is None:
        if server:
            raise UsageProblem("--server chooses from a file: name it with --config")
        return
    if target is not None:
        raise UsageProblem("--config and a target exclude each other")
    if (option := login.first_given) is not None:
        raise UsageProblem(f"--config and {option} exclude each other: write it into the file")


def _matching(
    file: str, servers: dict[ServerKey, ServerConfig], globs: list[str]
) -> dict[ServerKey, ServerConfig]:
    """Return the servers that match, in the order of the file."""
    for glob in globs:
        if not any(fnmatchcase(key, glob) for key in servers):
            raise _no_match(file, servers, glob)
    return {key: config for key, config in servers.items() if any(fnmatchcase(key, glob) for glob in globs)}


def _require_certificates(config: ServerConfig) -> None:
    if config.tls is not None and config.tls.ca_file is not None:
        require_readable(config.tls.ca_file)


def _no_match(file: str, servers: dict[ServerKey, ServerConfig], name: str) -> UsageProblem:
    close = get_close_matches(name, servers, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"it has {brief_names(servers)}"
    return UsageProblem(f"{file} has no server {name!r}: {hint}")
