"""The server to connect to and the user to log in as, from `ami://user@host[:port]` or the environment.

No error quotes any part of a target: someone may have put a password there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from ami_backends.cli.exits import UsageProblem
from ami_backends.configuration import environment_options, variable_of
from ami_proto import ConfigError, ServerConfig, Tls

PORT_PLAIN = 5038
PORT_TLS = 5039
"""Asterisk's defaults of `port` and `tlsbindaddr` in manager.conf."""

TLS_BY_SCHEME = {"ami": False, "amis": True}

_FORM = "ami://user@host[:port] or amis://user@host[:port]"


@dataclass(frozen=True, slots=True)
class LoginTarget:
    """A server's address, and the user to log in as."""

    host: str
    port: int
    username: str
    tls: Tls | None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def take_target(words: Sequence[str], environment: Mapping[str, str]) -> tuple[LoginTarget, list[str]]:
    """Return the target and the remaining words.

    The first word is the target if it contains `://`; otherwise the environment names the target.
    """
    if words and "://" in words[0]:
        return parse_target(words[0], environment), list(words[1:])
    return environment_target(environment), list(words)


def parse_target(text: str, environment: Mapping[str, str]) -> LoginTarget:
    """Parse a target URL. Where it names no user, `AMI_USERNAME` does. Raises `UsageProblem`."""
    try:
        url = urlsplit(text)
        password, username, host = url.password, url.username, url.hostname
    except ValueError:
        raise UsageProblem(f"the target cannot be read; write {_FORM}, an IPv6 host in brackets") from None
    if password is not None:
        raise UsageProblem(
            "a target must not contain the secret, because every user of this machine can read it in the list"
            " of processes: use AMI_SECRET, --secret-file, or the prompt"
        )
    if url.scheme not in TLS_BY_SCHEME:
        raise UsageProblem(f"the target's scheme is neither ami nor amis; write {_FORM}")
    if url.path not in ("", "/") or url.query or url.fragment:
        raise UsageProblem(f"the target has something after host and port; write {_FORM}")
    if not host:
        raise UsageProblem(f"the target names no host; write {_FORM}")
    tls = _environment_tls(environment) if TLS_BY_SCHEME[url.scheme] else None
    name = unquote(username or "", errors="surrogateescape") or environment.get("AMI_USERNAME", "")
    if not name:
        raise UsageProblem(f"the target names no user; write {_FORM}, or set AMI_USERNAME")
    return LoginTarget(host, _url_port(url) or _default_port(tls), name, tls)


def environment_target(environment: Mapping[str, str]) -> LoginTarget:
    """Return the target that AMI_HOST, AMI_PORT, AMI_USERNAME and AMI_TLS name. Raises `UsageProblem`."""
    options = environment_options(environment)
    if "host" not in options:
        raise UsageProblem(f"no target: write {_FORM}, or set AMI_HOST and AMI_USERNAME")
    if "username" not in options:
        raise UsageProblem("AMI_HOST is set, AMI_USERNAME is not")
    given = {key: value for key, value in options.items() if key in ("port", "username", "tls")}
    config = _checked({**given, "host": str(options["host"]).strip()})
    port = config.port if "port" in given else _default_port(config.tls)
    return LoginTarget(config.host, port, config.username, config.tls)


def _environment_tls(environment: Mapping[str, str]) -> Tls | None:
    """Return TLS as AMI_TLS_CA_FILE and its like set it up, whatever AMI_TLS says: the URL demands TLS."""
    options = environment_options({**environment, "AMI_TLS": "1"})
    return _checked({"host": "-", "username": "-", "tls": options["tls"]}).tls


def _checked(options: Mapping[str, object]) -> ServerConfig:
    """Return options of the environment as a configuration without a secret. Raises `UsageProblem`."""
    try:
        return ServerConfig.from_mapping({"key": "-", "secret": "", **options})
    except ConfigError as error:
        raise UsageProblem(f"{variable_of(None, error.key)}: {error.rule}") from None


def _url_port(url: SplitResult) -> int | None:
    try:
        port = url.port
    except ValueError:
        port = 0
    if port == 0:
        raise UsageProblem("the target's port must be a number from 1 to 65535")
    return port


def _default_port(tls: Tls | None) -> int:
    return PORT_PLAIN if tls is None else PORT_TLS
