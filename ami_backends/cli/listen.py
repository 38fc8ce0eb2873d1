"""`ami listen`: events as they come, across reconnects."""

import os
import signal
from collections.abc import AsyncIterable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from ami_backends.cli.backends import Backend, BackendOption, Connect, run
from ami_backends.cli.exits import UsageProblem, complain
from ami_backends.cli.interrupts import may_handle
from ami_backends.cli.login import CaFile, ConnectTimeout, Insecure, Login, SecretFile
from ami_backends.cli.monitor import MetricsPort, Verbose, logging_to_stderr, serving_metrics
from ami_backends.cli.records import record_of, stamped, write_record
from ami_backends.cli.screen import Screen
from ami_backends.cli.target import take_target
from ami_backends.telemetry import Telemetry
from ami_proto import (
    ConnectFailed,
    Drops,
    FaultSeen,
    Gap,
    Message,
    Notice,
    Reason,
    Redaction,
    State,
    StateChanged,
)

if TYPE_CHECKING:
    from ami_backends.telemetry.metrics import Metrics

Item = Message | Gap | Drops

Target = Annotated[
    str | None,
    typer.Argument(metavar="TARGET", help="ami://user@host[:port] or amis://...; else from the environment."),
]
Patterns = Annotated[
    list[str] | None,
    typer.Option(
        "--event", metavar="PATTERN", help="Only events of this name; * and ? match any. Repeatable."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Full = Annotated[bool, typer.Option("--full", help="Every header on a line of its own.")]
Count = Annotated[int | None, typer.Option(metavar="N", min=1, help="End after so many events.")]


def listen(
    target: Target = None,
    event: Patterns = None,
    json: Json = False,
    full: Full = False,
    count: Count = None,
    secret_file: SecretFile = None,
    ca: CaFile = None,
    insecure: Insecure = False,
    connect_timeout: ConnectTimeout = None,
    backend: BackendOption = Backend.SELECTORS,
    verbose: Verbose = 0,
    metrics_port: MetricsPort = None,
) -> None:
    """Show events as they come, until Ctrl-C.

    A lost connection is made again; the gap and events that were lost are shown in their place.
    """
    if json and full:
        raise UsageProblem("--json and --full exclude each other")
    if target is not None and "://" not in target:
        raise UsageProblem("the target must begin with ami:// or amis://")
    server, _ = take_target([target] if target is not None else [], os.environ)
    words = Login(secret_file, ca, insecure, connect_timeout).words(server)

    async def program(connect: Connect, metrics: "Metrics | None") -> None:
        listeners = [] if verbose else [_Reporter()]  # who reads the log is told by it
        telemetry = Telemetry(*listeners, metrics=metrics, redaction=Redaction(secret=words["secret"]))
        # SIGTERM is the usual end of a service: log off, and be done.
        stop_on = [signal.SIGTERM] if may_handle() else []
        async with connect(**words, on_notice=telemetry, stop_on=stop_on) as client:
            if metrics is not None:
                metrics.watch(client)
            with client.events(*(event or ()), marks=True) as events:
                await _show(events, _writer(json, full), count)

    try:
        with logging_to_stderr(verbose), serving_metrics(metrics_port) as metrics:
            run(backend, lambda connect: program(connect, metrics))
    except ConnectFailed as failed:
        if failed.cause.reason is not Reason.STOPPED:
            raise


async def _show(events: AsyncIterable[Item], show: Callable[[Item], None], count: int | None) -> None:
    """Show what comes, to the end or until so many events were shown."""
    left = count
    async for item in events:
        show(item)
        if left is not None and isinstance(item, Message):
            left -= 1
            if not left:
                return


def _writer(json: bool, full: bool) -> Callable[[Item], None]:
    if json:
        return lambda item: write_record(stamped(record_of(item)))
    screen = Screen()
    if full:
        return lambda item: screen.show_whole([item]) if isinstance(item, Message) else screen.show(item)
    return screen.show


class _Reporter:
    """Tell on stderr what becomes of the connection. Called by the driver."""

    def __init__(self) -> None:
        self._was_ready = False
        self._is_lost = False

    def __call__(self, notice: Notice) -> None:
        match notice:
            case StateChanged(new=State.READY):
                if self._is_lost:
                    complain("connected again")
                self._was_ready, self._is_lost = True, False
            case StateChanged(new=State.DISCONNECTED, cause=cause) if self._was_ready and cause is not None:
                complain(
                    f"{'still no connection' if self._is_lost else 'connection lost'}, trying again: {cause}"
                )
                self._is_lost = True
            case FaultSeen(fault=fault, count=count, detail=detail) if self._was_ready:
                complain(f"noticed {fault.value} ({count}): {detail}")
            case _:
                pass
