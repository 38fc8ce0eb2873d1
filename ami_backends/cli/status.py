"""`ami status`: how each server of a configuration file stands."""

import signal
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ami_backends.cli.backends import BackendName, BackendOption, ConnectFunction, call_together, run_program
from ami_backends.cli.exits import ExitStatus, Terminated, print_stderr
from ami_backends.cli.interrupts import may_handle
from ami_backends.cli.json_lines import JsonRecord, with_time, write_json
from ami_backends.cli.options import JsonOutput, require_positive
from ami_backends.cli.reload import FollowedFile
from ami_backends.cli.screen import Screen
from ami_backends.cli.server_file import RequiredServersFile, ServerGlobs
from ami_proto import (
    ActionFailed,
    AmiError,
    ClusterConfig,
    ConnectFailed,
    Disconnect,
    Message,
    MessageTimeout,
    MisuseError,
    Notice,
    NotReady,
    Reason,
    ServerConfig,
    State,
    StateChanged,
)
from ami_proto.drivers import ServerKey, brief_names

if TYPE_CHECKING:
    from ami_backends.anyio import Client, Events

READY_TIMEOUT = 10.0
"""Seconds to wait for a server after it was dialled, unless `--timeout` is given: a slow login."""

DIALS_PER_SECOND = int(ClusterConfig().connect_rate)
"""A cluster dials its servers one after the other, so many of them need more time."""

PING_TIMEOUT = 2.0
"""Seconds for the answer of a ready server to a Ping. After that it counts as silent."""

WATCH_PERIOD = 3.0
"""Seconds between two looks with `--watch`."""

END_PERIOD = 0.05
"""Seconds between two looks whether a server that is replaced has ended."""

TITLES = ("server", "state", "since", "round trip", "pending", "drops", "last cause")

RepeatOption = Annotated[
    bool, typer.Option("--watch", help=f"Look again every {WATCH_PERIOD:g} seconds, until Ctrl-C.")
]
ReadyTimeout = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        help="Wait at most this long for servers to become ready; by default"
        f" {READY_TIMEOUT:g}, and one more for every {DIALS_PER_SECOND} servers.",
    ),
]


