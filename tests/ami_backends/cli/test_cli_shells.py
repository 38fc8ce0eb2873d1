"""Completion in real shells: `ami --install-completion`, and then the key Tab on a terminal.

A shell that is not installed is skipped: `apt-get install zsh fish`, and run this file again.
"""

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ami_backends.cli import app, shells
from ami_backends.cli.shells import Shell, install, script_of
from tests.cli_harness import PATIENCE, environment

needs = {
    shell: pytest.mark.skipif(
        shutil.which(shell) is None, reason=f"{shell} is not installed: apt-get install {shell}"
    )
    for shell in Shell
}
each_shell = pytest.mark.parametrize("shell", [pytest.param(each, marks=needs[each]) for each in Shell])

INTERACTIVE = {
    Shell.BASH: ["bash", "-i"],
    Shell.ZSH: ["zsh", "-d", "-i"],  # without the files of /etc
    Shell.FISH: ["fish", "-i"],
}
BEGINNING, END = "\x01", "\x05"
"""Ctrl-A and Ctrl-E move to the beginning and the end of the line."""

LINES = [
    ("ami sen\tPing", "send Ping"),
    ("ami send queuea\tX", "send QueueAdd X"),
    ("ami send ami://u@h:5038 queuepaus\tX", "send ami://u@h:5038 QueuePause X"),
    ("ami send Originate Appl\tPlayback", "send Originate Application=Playback"),
    ("ami send Originate Chann\tI\t7", "send Originate ChannelId=7"),
    ("ami send ami://u@h Originate Async=t\tX", "send ami://u@h Originate Async=true X"),
    ("ami send AOCMessage UnitAm\t3", "send AOCMessage UnitAmount(0)=3"),
    ("ami actions originat\tX", "actions Originate X"),
    ("ami events originater\tX", "events OriginateResponse X"),
    ("ami listen --metr\t0", "listen --metrics-port 0"),
    ("ami listen --event newcal\tX", "listen --event NewCallerid X"),
    ("ami check-config only-f\t X", "check-config only-file.toml X"),
]
"""What is typed, and the words of the line then, after `ami`."""


class Session:
    """An interactive shell on a terminal."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._out = b""

    def words(self, keys: str) -> str:
        """Type a line that begins with `ami`, and return its other words."""
        # Not run: another command is put before it.
        self._type(f"{keys}{BEGINNING}printf '<%s>' {END} END\n")
        found = self._read(rb"<ami>((?:<[^<>]*>)*?)<END>")
        return " ".join(re.findall(r"<([^<>]*)>", found.decode()))

    def wait(self) -> None:
        """Wait until the shell has begun."""
        self._type("echo REA''DY\n")
        self._read(rb"(READY)")

    def _type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def _read(self, pattern: bytes) -> bytes:
        end = time.monotonic() + PATIENCE
        while (found := re.search(pattern, self._out)) is None:
            ready, _, _ = select.select([self._terminal], [], [], max(0.0, end - time.monotonic()))
            assert ready, self._out
            self._out += os.read(self._terminal, 65536)
        self._out = b""
        return found[1]


def home_variables(home: Path) -> dict[str, str]:
    """Return the variables of a user who has `ami`, and nothing else."""
    (home / "bin").mkdir(exist_ok=True)
    command = home / "bin" / "ami"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m ami_backends.cli "$@"\n')
    command.chmod(0o755)
    variables = environment({"HOME": str(home), "TERM": "xterm", "COLUMNS": "200", "LC_ALL": "C.UTF-8"})
    variables["PATH"] = f"{command.parent}{os.pathsep}{variables['PATH']}"
    return {name: value for name, value in variables.items() if not name.startswith(("XDG_", "ZDOTDIR"))}


@contextmanager
def session(shell: Shell, variables: dict[str, str]) -> Iterator[Session]:
    """Run a shell on a terminal of its own: without one it has no control of jobs, and says so."""
    main, other = pty.openpty()
    with subprocess.Popen(
        INTERACTIVE[shell], stdin=other, stdout=other, stderr=other, env=variables, cwd=variables["HOME"],
        start_new_session=True, preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),
    ) as process:  # fmt: skip
        os.close(other)
        try:
            yield Session(main)
        finally:
            process.kill()
            os.close(main)


def run_in(shell: Shell, command: str, variables: dict[str, str]) -> tuple[str, str]:
    """Run a command in a shell that stays its parent; return its stdout and stderr."""
    done = subprocess.run(
        [shell, "-c", f"{command}; true"], env=variables, capture_output=True, text=True, check=True
    )
    return done.stdout, done.stderr


@each_shell
@pytest.mark.timeout(120)
def test_the_tab_key_completes(shell: Shell, tmp_path: Path) -> None:
    variables = home_variables(tmp_path)
    (tmp_path / "only-file.toml").touch()
    out, err = run_in(shell, "ami --install-completion", variables)
    assert out.startswith(f"The completion of {shell} is in {tmp_path}/")
    assert err == ""
    with session(shell, variables) as typed:
        typed.wait()
        assert [typed.words(keys) for keys, _ in LINES] == [expected for _, expected in LINES]


@each_shell
def test_the_script_is_shown_for_the_shell_that_asks(shell: Shell, tmp_path: Path) -> None:
    assert run_in(shell, "ami --show-completion", home_variables(tmp_path)) == (script_of(shell), "")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("before", [None, b"", b"alias a=b\n", b"alias a=b", b"caf\xe9\n"])
@pytest.mark.parametrize("shell", [Shell.BASH, Shell.ZSH])
def test_the_startup_file_gets_one_line(shell: Shell, before: bytes | None, home: Path) -> None:
    """What was there stays, also bytes that are not UTF-8."""
    startup = home / f".{shell}rc"
    if before is not None:
        startup.write_bytes(before)
    path = install(shell)
    install(shell)
    *kept, line = startup.read_bytes().splitlines()
    assert kept == (before or b"").splitlines()
    assert line == f"[ ! -f {path} ] || . {path}  # ami --install-completion".encode()
    assert path.read_text("utf-8") == script_of(shell)


def test_fish_needs_no_line(home: Path) -> None:
    assert install(Shell.FISH) == home / ".config/fish/completions/ami.fish"
    assert [path for path in home.rglob("*") if path.is_file()] == [install(Shell.FISH)]


def test_the_folders_of_the_user_are_respected(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "my data"))
    monkeypatch.setenv("ZDOTDIR", str(home))
    path = install(Shell.ZSH)
    assert path == home / "my data" / "ami-proto" / "ami.zsh"
    assert f"'{path}'" in (home / ".zshrc").read_text()


@pytest.mark.parametrize(("detected", "says"), [("tcsh", "tcsh is not a shell"), ("", "this is not a shell")])
@pytest.mark.parametrize("option", ["--install-completion", "--show-completion"])
def test_another_shell_is_wrong_usage(
    option: str,
    detected: str,
    says: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(shells, "detected_shell", lambda: detected)
    assert app.run_command_line([option]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"ami: {says} that `ami` can complete in: call it from bash, zsh or fish\n"
    assert list(home.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / ".local").write_text("")
    monkeypatch.setattr(shells, "detected_shell", lambda: "bash")
    assert app.run_command_line(["--install-completion"]) == 1
    assert capsys.readouterr().err.startswith(f"ami: {home}/.local")
