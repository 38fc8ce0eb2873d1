"""The folder of one running Asterisk: configuration, certificate, sockets, database and logs.

It is inside the tree, since Asterisk runs in a chroot, and has a name of its own: any number of servers, of
any number of test runs, share one tree. A lock that is held for its lifetime tells a living folder from one
that a killed test run left; the next run removes the latter.
"""

import errno
import fcntl
import os
import random
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from string import Template
from typing import Self, TextIO

import trustme

CONFIG = Path(__file__).with_name("config")

LOOPBACK = "127.0.0.1"

INSTANCES = PurePosixPath("/srv/ami")
"""Parent of the instances' folders in a tree. Short: the path of a Unix socket has at most 107 bytes."""

ACCOUNT = "asterisk"
"""User of the tree. Not root: the secrets are public, and an AMI user can run programs."""

PORT_LOWEST = 20_000
"""Lowest port, above those of well-known services."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports of one server on the loopback address: AMI, AMI over TLS, and three for signalling."""

    ami: int
    tls: int
    pjsip: int
    sip: int
    iax: int

    @classmethod
    def free(cls) -> Self:
        """Choose five ports that are free now, below the range of outgoing connections.

        From that range, a client that retries while the server is down may get the server's port as its
        own. It then connects to itself, and the server cannot start.
        """
        text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
        highest = max(int(text.split()[0]), PORT_LOWEST + 1000)
        shuffled = random.sample(range(PORT_LOWEST, highest), k=highest - PORT_LOWEST)
        free = (port for port in shuffled if _is_free(port))
        return cls(next(free), next(free), next(free), next(free), next(free))


class Instance:
    """A folder in `tree` with all files that one Asterisk needs to start; `close` removes it."""

    def __init__(self, tree: Path, ports: Ports, secrets: Mapping[str, str]) -> None:
        self.tree = tree
        parent = tree / INSTANCES.relative_to("/")
        parent.mkdir(parents=True, exist_ok=True)
        with _opened_and_locked(parent / ".lock"):  # no other process sweeps between mkdtemp and the lock
            _sweep(parent)
            self.folder = Path(tempfile.mkdtemp(prefix=f"{ports.ami}-", dir=parent))
            self._lock = _try_lock(self.folder / "lock")
        self.inside = INSTANCES / self.folder.name
        self.ca_file = self.folder / "ca.pem"
        self._fill(ports, secrets)

    @property
    def config_file(self) -> str:
        """Path of asterisk.conf inside the chroot."""
        return str(self.inside / "etc/asterisk.conf")

    @property
    def console(self) -> Path:
        """File with the server's standard output and error."""
        return self.folder / "console"

    def close(self) -> None:
        """Remove the folder. Idempotent."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()

    def clean(self) -> None:
        """Remove the sockets, database and logs of an earlier run."""
        user, group = account(self.tree)
        for name in ("run", "state", "log"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir()
            os.chown(self.folder / name, user, group)

    def booted_at(self) -> int | None:
        """Return when the control socket was made, which every boot does anew; None if there is none."""
        try:
            return (self.folder / "run/asterisk.ctl").stat().st_ctime_ns
        except FileNotFoundError:
            return None

    def log_tail(self, lines: int = 3) -> str:
        """Return the end of the server's output on one line, for an error message."""
        texts = [
            path.read_text(errors="replace")
            for path in (self.console, self.folder / "log/messages")
            if path.exists()
        ]
        return " | ".join("".join(texts).splitlines()[-lines:]) or "it wrote nothing"

    def _fill(self, ports: Ports, secrets: Mapping[str, str]) -> None:
        etc = self.folder / "etc"
        etc.mkdir()
        self._write_config(etc, ports, secrets)
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        certificate = authority.issue_cert("localhost", LOOPBACK)
        certificate.private_key_and_cert_chain_pem.write_to_path(str(etc / "ami.pem"))
        user, group = account(self.tree)
        self.folder.chmod(0o755)  # mkdtemp makes it readable to its owner only
        for path in (etc, *etc.iterdir()):
            os.chown(path, user, group)
        self.clean()

    def _write_config(self, etc: Path, ports: Ports, secrets: Mapping[str, str]) -> None:
        values = {name: str(self.inside / name) for name in ("etc", "run", "state", "log")}
        values |= {f"{name}_secret": secret for name, secret in secrets.items()}
        values |= {f"{name}_port": str(getattr(ports, name)) for name in Ports.__slots__}
        for template in CONFIG.glob("*.conf"):
            text = Template(template.read_text(encoding="utf-8")).substitute(values)
            (etc / template.name).write_text(text, encoding="utf-8")


def account(tree: Path) -> tuple[int, int]:
    """Return the user and group id of the tree's Asterisk account."""
    for line in (tree / "etc/passwd").read_text(encoding="utf-8").splitlines():
        name, _, user, group, *_ = line.split(":")
        if name == ACCOUNT:
            return int(user), int(group)
    raise LookupError(f"{tree} has no account {ACCOUNT}")


# -- ports and locks


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with closing(socket.socket(socket.AF_INET, kind)) as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                return False
    return True


def _sweep(parent: Path) -> None:
    """Remove the folders that no living process has locked."""
    for folder in parent.iterdir():
        if folder.is_dir() and (lock := _try_lock(folder / "lock")) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            lock.close()


def _try_lock(path: Path) -> TextIO | None:
    """Lock a file, or return None if another process has. The lock lasts as long as the open file."""
    handle = path.open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


@contextmanager
def _opened_and_locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
