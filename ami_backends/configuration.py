"""Servers from a TOML file and the environment (R-CONF-02).

A file has defaults for all servers, and a table for each, merged key by key; `AMI_` variables go on top::

    [defaults]
    username = "ops"
    secret_file = "pbx.secret"

    [servers.pbx1]
    host = "10.0.0.5"

    [servers.pbx2]
    host = "10.0.0.6"
    tls = { ca_file = "ca.pem" }

The keys are those of `ServerConfig`, but for `key`, which is the name of the table. In place of `secret`,
`secret_file` names a file whose first line it is, and `secret_env` a variable that holds it, so that a file
need hold none.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial, reduce
from pathlib import Path
from typing import TypeGuard

from ami_backends._safe import safe
from ami_backends._secret import read_first_line, secret_of
from ami_backends._variables import overrides, variable_of
from ami_backends._words import as_words
from ami_proto import ConfigError, RequestError, ServerConfig, ServerKey, merged

__all__ = ["ConfigFileError", "as_words", "read_servers"]

SECRETS = ("secret", "secret_file", "secret_env")
"""Where the secret may come from; one of a layer takes the place of any of a lower one."""

DEFAULT_PORT = ServerConfig.from_mapping({"key": "-", "host": "-", "username": "-", "secret": ""}).port

Options = Mapping[str, object]


class ConfigFileError(RequestError, ValueError):
    """A file or variable cannot be used as it is: where, and what is wrong with it, in one line."""

    def __init__(self, sentence: str) -> None:
        super().__init__(safe(sentence))


@dataclass(frozen=True, slots=True)
class _Layer:
    """Options from one place. Later layers go over earlier ones."""

    options: Options = field(repr=False)
    place: Callable[[str], str]
    """Where a key of these stands, for an error: `FILE: [servers.NAME]`, or a variable."""
    folder: Path = Path()
    """What relative paths are relative to."""

    def has(self, key: str) -> bool:
        """Whether a key, or a key of a table in it (`tls.verify`), stands here."""
        table, _, inner = key.partition(".")
        value = self.options.get(table)
        return table in self.options and (not inner or (isinstance(value, Mapping) and inner in value))


def read_servers(
    path: str | os.PathLike[str] | None = None, environment: Mapping[str, str] | None = None
) -> dict[ServerKey, ServerConfig]:
    """Return every server that a file and the environment configure, by its key.

    Without a file, the environment has one server. Raises `ConfigFileError`.
    """
    environment = os.environ if environment is None else environment
    if path is None:
        return _read_environment(environment)
    file, folder = os.fspath(path), Path(path).parent
    defaults, tables = _tables(file, _load(file))
    variables = _checked_overrides(environment, tuple(tables))
    if "host" in variables[None] and len(tables) > 1:
        raise ConfigFileError(f"AMI_HOST: names one server, and {file} has {len(tables)}")
    servers = {}
    for key, table in tables.items():
        layers = [
            _Layer(_anchored(defaults, folder), partial(_place, f"{file}: [defaults]"), folder),
            _Layer(_anchored(table, folder), partial(_place, f"{file}: [servers.{key}]"), folder),
            _Layer(variables[None], partial(variable_of, None)),
            _Layer(variables[key], partial(variable_of, key)),
        ]
        servers[key] = _server(key, layers, environment, f"{file}: [servers.{key}]")
    return servers


def _read_environment(environment: Mapping[str, str]) -> dict[ServerKey, ServerConfig]:
    options = _checked_overrides(environment, ())[None]
    if "host" not in options:
        raise ConfigFileError("no server is configured: name a file, or set AMI_HOST")
    key = f"{options['host']}:{options.get('port', DEFAULT_PORT)}"
    return {key: _server(key, [_Layer(options, partial(variable_of, None))], environment, "environment")}


def _checked_overrides(
    environment: Mapping[str, str], keys: tuple[ServerKey, ...]
) -> dict[ServerKey | None, dict[str, object]]:
    try:
        return overrides(environment, keys)
    except ValueError as error:
        raise ConfigFileError(str(error)) from None


# -- a file


def _load(file: str) -> dict[str, object]:
    try:
        with open(file, "rb") as stream:
            text = stream.read().decode("utf-8-sig")  # some editors begin with a byte order mark
        return tomllib.loads(text)
    except OSError as error:
        raise ConfigFileError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigFileError(f"{file}: byte {error.start} is not UTF-8") from None
    except RecursionError:
        raise ConfigFileError(f"{file}: is nested too deeply") from None
    except ValueError as error:  # no TOML, a number with too many digits, or no name of a file
        raise ConfigFileError(f"{file}: {error}") from None


def _tables(file: str, document: Options) -> tuple[Options, dict[ServerKey, Options]]:
    """Return the defaults, and the table of each server."""
    for name, table in document.items():
        if name not in ("defaults", "servers"):
            raise ConfigFileError(f"{file}: {name}: unknown; there are [defaults] and [servers.NAME]")
        if not _is_table(table):
            raise ConfigFileError(f"{file}: {name} must be a table")
    servers, tables = document.get("servers"), dict[ServerKey, Options]()
    if not _is_table(servers) or not servers:
        raise ConfigFileError(f"{file}: no server: write a table [servers.NAME] for each")
    for key, table in servers.items():
        if not _is_table(table):
            raise ConfigFileError(f"{file}: [servers]: {key} must be a table: write [servers.NAME]")
        tables[key] = table
    defaults = document.get("defaults", {})
    return (defaults if _is_table(defaults) else {}), tables


def _anchored(options: Options, folder: Path) -> Options:
    """Return the options of a table, with a relative path of certificates seen from the file's folder."""
    tls = options.get("tls")
    if not _is_table(tls) or not isinstance(ca_file := tls.get("ca_file"), str) or not ca_file.strip():
        return options
    return {**options, "tls": {**tls, "ca_file": str(folder / ca_file)}}


