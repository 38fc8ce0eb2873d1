"""Root file systems with a real Asterisk, built once and kept in the user's cache.

Debian has Asterisk 22 in sid and 16 in bullseye. `debootstrap` builds a tree of half a gigabyte from either
within a few minutes, from the mirror that this machine's apt already uses.

A tree is built under another name and renamed when it is complete, so a tree with the right name is always
complete, and the next build discards an interrupted one. A lock per suite makes a second process wait for the
first.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from conformance.asterisk.mirror import MirrorUnknown, debian_mirror

SUITES: Mapping[int, str] = {22: "sid", 16: "bullseye"}
"""Debian suite of each major version."""

PACKAGES = ("asterisk", "asterisk-core-sounds-en-gsm")

BUILD_TIMEOUT = 1800.0
"""Seconds for one debootstrap: one to two minutes are usual, slow mirrors and disks take ten."""

INSTALL_TIMEOUT = 600.0
"""Seconds for installing debootstrap itself, with an `apt-get update` before it."""

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

UNTRUSTED = re.compile(
    r"unknown key|NO_PUBKEY|no keyring|not signed|Invalid Release signature", re.IGNORECASE
)

TellProgress = Callable[[str], None]
"""Takes a progress line for the user."""


class AsteriskUnavailable(Exception):
    """There is no Asterisk here; the message is one line that says why."""


def tell(line: str) -> None:
    """Write a progress line to standard error."""
    print(line, file=sys.stderr, flush=True)


def provision(version: int, report: TellProgress = tell) -> Path:
    """Return the root file system with Asterisk `version`; build it if it is missing.

    Raises `AsteriskUnavailable`.
    """
    if version not in SUITES:
        known = ", ".join(map(str, SUITES))
        raise AsteriskUnavailable(f"Debian has no Asterisk {version}, only {known}")
    if os.geteuid() != 0:
        raise AsteriskUnavailable("Asterisk needs root here (debootstrap and chroot): run as root")
    suite = SUITES[version]
    tree = cache_folder() / suite
    if not tree.exists():
        cache_folder().mkdir(parents=True, exist_ok=True)
        with _locked(cache_folder() / f"{suite}.lock"):
            if not tree.exists():  # another process may have built it meanwhile
                _build(suite, tree, report)
    return tree


def cache_folder() -> Path:
    """Return the parent folder of all trees; it need not exist."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ami-conformance"


def installed_version(tree: Path) -> str:
    """Return the version of a tree's Asterisk, such as `22.10.1`."""
    command = ["chroot", str(tree), "asterisk", "-V"]
    answer = subprocess.run(
        command, capture_output=True, text=True, env=administrator(), timeout=30, check=False
    )
    match = re.search(r"Asterisk (\d+(?:\.\d+)*)", answer.stdout)
    if match is None:
        raise AsteriskUnavailable(f"{tree} holds no working Asterisk: {answer.stderr.strip()[-200:]}")
    return match[1]


def administrator() -> dict[str, str]:
    """Return the environment with the administrator's programs in PATH, which `su` and cron leave out."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return os.environ | {"PATH": path}


# -- building


def _build(suite: str, tree: Path, report: TellProgress) -> None:
    building = tree.with_name(f"{suite}.building")
    log = tree.with_name(f"{suite}.log")
    _discard(building)
    mirror = _mirror()
    debootstrap = _debootstrap_program(report)
    report(f"Building a Debian {suite} with Asterisk in {tree}: a few minutes, once ...")
    _debootstrap(debootstrap, suite, building, mirror, log, report)
    installed_version(building)
    shutil.rmtree(building / "var/cache/apt/archives", ignore_errors=True)  # the downloaded packages
    (building / "etc/hosts").write_text("127.0.0.1 localhost\n", encoding="ascii")
    (building / "etc/resolv.conf").write_text(
        "nameserver 127.0.0.1\n", encoding="ascii"
    )  # no look-ups outside of this machine
    building.rename(tree)


def _debootstrap(
    program: str, suite: str, target: Path, mirror: str, log: Path, report: TellProgress
) -> None:
    """Run debootstrap. A suite whose signature this machine's keyring cannot verify is taken unverified.

    That is acceptable for a throw-away test tree only, and it is reported.
    """
    trust = [f"--keyring={KEYRING}"] if KEYRING.exists() else ["--no-check-gpg"]
    command = [program, "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    output = _run_logged([*command, *trust, suite, str(target), mirror], log)
    if output is not None and trust != ["--no-check-gpg"] and UNTRUSTED.search(output):
        report(f"{KEYRING.name} does not know {suite}: this test tree is built without verifying signatures")
        _discard(target)
        output = _run_logged([*command, "--no-check-gpg", suite, str(target), mirror], log)
    if output is not None:
        _discard(target)
        raise AsteriskUnavailable(f"debootstrap of {suite} failed: {_last_error(output)} (all of it: {log})")


def _run_logged(command: list[str], log: Path) -> str | None:
    """Run a build command with its output in a log file; return None on success, else the output."""
    environment = administrator() | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    with log.open("wb") as sink:
        try:
            code = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=environment,
                timeout=BUILD_TIMEOUT, check=False,
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"E: gave up after {BUILD_TIMEOUT:.0f} s"
    return None if code == 0 else log.read_text(errors="replace")


def _last_error(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E:", "W:"))]
    return (errors or lines or ["no output"])[-1].strip()


def _mirror() -> str:
    try:
        return os.environ.get("AMI_DEBIAN_MIRROR") or debian_mirror()
    except MirrorUnknown as unknown:
        raise AsteriskUnavailable(f"{unknown}; AMI_DEBIAN_MIRROR=URL names one") from None


def _debootstrap_program(report: TellProgress) -> str:
    """Return the path of debootstrap; install it with apt-get if it is missing."""
    if found := shutil.which("debootstrap", path=administrator()["PATH"]):
        return found
    apt = shutil.which("apt-get")
    if apt is None:
        raise AsteriskUnavailable("debootstrap is not installed, and there is no apt-get to install it with")
    report("Installing debootstrap ...")
    environment = administrator() | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", "debootstrap"]):
        done = subprocess.run(
            [apt, *arguments],
            capture_output=True,
            text=True,
            env=environment,
            timeout=INSTALL_TIMEOUT,
            check=False,
        )
    if found := shutil.which("debootstrap", path=administrator()["PATH"]):
        return found
    raise AsteriskUnavailable(f"debootstrap could not be installed: {_last_error(done.stdout + done.stderr)}")


# -- files


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the kernel releases it when the process dies."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _discard(tree: Path) -> None:
    """Remove the tree of an interrupted build, and unmount its mounts before.

    debootstrap mounts /proc and /sys into the tree; removing through them would remove files of this machine.
    """
    if not tree.exists():
        return
    for point in reversed(_mounts_below(tree)):
        subprocess.run(["umount", "--lazy", point], capture_output=True, check=False)
    if left := _mounts_below(tree):
        raise AsteriskUnavailable(f"{left[0]} is still mounted from an interrupted build: unmount it first")
    shutil.rmtree(tree)


def _mounts_below(tree: Path) -> list[str]:
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    points = [line.split(" ")[1].replace("\\040", " ") for line in lines]
    return [point for point in points if point.startswith(f"{tree.resolve()}/")]
