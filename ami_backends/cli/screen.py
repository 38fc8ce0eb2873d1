"""What people read: colours and neat columns on a terminal, plain lines elsewhere.

Nothing that a server sent is taken for markup, and nothing unprintable of it reaches the terminal.
"""

import sys
from collections.abc import Iterable
from datetime import datetime

from rich.console import Console, OverflowMethod, RenderableType
from rich.text import Text

from ami_backends._safe import safe, safe_line
from ami_proto import Drops, Gap, Message

NAME_WIDTH = 20
"""Columns for an event's name; the names of almost all events fit."""

_STYLES = {
    "newchannel": "bold green",
    "hangup": "bold red",
    "dial": "bold yellow",
    "bridge": "bold cyan",
    "originate": "bold yellow",
    "userevent": "bold magenta",
}
"""How names look that begin with these; others are bold."""

_UNTOLD = frozenset({"event", "privilege", "timestamp"})
"""Headers that a line about an event leaves out."""

_SNAPSHOT = ("calleridnum", "calleridname", "channelstatedesc", "exten")
_DULL = ("uniqueid", "linkedid", "language", "context", "priority", "channelstate", "accountcode", "actionid",
         "connectedlinenum", "connectedlinename")  # fmt: skip
"""How headers end that repeat what a channel looks like: told last, where the edge of a terminal cuts."""

_EMPTY = frozenset({"", "<unknown>", "(null)"})
"""What Asterisk writes for nothing."""


class _Console(Console):
    """A console that leaves a closed pipe to its caller."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Screen:
    """Write to stdout, each line at once."""

    def __init__(self) -> None:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a TextIOWrapper
        self._console = _Console(markup=False, highlight=False, emoji=False)

    @property
    def is_terminal(self) -> bool:
        """Whether a person watches."""
        return self._console.is_terminal

    def write(self, text: Text | str, *, crop: bool = False) -> None:
        """Write a line; `crop` cuts it at the right edge of a terminal."""
        if not self.is_terminal:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        elif crop:
            edge: OverflowMethod = "ellipsis" if self._console.encoding.startswith("utf") else "crop"
            self._console.print(text, no_wrap=True, overflow=edge)
        else:
            self._console.print(text, soft_wrap=True)

    def draw(self, picture: RenderableType) -> None:
        """Draw a table or the like."""
        self._console.print(picture)
        sys.stdout.flush()

    def show(self, item: Message | Gap | Drops) -> None:
        """Write one line about an event, a gap, or lost events."""
        match item:
            case Gap():
                self.write(_marked("gap", gap_sentence(item)))
            case Drops():
                self.write(
                    _marked("drops", f"{item.count} events lost: they came faster than they were read")
                )
            case _:
                self.write(_event_line(item), crop=True)

    def show_whole(self, messages: Iterable[Message]) -> None:
        """Write messages header by header, an empty line behind each."""
        for message in messages:
            for name, value in message.items():
                self.write(_header_line(name, value))
            if message.output is not None and "Output" not in message:
                self.show_output(message.output)
            self.write("")

    def show_output(self, lines: Iterable[str]) -> None:
        """Write the output of a command."""
        for line in lines:
            self.write(safe_line(line))


def gap_sentence(gap: Gap) -> str:
    """Say how long no events were received, and why."""
    why = "" if gap.cause is None else f": {gap.cause}"
    return f"no events for {gap.ended - gap.started:.2f} s{safe(why)}"


def _event_line(message: Message) -> Text:
    name = safe(message.name or message.kind.value)
    line = _begun(name, _style(name))
    for key, value in sorted(message.items(), key=lambda pair: _rank(pair[0] or "")):
        if (key or "").lower() not in _UNTOLD and value not in _EMPTY:
            line.append(" ")
            if key is not None:
                line.append(f"{safe(key)}=", "dim")
            line.append(safe(value))
    return line


def _rank(key: str) -> int:
    """Say how late in its line a header is told."""
    lowered = key.lower()
    return 2 if lowered.endswith(_DULL) else 1 if lowered.endswith(_SNAPSHOT) else 0


def _header_line(name: str | None, value: str) -> Text:
    line = Text()
    if name is not None:
        line.append(f"{safe(name)}: ", "bold" if name.lower() in ("event", "response") else "dim")
    return line.append(safe_line(value))


def _marked(name: str, sentence: str) -> Text:
    return _begun(f"-- {name} --", "bold reverse yellow").append(f" {sentence}")


def _begun(name: str, style: str) -> Text:
    line = Text(f"{datetime.now():%H:%M:%S} ", "dim")
    line = Text.assemble(line, (name, style))
    line.pad_right(max(0, NAME_WIDTH - len(name)))
    return line


def _style(name: str) -> str:
    lowered = name.lower()
    return next((style for prefix, style in _STYLES.items() if lowered.startswith(prefix)), "bold")
