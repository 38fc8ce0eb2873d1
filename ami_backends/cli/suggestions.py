"""What a shell suggests for the word at the cursor: commands, options, actions, headers, events.

A shell runs `ami` with `_AMI_COMPLETE` set, and reads one suggestion a line: the whole word and, after a tab,
what it is. The scripts of the shells are in `shells/`. A suggestion that ends with `=` is a beginning.
A program that only suggests must not wait, fail or say anything else: a command line without options needs
neither typer nor the drivers.
"""

import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from typing import NamedTuple

from ami_proto.catalogue.action_record import ACTIONS, ActionRecord, Parameter


class Suggestion(NamedTuple):
    """A word that may stand at the cursor."""

    text: str
    about: str = ""


Suggest = Callable[[Sequence[str], str], Iterable[Suggestion]]
"""Takes the arguments of a command before the cursor, and the word at the cursor."""

REPEATABLE = ("mapping", "indexed", "changes", "headers")
"""Forms of arguments whose header may be given again."""

_BOOLEANS = {"bool": ("true", "false"), "yes or no": ("yes", "no"), "0 or 1": ("1", "0")}
_END = "\x00"
"""Marks the cursor in a line: no argument of a process has it."""


def print_suggestions(shell: str, arguments: Sequence[str]) -> None:
    """Write the suggestions for an unfinished command line. Write nothing for a wrong one."""
    nowhere = StringIO()
    with suppress(Exception), redirect_stdout(nowhere), redirect_stderr(nowhere):
        lines = _for_bash(arguments) if shell == "bash" else _described(arguments)
        os.write(1, os.fsencode("".join(f"{line}\n" for line in lines)))


def suggestions(before: Sequence[str], word: str) -> list[Suggestion]:
    """Return what may stand at the cursor, after the words before it, the command first."""
    command, *arguments = before or [""]
    if command in ARGUMENTS and not any(each.startswith("-") for each in (*arguments, word)):
        found = ARGUMENTS[command](arguments, word)
    else:
        from ami_backends.cli.command_words import command_suggestions  # it imports every command

        found = command_suggestions(before, word)
    return [each for each in found if each.text.lower().startswith(word.lower())]


def action_names() -> Iterator[Suggestion]:
    """Yield each action."""
    return (Suggestion(each.name, each.does) for each in ACTIONS.values())


def event_names() -> Iterator[Suggestion]:
    """Yield each event."""
    from ami_proto.catalogue.event_record import EVENTS

    return (Suggestion(each.name, each.means) for each in EVENTS.values())


def send_words(before: Sequence[str], word: str) -> Iterable[Suggestion]:
    """Suggest the action of `ami send`, and then its headers and their values."""
    words = before[1:] if before and "://" in before[0] else before
    if not words:
        return action_names()
    action = ACTIONS.get(words[0].lower())
    if action is None:
        return ()
    name, equals, _ = word.partition("=")
    return _header_values(action, name) if equals else _headers(action, words[1:])


ARGUMENTS: Mapping[str, Suggest] = {
    "send": send_words,
    "actions": lambda before, _: () if before else action_names(),
    "events": lambda before, _: () if before else event_names(),
}
"""The commands whose arguments are known."""

OPTION_VALUES: Mapping[str, Callable[[], Iterable[Suggestion]]] = {"--event": event_names}
"""The options whose values are names of AMI."""


def _headers(action: ActionRecord, given: Iterable[str]) -> Iterator[Suggestion]:
    """Yield the headers of an action that are not given yet."""
    names = {each.partition("=")[0].lower() for each in given}
    for parameter in action.parameters:
        for header in parameter.header.split():
            if header.lower() not in names or parameter.form in REPEATABLE:
                yield Suggestion(f"{header}=", parameter.means)


def _header_values(action: ActionRecord, name: str) -> Iterator[Suggestion]:
    """Yield a header with each value that is documented for it."""
    for parameter in action.parameters:
        if name.lower() in parameter.header.lower().split():
            for value in _values(parameter):
                yield Suggestion(f"{name}={value}")


def _values(parameter: Parameter) -> Sequence[str]:
    return parameter.words or _BOOLEANS.get(parameter.form, ())


def _described(arguments: Sequence[str]) -> list[str]:
    """Return suggestions with what each is; the last argument is the word at the cursor."""
    *before, word = arguments
    found = suggestions(before, word.lstrip("'\""))  # fish leaves the quote of an open word
    return [f"{each.text}\t{' '.join(each.about.split())}" for each in found]


def _for_bash(arguments: Sequence[str]) -> list[str]:
    """Return suggestions as bash inserts them: quoted, and without the part before its last `=` or `:`.

    bash gives the line in two variables, and as second argument what it takes for the word at the cursor.
    """
    typed = os.fsencode(os.environ["COMP_LINE"])[: int(os.environ["COMP_POINT"])]  # counted in bytes
    (_, *before, word), quote = _split(os.fsdecode(typed))
    part = arguments[1]
    kept = len(word) - len(part) if word.endswith(part) else 0
    texts = [each.text[kept:] for each in suggestions(before, word)]
    if quote:
        return texts
    return [_escaped(text) + " " * (not text.endswith("=")) for text in texts]


def _split(line: str) -> tuple[list[str], str]:
    """Split a line into words as a shell does. Return them, the last at its end, and the quote open there."""
    for quote in ("", "'", '"'):
        with suppress(ValueError):
            *before, word = shlex.split(f"{line}{_END}{quote}")
            return [*before, word.removesuffix(_END)], quote
    return [""], ""


def _escaped(text: str) -> str:
    return re.sub(r"([^\w=:./@%+,-])", r"\\\1", text)
