"""`ami --install-completion` and `ami --show-completion`: a shell asks `ami` what may stand at the cursor.

typer's own scripts do not fit. bash takes `Channel=` for two words; bash and zsh put a blank after it.
"""

import os
import shlex
from contextlib import suppress
from enum import StrEnum, unique
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from ami_backends.cli.exits import UsageProblem


@unique
class Shell(StrEnum):
    """The shells that `ami` has a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def script_of(shell: Shell) -> str:
    """Return the script that makes a shell complete `ami`."""
    return files("ami_backends.cli").joinpath("shells", f"ami.{shell}").read_text("utf-8")


def install(shell: Shell) -> Path:
    """Write the script of a shell for this user, where the shell loads it. Returns its path.

    fish loads it by itself. The start-up file of another shell gets a line, once. Raises `OSError`.
    """
    if shell is Shell.FISH:
        folder = _folder("XDG_CONFIG_HOME", ".config") / "fish" / "completions"
    else:
        folder = _folder("XDG_DATA_HOME", ".local/share") / "ami-proto"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"ami.{shell}"
    path.write_text(script_of(shell), "utf-8")
    if shell is not Shell.FISH:
        quoted = shlex.quote(str(path))
        _add_line(startup_file(shell), f"[ ! -f {quoted} ] || . {quoted}  # ami --install-completion")
    return path


def startup_file(shell: Shell) -> Path:
    """Return the file that an interactive bash or zsh of this user reads first."""
    folder = _folder("ZDOTDIR", "") if shell is Shell.ZSH else Path.home()
    return folder / f".{shell}rc"


def _folder(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / default)


def _add_line(path: Path, line: str) -> None:
    """Add a line at the end of a file, unless it has that line. Make the file if it is missing."""
    before = path.read_bytes() if path.exists() else b""
    if os.fsencode(line) in before.splitlines():
        return
    end = b"" if before.endswith(b"\n") or not before else b"\n"
    with path.open("ab") as file:
        file.write(end + os.fsencode(line) + b"\n")


def detected_shell() -> str:
    """Return the name of the shell that `ami` was called from; empty if it is not known."""
    from shellingham import ShellDetectionFailure, detect_shell

    with suppress(ShellDetectionFailure):
        name, _ = detect_shell()
        return str(name)
    return ""


def _this_shell() -> Shell:
    name = detected_shell()
    if name not in set(Shell):
        raise UsageProblem(
            f"{name or 'this'} is not a shell that `ami` can complete in: call it from bash, zsh or fish"
        )
    return Shell(name)


def _install(wanted: bool) -> None:
    if wanted:
        shell = _this_shell()
        print(f"The completion of {shell} is in {install(shell)}, and begins with the next {shell}.")
        raise typer.Exit


def _show(wanted: bool) -> None:
    if wanted:
        print(script_of(_this_shell()), end="")
        raise typer.Exit


InstallCompletion = Annotated[
    bool,
    typer.Option(
        "--install-completion",
        callback=_install,
        is_eager=True,
        help="Complete actions, headers, events and options in this shell (bash, zsh or fish), and exit.",
    ),
]
ShowCompletion = Annotated[
    bool,
    typer.Option(
        "--show-completion",
        callback=_show,
        is_eager=True,
        help="Show the script that --install-completion writes, and exit.",
    ),
]
