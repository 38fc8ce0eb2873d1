"""What the catalogue says, in sentences: for `help`, the pages of the documentation, and the command line."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from ami_proto.catalogue.action_record import ActionRecord, Parameter

_ENDINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "response": "Answered by one response.",
        "output": "Answered by one response with the command's output.",
        "list": "Answered by a list of {items}, ended by {end}.",
        "response or list": "Answered by one response, or by a list of {items}, ended by {end}.",
        "unmarked": "Answered by a list of {items}, ended by {end}, without {mark} headers before 13.2.",
        "event": "Answered by a response, and then by the event {end}.",
        "event only": "Answered by the event {end}, without a response.",
        "fence": "Its end cannot be recognised: a {ping} follows it.",
        "fence only": "There may be no response. Its end cannot be recognised: a {ping} follows it.",
        "originate": "Answered by a response, and then by the event {end} unless it is synchronous.",
        "wait": "Answered by the events of the session, ended by {wait_end}.",
    }
)
"""How an action ends, by its completion."""

_BLOCKING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "": "",
        "always": " Until then, Asterisk serves nothing else on the session.",
        "unless asynchronous": " A synchronous one keeps Asterisk from serving the session until then.",
    }
)
"""What waits for an action, by its blocking."""


def docstring_of(record: ActionRecord) -> str:
    """Return what `help` says of an action's function."""
    lines = [record.does]
    if record.parameters:
        lines += ["", *(argument_line(each) for each in record.parameters)]
    facts = [ending(record), needed_class(record), availability(record.branches, record.since)]
    return "\n".join([*lines, "", *facts])


def call_line(record: ActionRecord) -> str:
    """Return how an action's function is called: `queue_add(queue, interface, *, penalty)`."""
    required = [each.argument for each in record.parameters if each.required]
    optional = [each.argument for each in record.parameters if not each.required]
    arguments = ", ".join([*required, *(["*", *optional] if optional else [])])
    return f"{record.function}({arguments})"


def argument_line(parameter: Parameter) -> str:
    """Return one line about an argument, with the header's name on the wire."""
    unit = ", in seconds" if "seconds" in parameter.form else ""
    return f"`{parameter.argument}`{unit} ({parameter.header.replace(' ', ', ')}): {meaning(parameter)}"


def meaning(parameter: Parameter) -> str:
    """Return what an argument means, and its documented values."""
    values = f" One of {', '.join(parameter.words)}." if parameter.words else ""
    return f"{parameter.means}{values}"


def ending(record: ActionRecord, write: Callable[[str], str] = str) -> str:
    """Return how an action ends, in one or two sentences; `write` gives the form of each name in it."""
    said = _ENDINGS[record.completion].format(
        items=_joined(map(write, record.items), "and"),
        end=write(record.end),
        mark=write("EventList"),
        ping=write("Ping"),
        wait_end=write("WaitEventComplete"),
    )
    return f"{said}{_BLOCKING[record.blocking]}"


def needed_class(record: ActionRecord) -> str:
    """Return which class a user needs to send an action, in a sentence."""
    if not record.privileges:
        return "Every user may send it."
    return f"A user needs the class {_joined(record.privileges, 'or')} to send it."


def receiving_class(classes: tuple[str, ...]) -> str:
    """Return which class a user needs to receive an event, in a sentence; empty if it needs none."""
    return f"Sent to users with the class {_joined(classes, 'or')}." if classes else ""


def availability(branches: str, since: tuple[str, ...]) -> str:
    """Return which releases have something, in a sentence."""
    exact = f", since {', '.join(since)}" if since else ""
    return f"Asterisk {branches.replace(' ', ', ').replace('-', ' to ')}{exact}."


def _joined(words: Iterable[str], last: str) -> str:
    """Return words as a sentence has them: `a, b and c`."""
    *others, end = list(words) or [""]
    return f"{', '.join(others)} {last} {end}" if others else end
