"""Servers from a TOML file and the environment (R-CONF-02).

A file has defaults for all servers and a table for each, merged key by key; `AMI_` variables override both::

    [defaults]
    username = "ops"
    secret_file = "pbx.secret"

    [servers.pbx1]
    host = "10.0.0.5"

    [servers.pbx2]
    host = "10.0.0.6"
    tls = { ca_file = "ca.pem" }

The keys are those of `ServerConfig` except `key`, which is the name of the table. To keep the secret out of
the file, `secret_file` names a file whose first line is the secret, and `secret_env` names a variable.
"""

import logging
import os
import re
import stat
import tomllib
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial, reduce
from pathlib import Path
from typing import TypeGuard

from ami_backends.clients.arguments import as_words
from ami_backends.sessions.log_records import DriverLog, log_fields
from ami_backends.sessions.printable import safe
from ami_proto import ConfigError, RequestError, ServerConfig, Tls
from ami_proto.drivers import TRUE, ServerKey, merged

__all__ = ["ConfigFileError", "as_words", "read_servers"]

CONFIGURATION_LOGGER = logging.getLogger(__name__)
"""Warns of secret files that others can read."""

SECRET_KEYS = ("secret", "secret_file", "secret_env")
"""Where the secret comes from. One of these in an upper layer replaces any of them in a lower one."""

SECRET_SIZE_MAX = 4096
"""Bytes read of a secret file: four times what Asterisk takes in a line. The file may be /dev/zero."""

VARIABLE_PREFIX = "AMI_"
SERVER_VARIABLE_PREFIX = "AMI_SERVERS_"

FILE_ONLY_KEYS = ("key", "setup", "redact_names", "redact_values")
"""Keys without a variable: the name of the table, and lists."""

REFUSED_VARIABLES = (
    "AMI_REDACT_NAMES",
    "AMI_REDACT_VALUES",
    "AMI_POLICY_PROFILE",
    "AMI_POLICY_ALLOW",
    "AMI_POLICY_APPLICATIONS",
    "AMI_POLICY_CONTEXTS",
    "AMI_POLICY_COMMANDS",
)
"""Variables that are no options. If they were ignored, secrets would stay in the log, or a policy would allow
more than its author meant."""

VARIABLE_KEYS = (
    *(each.name for each in fields(ServerConfig) if each.name not in FILE_ONLY_KEYS),
    *(f"tls.{each.name}" for each in fields(Tls)),
    "secret_file",
    "secret_env",
)

KNOWN_KEYS = {each.name for each in fields(ServerConfig)}.union(SECRET_KEYS)
"""The keys of a server's table."""

OptionTable = Mapping[str, object]


class ConfigFileError(RequestError, ValueError):
    """A file or a variable cannot be used as it is. The text is one line: where, and what is wrong."""

    def __init__(self, sentence: str) -> None:
        super().__init__(safe(sentence))


@dataclass(frozen=True, slots=True)
class _Layer:
    """Options from one place. Upper layers override lower ones."""

    options: OptionTable = field(repr=False)
    place: Callable[[str], str]
    """From a key to where it is written, for errors: `FILE: [servers.NAME]`, or the variable."""
    folder: Path = Path()
    """The folder that relative paths start from."""

    @property
    def secret_file(self) -> Path | None:
        """The file that it names for the secret."""
        name = self.options.get("secret_file")
        return self.folder / name if isinstance(name, str) else None

    def has(self, key: str) -> bool:
        """Whether this layer sets a key, or a key of a table in it (`tls.verify`).

        An error names an unknown key only if it is close to a known one; otherwise its key is empty.
        """
        if not key:
            return not self.options.keys() <= KNOWN_KEYS
        table, _, inner = key.partition(".")
        value = self.options.get(table)
        return table in self.options and (not inner or (isinstance(value, Mapping) and inner in value))


def read_servers(
    path: str | os.PathLike[str] | None = None, environment: Mapping[str, str] | None = None
) -> dict[ServerKey, ServerConfig]:
    """Return every server that a file and the environment configure, by key.

    Without a path, the environment configures one server, with the key `host:port`. `environment` is
    `os.environ` by default. Raises `ConfigFileError`.
    """
    environment = os.environ if environment is None else environment
    if path is None:
        return _read_environment(environment)
    file, folder = os.fspath(path), Path(path).parent
    defaults, tables = _tables(file, _load(file))
    variables = _variables(environment, tuple(tables))
    if "host" in variables[None] and len(tables) > 1:
        raise ConfigFileError(f"AMI_HOST: names one server, and {file} has {len(tables)}")
    servers = {}
    secret_files: dict[Path, None] = {}  # for the order; many servers may share one
    for key, table in tables.items():
        layers = [
            _Layer(_anchored(defaults, folder), partial(_place, f"{file}: [defaults]"), folder),
            _Layer(_anchored(table, folder), partial(_place, f"{file}: [servers.{key}]"), folder),
            _Layer(variables[None], partial(variable_of, None)),
            _Layer(variables[key], partial(variable_of, key)),
        ]
        servers[key] = _server(key, layers, environment, f"{file}: [servers.{key}]")
        secret_files |= dict.fromkeys(each.secret_file for each in layers if each.secret_file is not None)
    for secret_file in secret_files:
        warn_if_exposed(secret_file)
    return servers


