"""The folder of one running Asterisk: configuration, certificate, sockets, database and logs.

It lies inside the tree, since Asterisk lives in a chroot, and has its own name, so that any number of
servers, of any number of test runs, share one tree and never meet. A lock held for its lifetime tells a live
folder from one that a killed test run left; the next run removes the latter.
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

HOST = "127.0.0.1"

INSTANCES = PurePosixPath("/srv/ami")
"""Where in a tree the instances' folders are. Short: a Unix socket's path may have 107 bytes."""

ACCOUNT = "asterisk"
"""The tree's own user. Not root: the secrets are public, and an AMI user with all rights may run programs."""

PORT_LOWEST = 20_000
"""Ports start here, above those that services have by custom."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one server, all on the loopback address: AMI, AMI over TLS, three of signalling."""

    ami: int
    tls: int
    pjsip: int
    sip: int
    iax: int

    @classmethod
    def free(cls) -> Self:
        """Choose five different ports that are free now, below the kernel's range for outgoing connections.

        In that range a client that retries on loopback while the server is down can be given the server's
        port as its own, connects to itself, and keeps the server from coming back.
        """
        text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
        highest = max(int(text.split()[0]), PORT_LOWEST + 1000)
        shuffled = random.sample(range(PORT_LOWEST, highest), k=highest - PORT_LOWEST)
        free = (port for port in shuffled if _is_free(port))
        return cls(next(free), next(free), next(free), next(free), next(free))


class Instance:
    """A folder in `tree` with everything that one Asterisk needs to start; `close` removes it."""

    def __init__(self, tree: Path, ports: Ports, secrets: Mapping[str, str]) -> None:
        self.tree = tree
        parent = tree / INSTANCES.relative_to("/")
        parent.mkdir(parents=True, exist_ok=True)
        with _opened_and_locked(
            parent / ".lock"
        ):  # nobody sweeps between the folder's making and its locking
            _sweep(parent)
            self.folder = Path(tempfile.mkdtemp(prefix=f"{ports.ami}-", dir=parent))
            self._lock = _try_lock(self.folder / "lock")
        self.inside = INSTANCES / self.folder.name
        self.ca_file = self.folder / "ca.pem"
        self._fill(ports, secrets)

    @property
    def config_file(self) -> str:
        """The path of asterisk.conf as seen from inside the chroot."""
        return str(self.inside / "etc/asterisk.conf")

    @property
    def console(self) -> Path:
        """The file that takes the server's standard output and error."""
        return self.folder / "console"

    def close(self) -> None:
        """Remove the folder; again is harmless."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()

    def clean(self) -> None:
        """Remove what an earlier run of the server left: sockets, database and logs."""
        user, group = account(self.tree)
        for name in ("run", "state", "log"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir()
            os.chown(self.folder / name, user, group)

    def booted_at(self) -> int | None:
        """Tell one boot from another: when the control socket was made, which every boot does anew."""
        try:
            return (self.folder / "run/asterisk.ctl").stat().st_ctime_ns
        except FileNotFoundError:
            return None

    def log_tail(self, lines: int = 3) -> str:
        """Return the end of what the server wrote, on one line, for an error message."""
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
        certificate = authority.issue_cert("localhost", HOST)
        certificate.private_key_and_cert_chain_pem.write_to_path(str(etc / "ami.pem"))
        user, group = account(self.tree)
        self.folder.chmod(0o755)  # mkdtemp gives it to its owner alone
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
    """Look up the user and group id of the tree's own Asterisk account."""
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
                probe.bind((HOST, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                return False
    return True


def _sweep(parent: Path) -> None:
    """Remove the folders that no living process holds."""
    for folder in parent.iterdir():
        if folder.is_dir() and (lock := _try_lock(folder / "lock")) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            lock.close()


def _try_lock(path: Path) -> TextIO | None:
    """Lock a file if nobody else has: the open file keeps the lock, also after the file is removed."""
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
