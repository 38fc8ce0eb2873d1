"""The application: its commands, those that other packages add, and the one way out of all of them."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import EntryPoint, entry_points
from importlib.metadata import version as installed_version
from types import FrameType
from typing import Annotated

import typer
from typer.main import get_command

from ami_backends.cli.check_config import check_config
from ami_backends.cli.command import command
from ami_backends.cli.exits import Status, Terminated, complain, sentence_of, status_of
from ami_backends.cli.interrupts import may_handle
from ami_backends.cli.listen import listen
from ami_backends.cli.send import send

PLUGIN_GROUP = "ami.commands"
"""Entry points of this group are functions `register(app: typer.Typer) -> None`."""


def run(arguments: Sequence[str]) -> int:
    """Run a command line; return the exit status. Nothing is raised, and no traceback shown."""
    _open_what_is_closed()
    try:
        with _sigterm_raises():
            status = _invoke(arguments)
            sys.stdout.flush()
    except typer.Exit as end:
        status = end.exit_code
    except SystemExit as end:
        status = _exit_status(end)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it becomes a sentence and a status
        if sentence := sentence_of(error):
            complain(sentence)
        status = status_of(error)
    _leave_no_output()
    return status


def build() -> typer.Typer:
    """Return the application with every command there is."""
    app = typer.Typer(
        name="ami",
        help="Talk to Asterisk over AMI.",
        epilog="Exit status: 0 fine, 1 the action failed, 2 usage, 3 cannot connect, lost or timed out,"
        " 4 login refused, 130 Ctrl-C. The secret comes from AMI_SECRET, --secret-file, or a prompt.",
        no_args_is_help=True,
        add_completion=False,
    )
    app.callback()(_common)
    for own in (listen, send, command, check_config):
        app.command()(own)
    for plugin in sorted(entry_points(group=PLUGIN_GROUP), key=lambda each: each.name):
        _add(plugin, app)
    return app


def _invoke(arguments: Sequence[str]) -> int:
    """Parse and run, below typer's `main`, which would answer errors in a way of its own."""
    ami = get_command(build())
    with ami.make_context("ami", list(arguments)) as context:
        ami.invoke(context)
    return Status.FINE


def _add(plugin: EntryPoint, app: typer.Typer) -> None:
    """Let another package add its commands; one that cannot is told of and left out."""
    try:
        plugin.load()(app)
    except Exception as error:  # noqa: BLE001 - foreign code
        complain(f"the command {plugin.name!r} ({plugin.value}) is left out: {type(error).__name__}: {error}")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"ami-proto {installed_version('ami-proto')}")
        raise typer.Exit


def _common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end."),
    ] = False,
) -> None:
    """Take the options that stand before the command."""


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    """Turn SIGTERM into an exception, so that it logs off on its way out like everything else."""
    if not may_handle():
        yield
        return

    def handle(_signal: int, _frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _exit_status(end: SystemExit) -> int:
    """Return the status of somebody else's `sys.exit`: rich's on a closed pipe, or a plug-in's."""
    if isinstance(end.__context__, BrokenPipeError):
        return Status.PIPE_CLOSED
    if end.code is None or isinstance(end.code, int):
        return end.code or Status.FINE
    complain(str(end.code))
    return Status.FAILED


def _open_what_is_closed() -> None:
    """Give a process that was started without its standard streams some that lead nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - until the end


def _leave_no_output() -> None:
    """Write out what is left, here and not while the interpreter ends, where a failure would be shown."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError), open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), stream.fileno())
