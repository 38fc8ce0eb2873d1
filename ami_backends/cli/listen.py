"""`ami listen`: events as they come, across reconnects."""

import os
import signal
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from ami_backends.cli.backends import BackendName, BackendOption, ConnectFunction, run_program
from ami_backends.cli.exits import UsageProblem
from ami_backends.cli.interrupts import may_handle
from ami_backends.cli.json_lines import json_record, with_time, write_json
from ami_backends.cli.options import TARGET_HELP, JsonOutput, LoginOptions, with_login_options
from ami_backends.cli.reload import FollowedFile
from ami_backends.cli.reporting import (
    MetricsPort,
    Verbose,
    logging_to_stderr,
    report_connection,
    report_connections,
    serving_metrics,
)
from ami_backends.cli.screen import Screen, ScreenItem
from ami_backends.cli.server_file import ServerGlobs, ServersFile, refuse_mixed
from ami_backends.cli.target import take_target
from ami_backends.telemetry import Telemetry
from ami_proto import (
    ConnectFailed,
    Disconnect,
    Message,
    MessageTimeout,
    MisuseError,
    Reason,
)
from ami_proto.drivers import Redaction, ServerKey, connect_error

if TYPE_CHECKING:
    from ami_backends.anyio import Client, Events
    from ami_backends.telemetry.metrics import Metrics

TargetArgument = Annotated[str | None, typer.Argument(metavar="[TARGET]", help=TARGET_HELP)]
LOOK_PERIOD = 1.0
"""Seconds without an event after which `listen` looks whether any of many servers is left."""

EventPatterns = Annotated[
    list[str] | None,
    typer.Option(
        "--event",
        metavar="PATTERN",
        help="Show only events whose name matches; * and ? are wildcards. May be given more than once.",
    ),
]
FullOutput = Annotated[bool, typer.Option("--full", help="Show every header on a line of its own.")]
CountLimit = Annotated[int | None, typer.Option("--count", metavar="N", min=1, help="End after N events.")]


@with_login_options
def listen(
    login: LoginOptions,
    target: TargetArgument = None,
    config: ServersFile = None,
    server: ServerGlobs = None,
    event: EventPatterns = None,
    json: JsonOutput = False,
    full: FullOutput = False,
    count: CountLimit = None,
    backend: BackendOption = BackendName.SELECTORS,
    verbose: Verbose = 0,
    metrics_port: MetricsPort = None,
) -> None:
    """Show events as they come, until Ctrl-C.

    After a lost connection it connects again. Gaps and dropped events are shown where they happened. With
    --config, those of all servers of a file are shown, each with the name of its server; SIGHUP reads the
    file again.
    """
    if json and full:
        raise UsageProblem("--json and --full exclude each other")
    refuse_mixed(config, server, target, login)
    source = _Single(target, login) if config is None else _Many(FollowedFile(config, server), backend)
    show = _writer(json, full, source.names)

    async def program(connect: ConnectFunction, metrics: "Metrics | None") -> None:
        listeners = [] if verbose else [source.report]  # the log has the same facts
        telemetry = Telemetry(*listeners, metrics=metrics, redaction=lambda: source.redaction)
        # A service is stopped with SIGTERM: log off, and end with status 0.
        stop_on = [signal.SIGTERM] if may_handle() else []
        async with connect(**source.arguments, on_notice=telemetry, stop_on=stop_on) as client:
            if metrics is not None:
                metrics.watch(client)
            with client.events(*(event or ()), marks=True) as events:
                await _show(source.items(client, events), show, count)

    try:
        with logging_to_stderr(verbose), serving_metrics(metrics_port) as metrics, source.read_on_hangup():
            run_program(backend, lambda connect: program(connect, metrics), many=source.many)
    except ConnectFailed as failed:
        if failed.cause.reason is not Reason.STOPPED:  # SIGTERM before the first READY is no failure
            raise


class _Single:
    """The server of a target."""

    many = False
    names: Collection[ServerKey] = ()

    def __init__(self, target: str | None, login: LoginOptions) -> None:
        if target is not None and "://" not in target:
            raise UsageProblem("the target must begin with ami:// or amis://")
        server, _ = take_target([target] if target is not None else [], os.environ)
        self.arguments: dict[str, Any] = login.arguments(server)
        self.redaction = Redaction(secret=self.arguments["secret"])
        self.report = report_connection()

    def read_on_hangup(self) -> AbstractContextManager[None]:
        """Do nothing: there is no file."""
        return nullcontext()

    def items(self, _client: "Client", events: "Events[ScreenItem]") -> AsyncIterator[ScreenItem]:
        """Return the events, gaps and drops."""
        return events


class _Many:
    """The servers of a file."""

    many = True

    def __init__(self, file: FollowedFile, backend: BackendName) -> None:
        self._file = file
        self._backend = backend
        self.names: Collection[ServerKey] = tuple(file.present)
        self.arguments: dict[str, Any] = {"servers": file.present}
        self.redaction = Redaction.joined(map(Redaction.of, file.present.values()))
        self.report = report_connections()

    def read_on_hangup(self) -> AbstractContextManager[None]:
        """Have the file read again after a SIGHUP, while `items` are taken."""
        return self._file.read_on_hangup()

    def items(self, client: "Client", events: "Events[ScreenItem]") -> AsyncIterator[ScreenItem]:
        """Return the events, gaps and drops of all servers, while the file is followed."""
        return _UntilGivenUp(client, events, self.follow_file)

    async def follow_file(self, client: "Client") -> None:
        """Read the file again if a SIGHUP came."""
        if await self._file.follow(client, self._backend):  # secrets of removed servers stay hidden
            new = map(Redaction.of, self._file.present.values())
            self.redaction = Redaction.joined((self.redaction, *new))


class _UntilGivenUp:
    """The events of many servers. Raises `ConnectFailed` once all were given up: its client would go on.

    It is not a generator: `--count` leaves it early, and loops complain about a generator that is not closed.
    """

    def __init__(
        self,
        client: "Client",
        events: "Events[ScreenItem]",
        follow_file: Callable[["Client"], Awaitable[None]],
    ) -> None:
        self._client = client
        self._events = events
        self._follow_file = follow_file

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ScreenItem:
        while True:
            await self._follow_file(self._client)
            try:
                return await self._events.get(LOOK_PERIOD)
            except MessageTimeout:
                _raise_if_given_up(self._client)
            except MisuseError:  # SIGTERM has stopped the client, and with it the subscription
                raise StopAsyncIteration from None


def _raise_if_given_up(client: "Client") -> None:
    servers = client.servers
    if not all(each.given_up for each in servers.values()):
        return
    # Refused logins are the whole story only if there is nothing else.
    causes = [each.last_cause for each in servers.values()]
    others = (cause for cause in causes if cause and cause.reason is not Reason.LOGIN_REFUSED)
    cause = next(others, causes[0]) or Disconnect(Reason.STOPPED)
    raise connect_error(list(servers), cause)


async def _show(
    items: AsyncIterable[ScreenItem], show: Callable[[ScreenItem], None], count: int | None
) -> None:
    """Show items until the stream ends or `count` events were shown; gaps and drops do not count."""
    left = count
    async for item in items:
        show(item)
        if left is not None and isinstance(item, Message):
            left -= 1
            if not left:
                return


def _writer(json: bool, full: bool, servers: Collection[ServerKey]) -> Callable[[ScreenItem], None]:
    """Return what shows an item; with `servers` it names the item's server."""
    if json:
        return lambda item: write_json(with_time(json_record(item), item.server if servers else None))
    screen = Screen(servers)
    return screen.show_full if full else screen.show
