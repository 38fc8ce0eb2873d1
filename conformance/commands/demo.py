"""`ami demo`: the library at work against the mock server, both in this process, in a few seconds."""

import logging
import signal
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from ami_backends.cli.backends import BackendName, BackendOption, ConnectFunction, run_program
from ami_backends.cli.exits import Terminated
from ami_backends.cli.screen import Screen
from ami_backends.sessions.printable import safe
from ami_proto import (
    ActionFailed,
    ConnectScheduled,
    Drops,
    Gap,
    Message,
    MisuseError,
    Notice,
    NotReady,
    State,
    StateChanged,
)
from conformance.mock import DEFAULT_USERS, LoopbackServer, MockServer

if TYPE_CHECKING:
    from ami_backends.anyio import Client, Events

NOTICE_PERIOD = 0.05
"""Seconds between two looks at the notices while no event comes."""

QUIET = ("VarSet", "DeviceStateChange", "SuccessfulAuth", "Newexten")
"""Events that the demo leaves out, so that the user can follow the others."""

CALL = {
    "Channel": "Local/1000@default",
    "CallerID": '"Alice" <100>',
    "Application": "Wait",
    "Data": "3600",
}
SECOND_CALL = CALL | {"Channel": "Local/user@default", "CallerID": '"Bob" <200>'}

COLUMNS = {
    "Channel": "Channel",
    "State": "ChannelStateDesc",
    "Application": "Application",
    "Caller": "CallerIDName",
}
"""Titles of the channel table, and the headers that fill it."""

STOPPED = (State.CLOSING.value, State.CLOSED.value)

Seconds = Annotated[float, typer.Option("--for", metavar="SECONDS", min=1.0, help="End after this long.")]


def register(app: typer.Typer) -> None:
    """Add the command to `ami`."""
    app.command()(demo)


def demo(seconds: Seconds = 10.0, backend: BackendOption = BackendName.SELECTORS) -> None:
    """See the library at work, without an Asterisk.

    A mock server, live events, a call, a lost link.
    """
    # The scenes report the lost connection; without a handler, Python would print the drivers' warnings.
    logging.getLogger("ami_backends").addHandler(logging.NullHandler())
    user = DEFAULT_USERS[0]
    notices: SimpleQueue[Notice] = SimpleQueue()
    with LoopbackServer(MockServer()) as server:
        words = {"host": server.host, "port": server.port, "username": user.name, "secret": user.secret}
        signals = [signal.SIGTERM]

        async def program(connect: ConnectFunction) -> None:
            async with connect(**words, on_notice=notices.put, stop_on=signals) as client:
                with client.events(block=QUIET, marks=True) as events:
                    await _Tour(server, client, events, notices, seconds).run()

        try:
            run_program(backend, program)
        except (NotReady, MisuseError) as error:
            if isinstance(error, NotReady) and error.state not in STOPPED:
                raise
            raise Terminated from None  # SIGTERM has stopped the client in the middle of a scene


class _Tour:
    """One run of the demo: scenes, and the events between them."""

    def __init__(
        self,
        server: LoopbackServer,
        client: "Client",
        events: "Events[Message | Gap | Drops]",
        notices: SimpleQueue[Notice],
        seconds: float,
    ) -> None:
        self._server = server
        self._client = client
        self._events = events
        self._notices = notices
        self._screen = Screen()
        self._started = time.monotonic()
        self._seconds = seconds
        self._seen = 0
        self._gaps = 0
        self._was_ready = False

    async def run(self) -> None:
        """Play every scene; show events after each until its share of the time has passed."""
        self._say(f"A mock Asterisk listens on {self._server.host}:{self._server.port}; logged in.")
        await self._run_command()
        await self._watch_until(0.1)
        await self._place_call(CALL)
        await self._watch_until(0.3)
        await self._list_channels()
        await self._watch_until(0.4)
        self._drop_link()
        await self._watch_until(0.6)
        await self._list_channels()
        await self._fail()
        await self._watch_until(0.7)
        await self._place_call(SECOND_CALL)
        await self._watch_until(1.0)
        self._say(f"The end: events shown {self._seen}, gaps {self._gaps}. Now with your own Asterisk:")
        self._screen.write("ami listen ami://USER@HOST")

    # -- scenes

    async def _run_command(self) -> None:
        self._say('Command "core show version":')
        reply = await self._client.send("Command", Command="core show version")
        self._screen.show_output(reply.output or [])

    async def _place_call(self, call: dict[str, str]) -> None:
        self._say(f"Originate {call['Channel']}; the reply waits for the call to be answered:")
        reply = await self._client.send("Originate", call)
        answered = ", ".join(f"{each.name}: {each.get('Response')}" for each in reply)
        self._screen.write(f"{safe(reply['Message'])}, then {safe(answered)}")

    async def _list_channels(self) -> None:
        self._say("CoreShowChannels, the whole list as one reply:")
        channels = (await self._client.send("CoreShowChannels", wait=True)).events
        rows = [tuple(safe(each.get(key, "")) for key in COLUMNS.values()) for each in channels]
        if not rows:
            self._screen.write("no channels")
        elif self._screen.is_terminal:
            table = Table(*COLUMNS, header_style="bold")
            for row in rows:
                table.add_row(*map(Text, row))
            self._screen.draw(table)
        else:
            for row in rows:
                self._screen.write("  ".join(row))

    def _drop_link(self) -> None:
        """Drop the link, and end the call before the client is back."""
        self._say("Now the server drops the link, and the call ends before it is back:")
        self._server.drop_links()
        self._server.call(_hang_up_all)

    async def _fail(self) -> None:
        self._say("Hangup of a channel that does not exist; an error response raises:")
        try:
            await self._client.send("Hangup", Channel="Local/nobody", wait=True)
        except ActionFailed as error:
            self._screen.write(f"{type(error).__name__}: {safe(error.message)}")

    # -- in between

    async def _watch_until(self, share: float) -> None:
        """Show events until this share of the time has passed."""
        end = self._started + share * self._seconds
        while (left := end - time.monotonic()) > 0:
            self._show_notices()
            with suppress(TimeoutError):
                item = await self._events.get(timeout=min(left, NOTICE_PERIOD))
                self._show_notices()
                self._screen.show(item)
                self._seen += isinstance(item, Message)
                self._gaps += isinstance(item, Gap)

    def _show_notices(self) -> None:
        """Show what happened to the connection."""
        with suppress(Empty):
            while True:
                notice = self._notices.get_nowait()
                match notice:
                    case StateChanged(new=State.READY) if self._was_ready:
                        self._say("Connected and logged in again, by itself.")
                    case StateChanged(new=State.READY):
                        self._was_ready = True
                    case StateChanged(new=State.DISCONNECTED, cause=cause) if cause is not None:
                        self._say(f"Connection lost: {cause}.")
                    case ConnectScheduled(delay=delay) if self._was_ready:
                        self._say(f"Trying again in {delay:.2f} s.")
                    case _:
                        pass

    def _say(self, sentence: str) -> None:
        self._screen.write(_strong(sentence))


def _hang_up_all(core: MockServer) -> None:
    for channel in list(core.state.channels.values()):
        channel.hang_up(16)


def _strong(sentence: str) -> Text:
    return Text(f"== {sentence}", "bold cyan")
