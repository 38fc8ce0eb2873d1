"""Which server, as whom: from `ami://user@host[:port]`, or from the environment.

A target may hold a password that does not belong there, so no error repeats any part of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from ami_backends.cli.exits import UsageProblem

PORT_PLAIN = 5038
PORT_TLS = 5039
"""`port` and `tlsbindaddr` of manager.conf, by default."""

_SCHEMES = {"ami": False, "amis": True}
"""Whether each scheme means TLS."""

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("", "0", "false", "no", "off")

_FORM = "ami://user@host[:port] or amis://user@host[:port]"


@dataclass(frozen=True, slots=True)
class Target:
    """A server and the user to log in as."""

    host: str
    port: int
    username: str
    tls: bool

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def take_target(words: Sequence[str], environment: Mapping[str, str]) -> tuple[Target, list[str]]:
    """Return the target, and the words that are left.

    The first word is the target if it holds `://`; else the environment has it, and no word is taken.
    """
    if words and "://" in words[0]:
        return parse_target(words[0], environment), list(words[1:])
    return environment_target(environment), list(words)


def parse_target(text: str, environment: Mapping[str, str]) -> Target:
    """Return the target that a URL names; a user that it does not name is `AMI_USERNAME`."""
    try:
        url = urlsplit(text)
        password, username, host = url.password, url.username, url.hostname
    except ValueError:
        raise UsageProblem(f"the target cannot be read; write {_FORM}, an IPv6 host in brackets") from None
    if password is not None or ":" in url.netloc.rpartition("@")[0]:
        raise UsageProblem(
            "a target must not hold the secret, which everybody could read in the list of processes:"
            " use AMI_SECRET, --secret-file, or the prompt"
        )
    if url.scheme not in _SCHEMES:
        raise UsageProblem(f"the target's scheme is neither ami nor amis; write {_FORM}")
    if url.path not in ("", "/") or url.query or url.fragment:
        raise UsageProblem(f"the target has something behind host and port; write {_FORM}")
    if not host:
        raise UsageProblem(f"the target names no host; write {_FORM}")
    tls = _SCHEMES[url.scheme]
    name = unquote(username or "", errors="surrogateescape") or environment.get("AMI_USERNAME", "")
    if not name:
        raise UsageProblem(f"the target names no user; write {_FORM}, or set AMI_USERNAME")
    return Target(host, _url_port(url) or _default_port(tls), name, tls)


def environment_target(environment: Mapping[str, str]) -> Target:
    """Return the target that AMI_HOST, AMI_PORT, AMI_USERNAME and AMI_TLS name."""
    host = environment.get("AMI_HOST", "").strip()
    if not host:
        raise UsageProblem(f"no target: write {_FORM}, or set AMI_HOST and AMI_USERNAME")
    username = environment.get("AMI_USERNAME", "")
    if not username:
        raise UsageProblem("AMI_HOST is set, AMI_USERNAME is not")
    tls_text = environment.get("AMI_TLS", "").strip().lower()
    if tls_text not in _TRUE + _FALSE:
        raise UsageProblem("AMI_TLS must be 1 or 0")
    tls = tls_text in _TRUE
    port_text = environment.get("AMI_PORT", "").strip()
    if port_text and not (port_text.isascii() and port_text.isdecimal() and 1 <= int(port_text) <= 65535):
        raise UsageProblem("AMI_PORT must be a number from 1 to 65535")
    return Target(host, int(port_text) if port_text else _default_port(tls), username, tls)


def _url_port(url: SplitResult) -> int | None:
    """Return the port, None where the URL has none."""
    try:
        port = url.port
    except ValueError:
        port = 0
    if port == 0:
        raise UsageProblem("the target's port must be a number from 1 to 65535")
    return port


def _default_port(tls: bool) -> int:
    return PORT_TLS if tls else PORT_PLAIN