def _place(place: str, _key: str) -> str:
    return place


def _is_table(value: object) -> TypeGuard[Options]:
    return isinstance(value, Mapping)


# -- one server


def _server(key: ServerKey, layers: list[_Layer], environment: Mapping[str, str], place: str) -> ServerConfig:
    """Return what the layers make of one server; an error names the one to blame, or else the place."""
    options: dict[str, object] = reduce(merged, (each.options for each in layers), {})
    try:
        if "key" in options:
            raise ConfigError("key", "...", "is not for a file to say: it is the name of the table")
        secret = _secret(layers, environment)
        for name in SECRETS:
            options.pop(name, None)
        if secret is not None:
            options["secret"] = secret
        return ServerConfig.from_mapping({**options, "key": key})
    except ConfigError as error:
        blamed = [each for each in layers if each.has(error.key)]
        where = blamed[-1].place(error.key) if blamed else place
        raise ConfigFileError(f"{where}: {error}") from None


def _secret(layers: list[_Layer], environment: Mapping[str, str]) -> object:
    """Return the secret that the topmost layer with one has or names; None where there is none."""
    for layer in reversed(layers):
        given = [name for name in SECRETS if name in layer.options]
        if len(given) > 1:
            raise ConfigError(given[1], "...", f"excludes {given[0]}, which stands there as well")
        if given:
            return _resolved(given[0], layer, environment)
    return None


def _resolved(name: str, layer: _Layer, environment: Mapping[str, str]) -> object:
    value = layer.options[name]
    if name == "secret":
        return value
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ConfigError(name, "...", "must be text")
    if name == "secret_file":
        return _read_secret(layer.folder / value)
    secret = environment.get(value)
    if not secret:
        raise ConfigError(name, "...", "the variable that it names is not set")
    return secret


def _read_secret(path: Path) -> str:
    try:
        return secret_of(read_first_line(path))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError("secret_file", str(path), why or "cannot be read") from None
