"""Output for people: colours and columns on a terminal, plain lines elsewhere.

Text of the server is never taken for rich's markup, and its unprintable characters are escaped.
"""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import Console, OverflowMethod, RenderableType
from rich.table import Table
from rich.text import Text

from ami_backends.sessions.printable import safe, safe_line
from ami_proto import Drops, Gap, Message
from ami_proto.drivers import ServerKey

ScreenItem = Message | Gap | Drops
"""What a subscription with `marks=True` yields."""

NAME_WIDTH = 20
"""Columns for an event's name; almost all names fit."""

SERVER_WIDTH_MAX = 20
"""Columns for the name of a server; a longer one shifts the rest of its line."""

_STYLES = {
    "newchannel": "bold green",
    "hangup": "bold red",
    "dial": "bold yellow",
    "bridge": "bold cyan",
    "originate": "bold yellow",
    "userevent": "bold magenta",
}
"""Styles of event names by how they begin; other names are bold."""

_OMITTED = frozenset({"event", "privilege", "timestamp"})
"""Headers that are not in an event's line: the line shows the name and the time itself."""

# Every channel event repeats the state of its channels in some twenty headers. A terminal cuts the line at
# its edge, so headers with these endings come after all others, and the least useful ones last.
_LATE = ("calleridnum", "calleridname", "channelstatedesc", "exten")
_LAST = ("uniqueid", "linkedid", "language", "context", "priority", "channelstate", "accountcode", "actionid",
         "connectedlinenum", "connectedlinename")  # fmt: skip

_EMPTY = frozenset({"", "<unknown>", "(null)"})
"""What Asterisk writes for a value that is not set."""


class _Console(Console):
    # rich would end the process with status 1.
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Screen:
    """Write to stdout, and flush after each line: the output may be a pipe to a program that waits for it."""

    def __init__(self, servers: Iterable[ServerKey] = ()) -> None:
        # With `servers`, each event is shown with the name of its server. Others may come later.
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a TextIOWrapper
        self._console = _Console(markup=False, highlight=False, emoji=False)
        self._server_width = max(map(_server_width, servers), default=0)

    @property
    def is_terminal(self) -> bool:
        """Whether stdout is a terminal, and not a file or pipe."""
        return self._console.is_terminal

    def write(self, text: Text | str, *, crop: bool = False) -> None:
        """Write one line; with `crop`, a terminal shows only what fits its width."""
        if not self.is_terminal:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        elif crop:
            edge: OverflowMethod = "ellipsis" if self._console.encoding.startswith("utf") else "crop"
            self._console.print(text, no_wrap=True, overflow=edge)
        else:
            self._console.print(text, soft_wrap=True)

    def draw(self, renderable: RenderableType) -> None:
        """Draw a table or another renderable of rich."""
        self._console.print(renderable)
        sys.stdout.flush()

    def show(self, item: ScreenItem) -> None:
        """Write one line about an event, a gap, or dropped events."""
        match item:
            case Gap():
                self.write(self._marked(item.server, "gap", gap_sentence(item)))
            case Drops():
                sentence = f"{item.count} events dropped: they came faster than they were read"
                self.write(self._marked(item.server, "drops", sentence))
            case _:
                self.write(self._event_line(item), crop=True)

    def show_full(self, item: ScreenItem) -> None:
        """Write every header of an event on a line of its own; a gap or dropped events as `show` does."""
        if not isinstance(item, Message):
            self.show(item)
            return
        if self._server_width:
            title = self._begun(item.server)
            title.rstrip()
            self.write(title)
        self.show_whole([item])

    def show_whole(self, messages: Iterable[Message]) -> None:
        """Write every header of messages on a line of its own, and an empty line after each message."""
        for message in messages:
            for name, value in message.pairs():
                self.write(_header_line(name, value))
            if message.output is not None and "Output" not in message:
                self.show_output(message.output)
            self.write("")

    def show_table(self, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a table: on a terminal with rich, elsewhere as aligned columns without lines."""
        shown = [[safe(cell) for cell in row] for row in rows]
        if self.is_terminal:
            table = Table(*titles, header_style="bold")
            for row in shown:
                table.add_row(*map(Text, row))
            self.draw(table)
            return
        lines = [list(titles), *shown]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.write("  ".join(cells).rstrip())

    def show_output(self, lines: Iterable[str]) -> None:
        """Write the output of a command."""
        for line in lines:
            self.write(safe_line(line))

    def _event_line(self, message: Message) -> Text:
        name = safe(message.name or message.kind.value)
        line = _padded(self._begun(message.server), name, _style(name))
        for key, value in sorted(message.pairs(), key=lambda pair: _order(pair[0] or "")):
            if (key or "").lower() not in _OMITTED and value not in _EMPTY:
                line.append(" ")
                if key is not None:
                    line.append(f"{safe(key)}=", "dim")
                line.append(safe(value))
        return line

    def _marked(self, server: ServerKey, name: str, sentence: str) -> Text:
        line = _padded(self._begun(server), f"-- {name} --", "bold reverse yellow")
        return line.append(f" {sentence}")

    def _begun(self, server: ServerKey) -> Text:
        """Return the beginning of a line: the time, and the server where there are several."""
        line = Text(f"{datetime.now():%H:%M:%S} ", "dim")
        if self._server_width:
            self._server_width = max(self._server_width, _server_width(server))
            line.append(f"{safe(server):<{self._server_width}} ")
        return line


def gap_sentence(gap: Gap) -> str:
    """Return a sentence with the length of a gap and its cause."""
    why = "" if gap.cause is None else f": {gap.cause}"
    return f"no events for {gap.ended - gap.started:.2f} s{safe(why)}"


def _server_width(server: ServerKey) -> int:
    return min(SERVER_WIDTH_MAX, len(safe(server)))


def _order(key: str) -> int:
    lowered = key.lower()
    return 2 if lowered.endswith(_LAST) else 1 if lowered.endswith(_LATE) else 0


def _header_line(name: str | None, value: str) -> Text:
    line = Text()
    if name is not None:
        line.append(f"{safe(name)}: ", "bold" if name.lower() in ("event", "response") else "dim")
    return line.append(safe_line(value))


def _padded(line: Text, name: str, style: str) -> Text:
    line = Text.assemble(line, (name, style))
    line.pad_right(max(0, NAME_WIDTH - len(name)))
    return line


def _style(name: str) -> str:
    lowered = name.lower()
    return next((style for prefix, style in _STYLES.items() if lowered.startswith(prefix)), "bold")
