"""An action or event of the catalogue as it is shown: on one line, whole, or as plain data.

The examples are in `examples.txt`, which `python -m tests.workshop.catalogue` writes from captures of real
servers: an action has a request and its response.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from shutil import get_terminal_size

from rich.text import Text

from ami_backends.cli.json_lines import JsonRecord
from ami_proto.catalogue.action_record import ActionRecord, Parameter
from ami_proto.catalogue.event_record import EventHeader, EventRecord
from ami_proto.catalogue.sentences import (
    availability,
    call_line,
    ending,
    meaning,
    needed_class,
    receiving_class,
)

CatalogueEntry = ActionRecord | EventRecord
Frames = tuple[str, ...]

WIDTH_MAX = 100
"""Columns that text takes at most, however wide the terminal is."""

HEADER_WIDTH_MAX = 24
"""Columns for the names of headers; after a longer one the text begins on the next line."""

HEADER_STYLE = "cyan"

WIRE_FORMS = {
    "int": "a whole number",
    "int or label": "a whole number or a label",
    "bool": "true or false",
    "yes or no": "yes or no",
    "0 or 1": "0 or 1",
    "seconds": "in seconds",
    "milliseconds": "in milliseconds, where the function takes seconds",
    "comma list": "one or several, with commas between them",
    "changes": "may be repeated with the next numbers",
    "mapping": "NAME=VALUE, may be repeated",
}
"""How the value of a header is written on the wire, by the form of its argument."""


def synopsis(entry: CatalogueEntry) -> str:
    """Return what an action does, or what an event means, in a sentence."""
    return entry.does if isinstance(entry, ActionRecord) else entry.means


def entry_lines(entry: CatalogueEntry) -> list[Text]:
    """Return the lines that show an entry whole."""
    return list(_action_lines(entry) if isinstance(entry, ActionRecord) else _event_lines(entry))


def entry_record(entry: CatalogueEntry) -> JsonRecord:
    """Return an entry as plain data. Its keys stay."""
    if isinstance(entry, ActionRecord):
        return {
            "type": "action",
            "name": entry.name,
            "synopsis": entry.does,
            "function": entry.function,
            "parameters": list(map(_parameter_record, entry.parameters)),
            "privileges": entry.privileges,
            "completion": entry.completion,
            "items": entry.items,
            "end": entry.end or None,
            "blocking": entry.blocking or None,
            "module": entry.module,
            "branches": entry.branches,
            "since": entry.since,
            "example": _action_example(entry.name),
        }
    return {
        "type": "event",
        "name": entry.name,
        "synopsis": entry.means,
        "view": entry.view,
        "headers": list(map(_header_record, entry.headers)),
        "privileges": entry.classes,
        "branches": entry.branches,
        "since": entry.since,
        "example": _event_example(entry.name),
    }


def _parameter_record(parameter: Parameter) -> JsonRecord:
    return {
        "headers": parameter.header.split(),
        "argument": parameter.argument,
        "required": parameter.required,
        "form": parameter.form,
        "values": parameter.words,
        "meaning": parameter.means,
    }


def _header_record(header: EventHeader) -> JsonRecord:
    return {
        "name": header.name,
        "optional": header.optional,
        "repeated": header.repeated,
        "values": header.words,
    }


def _action_lines(action: ActionRecord) -> Iterator[Text]:
    yield from _title(action)
    yield from _paragraph(call_line(action), "    ")
    yield Text()
    yield from _columns(
        [(each.header.replace(" ", ", "), _parameter_text(each)) for each in action.parameters]
    )
    module = "Asterisk's core" if action.module == "core" else f"the module {action.module}"
    facts = [ending(action), needed_class(action), f"It is in {module}."]
    yield from _facts([*facts, availability(action.branches, action.since)])
    yield from _example_lines(_action_example(action.name))


def _event_lines(event: EventRecord) -> Iterator[Text]:
    yield from _title(event)
    yield from _columns([(each.name, _header_text(each)) for each in event.headers])
    yield from _facts([receiving_class(event.classes), availability(event.branches, event.since)])
    yield from _example_lines(_event_example(event.name))


def _title(entry: CatalogueEntry) -> Iterator[Text]:
    yield Text(entry.name, "bold")
    yield from _paragraph(synopsis(entry), "")
    yield Text()


def _parameter_text(parameter: Parameter) -> str:
    marks = ["required"] * parameter.required + [WIRE_FORMS.get(parameter.form, "")]
    return f"{_sentence(marks)} {meaning(parameter)}".lstrip()


def _header_text(header: EventHeader) -> str:
    marks = ["optional"] * header.optional + ["may be repeated"] * header.repeated
    values = f"One of {', '.join(header.words)}." if header.words else ""
    return f"{_sentence(marks)} {values}".strip()


def _sentence(marks: Iterable[str]) -> str:
    text = ", ".join(filter(None, marks))
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _columns(rows: Sequence[tuple[str, str]]) -> Iterator[Text]:
    """Yield names with the text about each beside it, and an empty line at the end."""
    width = min(max((len(name) for name, _ in rows), default=0), HEADER_WIDTH_MAX)
    for name, about in rows:
        lines = _wrapped(about, " " * (width + 4))
        if len(name) > width or not lines:
            yield from _paragraph(name, "  ", HEADER_STYLE)
        else:
            yield Text.assemble("  ", (name.ljust(width + 2), HEADER_STYLE), lines.pop(0).lstrip())
        yield from map(Text, lines)
    if rows:
        yield Text()


def _facts(sentences: Iterable[str]) -> Iterator[Text]:
    for sentence in filter(None, sentences):
        yield from _paragraph(sentence, "")


def _example_lines(frames: Sequence[str]) -> Iterator[Text]:
    """Yield frames of a capture, an empty line before each."""
    if frames:
        yield Text()
        yield Text("For example, from a capture:", "dim")
    for frame in frames:
        yield Text()
        for line in frame.split("\n"):
            yield Text(f"    {line}")


def _paragraph(text: str, indent: str, style: str = "") -> Iterator[Text]:
    for line in _wrapped(text, indent):
        yield Text(line, style)


def _wrapped(text: str, indent: str) -> list[str]:
    width = min(get_terminal_size().columns, WIDTH_MAX)
    return textwrap.wrap(
        text, max(width, len(indent) + 20), initial_indent=indent, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _action_example(name: str) -> Frames:
    """Return a request and the response to it, without their ActionIDs; nothing if no capture has it."""
    return _examples().get(f"Action: {name}", ())


def _event_example(name: str) -> Frames:
    """Return an event; nothing if no capture has it."""
    return _examples().get(f"Event: {name}", ())


@cache
def _examples() -> Mapping[str, Frames]:
    """Return the examples by the first line of each."""
    text = files("ami_backends.cli").joinpath("examples.txt").read_text("utf-8")
    return {frames[0].partition("\n")[0]: frames for frames in _grouped(text.strip().split("\n\n"))}


def _grouped(frames: Iterable[str]) -> Iterator[Frames]:
    """Yield each event alone, and each request with the response after it."""
    rest = iter(frames)
    for frame in rest:
        yield (frame, next(rest)) if frame.startswith("Action:") else (frame,)
