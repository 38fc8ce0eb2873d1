"""Environment variables -> options: `AMI_PORT` for all servers, `AMI_SERVERS_NAME_PORT` for one."""

import re
from collections.abc import Mapping
from dataclasses import fields

from ami_proto import TRUE, ServerConfig, ServerKey, Tls

PREFIX = "AMI_"
SERVER_PREFIX = "AMI_SERVERS_"

_NOT_SETTABLE = ("key", "setup", "redact_names", "redact_values")
"""What is the name of a table, or a list."""

_FILES_ONLY = ("AMI_REDACT_NAMES", "AMI_REDACT_VALUES")

KEYS = (
    *(each.name for each in fields(ServerConfig) if each.name not in _NOT_SETTABLE),
    *(f"tls.{each.name}" for each in fields(Tls)),
    "secret_file",
    "secret_env",
)


def variable_of(server: ServerKey | None, key: str) -> str:
    """Return the variable of a server's key: what is neither letter nor digit is `_` in it."""
    prefix = PREFIX if server is None else f"{SERVER_PREFIX}{re.sub('[^A-Z0-9]', '_', server.upper())}_"
    return prefix + key.upper().replace(".", "_")


def overrides(
    environment: Mapping[str, str], servers: tuple[ServerKey, ...]
) -> dict[ServerKey | None, dict[str, object]]:
    """Return what the variables say, by server; under None what they say of every one.

    A blank variable is none, and one that merely begins with `AMI_` may be another program's. Raises
    `ValueError` where one names no server or key, or two servers.
    """
    meanings = _meanings(servers)
    found: dict[ServerKey | None, dict[str, object]] = {None: {}, **{server: {} for server in servers}}
    for name, text in sorted(environment.items()):  # AMI_TLS comes before AMI_TLS_VERIFY
        if not text.strip():
            continue
        if name in _FILES_ONLY:  # left alone, it would be taken for obeyed, and nothing be masked
            raise ValueError(f"{name}: lists are for files only")
        meant = meanings.get(name, [])
        if len(meant) > 1:
            raise ValueError(f"{name}: may mean {' or '.join(repr(server) for server, _ in meant)}")
        if not meant and servers and name.startswith(SERVER_PREFIX):
            raise ValueError(f"{name}: no server and key are called so")
        for server, key in meant:
            _put(found[server], key, text)
    return found


def _meanings(servers: tuple[ServerKey, ...]) -> dict[str, list[tuple[ServerKey | None, str]]]:
    """Return which server and key each variable may mean."""
    meanings: dict[str, list[tuple[ServerKey | None, str]]] = {}
    for server in (None, *servers):
        for key in KEYS:
            meanings.setdefault(variable_of(server, key), []).append((server, key))
    return meanings


def _put(options: dict[str, object], key: str, text: str) -> None:
    """Set a key, or one in a table. `AMI_TLS=1` adds no more to a table than that there is TLS."""
    table, _, inner = key.partition(".")
    if key == "tls" and text.strip().lower() in TRUE:
        options[key] = {}
    elif not inner:
        options[key] = text
    elif isinstance(inside := options.setdefault(table, {}), dict):  # else `AMI_TLS=0` has said all
        inside[inner] = text