def status(
    config: RequiredServersFile,
    server: ServerGlobs = None,
    json: JsonOutput = False,
    watch: RepeatOption = False,
    timeout: ReadyTimeout = None,
    backend: BackendOption = BackendName.SELECTORS,
) -> None:
    """Show how each server of a configuration file stands.

    Each server is logged in to, and sent a Ping. The exit status is 0 if all are ready and answer, else 3.
    With --watch, SIGHUP reads the file again.

    For example: ami status --config cluster.toml --server 'pbx*'
    """
    require_positive("--timeout", timeout)
    file = FollowedFile(config, server, _quiet)
    show = _writer(json, timed=watch)
    standing = _Standing()
    unready: list[ServerKey] = []

    async def program(connect: ConnectFunction) -> None:
        stop_on = [signal.SIGTERM] if may_handle() else []
        async with connect(file.present, on_notice=standing, stop_on=stop_on) as client:
            await _wait_ready(client, ready_timeout(len(file.present)) if timeout is None else timeout)
            # It brings no event, and ends with the client: a signal interrupts the pause.
            with client.events(block=("*",)) as pause:
                while True:
                    rows = await _look(client, file.present, standing, backend)
                    await _pause(
                        pause, 0, lambda: standing.stops(client, file.present)
                    )  # a signal during the look
                    show(rows)
                    if not watch:
                        break
                    await _pause(pause, WATCH_PERIOD, lambda: standing.stops(client, file.present))
                    if await file.follow(client, backend):
                        await _begun(client, pause, file.present)
            unready.extend(row.server for row in rows if not row.answers)

    with file.read_on_hangup() if watch else nullcontext():
        run_program(backend, program, many=True)
    if unready:
        print_stderr(f"{len(unready)} of {len(file.present)} servers not ready: {brief_names(unready)}")
        raise typer.Exit(ExitStatus.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class _Row:
    """How one server stands."""

    server: ServerKey
    state: State
    since: float
    """Seconds since it became ready, or since it is not."""
    round_trip: float | None
    """Seconds until it answered a Ping; None if it did not."""
    pending: int
    """Actions of this command that are open."""
    drops: int
    """Events that this command dropped."""
    cause: Disconnect | None
    """Why it is not ready."""

    @property
    def answers(self) -> bool:
        """Whether it is ready and has answered."""
        return self.state.sending and self.round_trip is not None

    def cells(self) -> tuple[str, ...]:
        """Return the texts of `TITLES`."""
        trip = "none" if self.state.sending else ""
        if self.round_trip is not None:
            trip = f"{self.round_trip * 1000:.1f} ms"
        cause = "" if self.cause is None else str(self.cause)
        counts = (str(self.pending), str(self.drops))
        return (self.server, self.state.value, f"{self.since:.0f} s", trip, *counts, cause)

    def record(self) -> JsonRecord:
        """Return it as plain data."""
        cause, trip = self.cause, self.round_trip
        return {
            "type": "status",
            "state": self.state.value,
            "since": round(self.since, 3),
            "round_trip": None if trip is None else round(trip, 6),
            "pending": self.pending,
            "drops": self.drops,
            "reason": None if cause is None else cause.reason.value,
            "detail": None if cause is None else cause.detail,
        }


class _Standing:
    """An `on_notice` that notes since when each server is ready, or is not."""

    logs_notices = True  # the table says it

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._changed: dict[ServerKey, float] = {}
        self._stopped: set[ServerKey] = set()

    def __call__(self, notice: Notice) -> None:
        """Note a change of state."""
        if isinstance(notice, StateChanged):
            if notice.old.sending != notice.new.sending or notice.server not in self._changed:
                self._changed[notice.server] = time.monotonic()
            if notice.new is State.CLOSING or (notice.cause and notice.cause.reason is Reason.STOPPED):
                self._stopped.add(notice.server)
            else:
                self._stopped.discard(notice.server)

    def stops(self, client: "Client", servers: Iterable[ServerKey]) -> bool:
        """Whether the client logs off because of a signal: one of the servers that should run was stopped."""
        statuses = client.servers
        # Both, because a notice may come later than the state, and a state does not say why.
        return any(key in self._stopped and key in statuses and statuses[key].ending for key in servers)

    def seconds(self, server: ServerKey) -> float:
        """Return for how long it is ready, or is not."""
        return time.monotonic() - self._changed.get(server, self._began)


def ready_timeout(servers: int) -> float:
    """Return for how long to wait for so many servers."""
    return READY_TIMEOUT + servers / DIALS_PER_SECOND


def _quiet(config: ServerConfig) -> ServerConfig:
    """Return the configuration without events, except `FullyBooted`, which ends a boot.

    Its policy is for the user's own actions: this command sends a Ping and nothing else.
    """
    return replace(config, events="system" if config.awaits_boot else "off", policy="all")


async def _wait_ready(client: "Client", timeout: float) -> None:
    """Wait until each server is ready or given up, or the time is over."""
    deadline = time.monotonic() + timeout
    for server in client.servers:
        try:
            await client.wait_ready(max(0.0, deadline - time.monotonic()), server=server)
        except (ConnectFailed, NotReady) as error:
            if error.cause is not None and error.cause.reason is Reason.STOPPED:
                raise Terminated from None


async def _look(
    client: "Client", servers: Collection[ServerKey], standing: _Standing, backend: BackendName
) -> list[_Row]:
    """Send a Ping to each of these servers that is ready, and return how they stand."""
    trips: dict[ServerKey, float] = {}

    async def ping(server: ServerKey) -> None:
        began = time.monotonic()
        try:
            await client.send("Ping", to=server, timeout=PING_TIMEOUT)
        except ActionFailed:
            pass  # an answer as well
        except AmiError:
            return
        trips[server] = time.monotonic() - began

    statuses = client.servers
    ready = [server for server in servers if server in statuses and statuses[server].state.sending]
    await call_together(backend, [partial(ping, server) for server in ready])
    statuses, snapshots, rows = client.servers, client.snapshots(), []
    for server in servers:
        each, health = statuses[server], snapshots[server]
        counts = (health.actions_pending + health.actions_waiting, health.events_dropped)
        since, trip = standing.seconds(server), trips.get(server)
        rows.append(_Row(server, each.state, since, trip, *counts, each.last_cause))
    return rows


async def _begun(client: "Client", pause: "Events[Message]", servers: Collection[ServerKey]) -> None:
    """Wait until servers that are replaced have begun anew. Raises `Terminated` as `_pause`."""

    def ending() -> bool:
        statuses = client.servers
        return any(statuses[server].ending for server in servers if server in statuses)

    while ending():
        await _pause(pause, END_PERIOD, lambda: False)


async def _pause(pause: "Events[Message]", seconds: float, stops: Callable[[], bool]) -> None:
    """Wait so long. Raises `Terminated` if SIGTERM has stopped the client."""
    try:
        await pause.get(seconds)
    except MessageTimeout:
        if not stops():
            return
    except MisuseError:  # the subscription ended with the client
        pass
    raise Terminated


def _writer(json: bool, *, timed: bool) -> Callable[[Sequence[_Row]], None]:
    """Return what shows the rows of one look; `timed` puts the time above each table."""
    if json:
        return _write_lines
    screen = Screen()

    def show(rows: Sequence[_Row]) -> None:
        if timed:
            screen.write(f"-- {datetime.now():%H:%M:%S}")
        screen.show_table(TITLES, [row.cells() for row in rows])

    return show


def _write_lines(rows: Sequence[_Row]) -> None:
    for row in rows:
        write_json(with_time(row.record(), row.server))
