"""The `ami` application: its commands, those of other packages, and how any of them ends."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from importlib.metadata import version as installed_version
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand
from typer.main import get_command

from ami_backends.cli.browse import actions, events
from ami_backends.cli.check_config import check_config
from ami_backends.cli.doctor import doctor
from ami_backends.cli.exits import ExitStatus, Terminated, print_stderr, sentence_of, status_of
from ami_backends.cli.interrupts import may_handle
from ami_backends.cli.listen import listen
from ami_backends.cli.reporting import configuration_warnings
from ami_backends.cli.send import command, send
from ami_backends.cli.shells import InstallCompletion, ShowCompletion
from ami_backends.cli.standard_streams import flush_streams, output_failures_named, replace_missing_streams
from ami_backends.cli.status import status

PLUGIN_GROUP = "ami.commands"
"""Entry point group for commands of other packages: functions `register(app: typer.Typer) -> None`."""


def run_command_line(arguments: Sequence[str]) -> int:
    """Run a command line and return the exit status. Every error becomes one sentence on stderr."""
    replace_missing_streams()
    try:
        with _sigterm_raises(), configuration_warnings(), output_failures_named():
            status = _invoke(arguments)
    except SystemExit as end:
        status = _exit_status(end)
    except BaseException as error:  # noqa: BLE001 - any error becomes a sentence and a status
        if sentence := sentence_of(error):
            print_stderr(sentence)
        status = status_of(error)
    flush_streams()
    return status


def build() -> typer.Typer:
    """Return the application with its own commands and those of installed packages."""
    app = typer.Typer(
        name="ami",
        help="Talk to Asterisk over AMI, the Asterisk Manager Interface.",
        epilog="Exit status: 0 success, 1 the action failed, 2 wrong usage, 3 cannot connect, connection"
        " lost, no reply in time, or a server that is not ready, 4 login refused, 74 the output cannot be"
        " written, 130 Ctrl-C.",
        no_args_is_help=True,
        rich_markup_mode=None,  # rich takes words in brackets for markup, and leaves them out
        add_completion=False,  # `shells` has its own scripts
    )
    app.callback()(_global_options)
    for own in (listen, send, command, status, doctor, actions, events, check_config):
        app.command(cls=_Command)(own)
    for plugin in sorted(entry_points(group=PLUGIN_GROUP), key=lambda each: each.name):
        _add(plugin, app)
    return app


class _Command(TyperCommand):
    """A command whose usage line has its arguments as their metavar says: typer adds `{...}...` to some."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401 - click's, or typer's copy of it
        """Return the words of the usage line after the command's name."""
        names = [each.metavar or "" for each in self.params if isinstance(each, TyperArgument)]
        return ["[OPTIONS]", *names]


def _invoke(arguments: Sequence[str]) -> int:
    # Not `app()`: typer's own `main` prints errors in its own form and ends the process.
    ami = get_command(build())
    try:
        with ami.make_context("ami", list(arguments)) as context:
            ami.invoke(context)
    except typer.Exit as end:  # after help or the version
        return end.exit_code
    return ExitStatus.FINE


def _add(plugin: EntryPoint, app: typer.Typer) -> None:
    """Let another package add its commands. A package that fails is reported and left out."""
    try:
        plugin.load()(app)
    except Exception as error:  # noqa: BLE001 - code of another package
        print_stderr(
            f"the command {plugin.name!r} ({plugin.value}) is left out: {type(error).__name__}: {error}"
        )


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"ami-proto {installed_version('ami-proto')}")
        raise typer.Exit


def _global_options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
    install_completion: InstallCompletion = False,
    show_completion: ShowCompletion = False,
) -> None:
    """Talk to Asterisk over AMI, the Asterisk Manager Interface."""


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    """Raise `Terminated` on SIGTERM, so that the client is closed, and logs off, as after any error."""
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
    """Return the exit status of a `sys.exit` in a library: rich calls it on a closed pipe."""
    if isinstance(end.__context__, BrokenPipeError):
        return ExitStatus.PIPE_CLOSED
    if end.code is None or isinstance(end.code, int):
        return end.code or ExitStatus.FINE
    print_stderr(str(end.code))
    return ExitStatus.FAILED