def _read_environment(environment: Mapping[str, str]) -> dict[ServerKey, ServerConfig]:
    options = environment_options(environment)
    if "host" not in options:
        raise ConfigFileError("no server is configured: name a file, or set AMI_HOST")
    config = _server("-", [_Layer(options, partial(variable_of, None))], environment, "environment")
    key = f"{config.host}:{config.port}"
    return {key: replace(config, key=key)}


# -- the file


def _load(file: str) -> dict[str, object]:
    try:
        with open(file, "rb") as stream:
            text = stream.read().decode("utf-8-sig")  # editors on Windows write a byte order mark
        return tomllib.loads(text)
    except OSError as error:
        raise ConfigFileError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigFileError(f"{file}: byte {error.start} is not UTF-8") from None
    except RecursionError:
        raise ConfigFileError(f"{file}: is nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigFileError(f"{file}: {_without_names(str(error))}") from None
    except ValueError as error:  # a number with too many digits, or a file name with a null byte
        raise ConfigFileError(f"{file}: {error}") from None


# What an error of `tomllib` quotes, from the first quote to the last: a key, or the tuple of a table's keys.
_QUOTED = re.compile(r"""['"(].*['")]""", re.DOTALL)
_CHARACTER = re.compile(r"'\\?.'")


def _without_names(said: str) -> str:
    """Return an error of `tomllib` without the names in it: one may be a secret in the wrong place.

    A single character is kept: `Expected '=' after a key`.
    """
    what, at, place = said.rpartition(" (at ")
    return _QUOTED.sub(lambda it: it[0] if _CHARACTER.fullmatch(it[0]) else "(not shown)", what) + at + place


def _tables(file: str, document: OptionTable) -> tuple[OptionTable, dict[ServerKey, OptionTable]]:
    """Return the defaults, and the table of each server."""
    for name, table in document.items():
        if name not in ("defaults", "servers"):
            unknown = ConfigError.unknown_key(name, ("defaults", "servers"))
            raise ConfigFileError(f"{file}: only [defaults] and [servers.NAME] are allowed: {unknown}")
        if not _is_table(table):
            raise ConfigFileError(f"{file}: {name} must be a table")
    servers, tables = document.get("servers"), dict[ServerKey, OptionTable]()
    if not _is_table(servers) or not servers:
        raise ConfigFileError(f"{file}: no server: write a table [servers.NAME] for each")
    for key, table in servers.items():
        if not _is_table(table):
            what = (
                f"{key} is" if key in KNOWN_KEYS else "something (not shown, because it may be a secret) is"
            )
            raise ConfigFileError(f"{file}: [servers]: {what} not in a table: write [servers.NAME]")
        tables[key] = table
    defaults = document.get("defaults", {})
    return (defaults if _is_table(defaults) else {}), tables


def _anchored(options: OptionTable, folder: Path) -> OptionTable:
    """Return a file's options with a relative `tls.ca_file` made relative to the file's folder.

    `secret_file` needs no such change: `_secret` reads it, and knows the folder.
    """
    tls = options.get("tls")
    if not _is_table(tls) or not isinstance(ca_file := tls.get("ca_file"), str) or not ca_file.strip():
        return options
    return {**options, "tls": {**tls, "ca_file": str(folder / ca_file)}}


def _place(place: str, _key: str) -> str:
    return place


def _is_table(value: object) -> TypeGuard[OptionTable]:
    return isinstance(value, Mapping)


# -- the environment: `AMI_PORT` for all servers, `AMI_SERVERS_NAME_PORT` for one


def environment_options(environment: Mapping[str, str]) -> dict[str, object]:
    """Return the options that variables set for all servers. Raises `ConfigFileError`."""
    return _variables(environment, ())[None]


def _variables(
    environment: Mapping[str, str], servers: tuple[ServerKey, ...]
) -> dict[ServerKey | None, dict[str, object]]:
    """Return the options that variables set, by server; under None those for all servers.

    A blank variable counts as not set. An unknown one is ignored: another program may use the prefix `AMI_`.
    Under `AMI_SERVERS_` it is an error, if the file has servers, and so is a variable that fits two of them.
    """
    meanings = _meanings(servers)
    found: dict[ServerKey | None, dict[str, object]] = {None: {}, **{server: {} for server in servers}}
    for name, text in sorted(environment.items()):  # AMI_TLS comes before AMI_TLS_VERIFY
        if not text.strip():
            continue
        if name in REFUSED_VARIABLES:
            instead = "AMI_POLICY takes a profile" if "POLICY" in name else "lists are for files only"
            raise ConfigFileError(f"{name}: {instead}")
        meant = meanings.get(name, [])
        if len(meant) > 1:
            raise ConfigFileError(f"{name}: may mean {' or '.join(repr(server) for server, _ in meant)}")
        if not meant and servers and name.startswith(SERVER_VARIABLE_PREFIX):
            raise ConfigFileError(f"{name}: matches no server and key")
        for server, key in meant:
            _put(found[server], key, text)
    return found


def _meanings(servers: tuple[ServerKey, ...]) -> dict[str, list[tuple[ServerKey | None, str]]]:
    """Return the server and key of each variable. Names may coincide: `pbx-2` and `PBX_2`."""
    meanings: dict[str, list[tuple[ServerKey | None, str]]] = {}
    for server in (None, *servers):
        for key in VARIABLE_KEYS:
            meanings.setdefault(variable_of(server, key), []).append((server, key))
    return meanings


def variable_of(server: ServerKey | None, key: str) -> str:
    """Return the variable of a key. Every character but A-Z and 0-9 becomes `_`."""
    prefix = (
        VARIABLE_PREFIX
        if server is None
        else f"{SERVER_VARIABLE_PREFIX}{re.sub('[^A-Z0-9]', '_', server.upper())}_"
    )
    return prefix + key.upper().replace(".", "_")


def _put(options: dict[str, object], key: str, text: str) -> None:
    """Set a key, or a key in the table `tls`.

    `AMI_TLS=1` becomes an empty table, so that it keeps the certificates of a lower layer. After `AMI_TLS=0`
    the other variables of `tls` have no effect.
    """
    table, _, inner = key.partition(".")
    if key == "tls" and text.strip().lower() in TRUE:
        options[key] = {}
    elif not inner:
        options[key] = text
    elif isinstance(inside := options.setdefault(table, {}), dict):
        inside[inner] = text


# -- one server


def _server(key: ServerKey, layers: list[_Layer], environment: Mapping[str, str], place: str) -> ServerConfig:
    """Merge the layers of one server.

    An error names the place of the uppermost layer with the wrong key, or `place` if no layer has the key.
    """
    options: dict[str, object] = reduce(merged, (each.options for each in layers), {})
    try:
        if "key" in options:
            raise ConfigError("key", "cannot be set: the name of the table is the key")
        secret = _secret(layers, environment)
        for name in SECRET_KEYS:
            options.pop(name, None)
        if secret is not None:
            options["secret"] = secret
        return ServerConfig.from_mapping({**options, "key": key})
    except ConfigError as error:
        blamed = [each for each in layers if each.has(error.key)]
        where = blamed[-1].place(error.key) if blamed else place
        raise ConfigFileError(f"{where}: {error}") from None


def _secret(layers: list[_Layer], environment: Mapping[str, str]) -> object:
    """Return the secret of the uppermost layer that has or names one; None if none does."""
    for layer in reversed(layers):
        given = [name for name in SECRET_KEYS if name in layer.options]
        if len(given) > 1:
            raise ConfigError(given[1], f"excludes {given[0]}, which is set there as well")
        if given:
            return _resolved(given[0], layer, environment)
    return None


def _resolved(name: str, layer: _Layer, environment: Mapping[str, str]) -> object:
    value = layer.options[name]
    if name == "secret":
        return value
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ConfigError(name, "must be text")
    if name == "secret_file":
        return _read_secret(layer.folder / value)
    secret = environment.get(value)
    if not secret:
        raise ConfigError(name, "the variable that it names is not set")
    return secret


def _read_secret(path: Path) -> str:
    try:
        return decode_secret(read_first_line(path))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError("secret_file", why or "cannot be read") from None


def read_first_line(path: str | os.PathLike[str]) -> bytes:
    """Return the first line of a file, at most `SECRET_SIZE_MAX` bytes of it. Raises `OSError`."""
    with open(path, "rb") as file:
        return file.readline(SECRET_SIZE_MAX)


def decode_secret(line: bytes) -> str:
    """Return a line of a secret file as text, without its line end. Raises `ValueError` if it is empty.

    A byte order mark, which editors on Windows write, is no part of the secret. Bytes that are not UTF-8
    become surrogates, as everywhere in the library.
    """
    if not (secret := line.removeprefix(BOM_UTF8).rstrip(b"\r\n")):
        raise ValueError("the first line of the secret file is empty")
    return secret.decode("utf-8", "surrogateescape")


def warn_if_exposed(path: str | os.PathLike[str]) -> None:
    """Log a warning if every user of this machine may read a secret file."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):  # the attempt to read it says why
        return
    if os.name == "posix" and stat.S_ISREG(mode) and mode & stat.S_IROTH:
        sentence = f"every user of this machine can read the secret file {os.fspath(path)}"
        DriverLog(logger=CONFIGURATION_LOGGER).warning(sentence, log_fields(None))
