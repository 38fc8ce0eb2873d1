"""What may stand on a command line besides the words of AMI: commands, options, and values of options."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from typer.core import TyperGroup
from typer.main import get_command

from ami_backends.cli.app import build
from ami_backends.cli.suggestions import ARGUMENTS, OPTION_VALUES, Suggestion


def command_suggestions(before: Sequence[str], word: str) -> Iterable[Suggestion]:
    """Suggest commands, then options, values of options, and the arguments that are left."""
    ami = get_command(build())
    assert isinstance(ami, TyperGroup)
    name, *words = before or [""]
    if not name or name.startswith("-"):
        return _options(ami.params) if word.startswith("-") else _commands(ami.commands)
    command = ami.commands.get(name)
    if command is None:
        return ()
    taking = {opt: each for each in command.params for opt in each.opts if _takes_value(each)}
    if words and words[-1] in taking:
        return _option_values(taking[words[-1]], command.make_context(name, [], resilient_parsing=True))
    if word.startswith("-"):
        return _options(command.params)
    return ARGUMENTS[name](_arguments(words, taking), word) if name in ARGUMENTS else ()


def _commands(commands: Mapping[str, Any]) -> Iterator[Suggestion]:
    for name, command in commands.items():
        yield Suggestion(name, command.get_short_help_str(100))


def _options(parameters: Iterable[Any]) -> Iterator[Suggestion]:
    for each in parameters:
        for opt in each.opts:
            if opt.startswith("--"):
                yield Suggestion(opt, getattr(each, "help", None) or "")
    yield Suggestion("--help", "Show this message and exit.")


def _option_values(option: Any, context: Any) -> Iterable[Suggestion]:  # noqa: ANN401 - as below
    for name in OPTION_VALUES.keys() & option.opts:
        return OPTION_VALUES[name]()
    found = option.shell_complete(context, "")  # typer compares the case of letters
    return (Suggestion(each.value, each.help or "") for each in found)


def _takes_value(parameter: Any) -> bool:  # noqa: ANN401 - click's, or typer's copy of it
    """Whether this is an option after which a value stands."""
    is_option = parameter.param_type_name == "option"
    return is_option and not (parameter.is_flag or parameter.count)


def _arguments(words: Sequence[str], taking: Mapping[str, Any]) -> list[str]:
    """Return the words that are neither options nor their values."""
    arguments: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in taking:
            next(rest, None)
        elif not word.startswith("-"):
            arguments.append(word)
    return arguments
