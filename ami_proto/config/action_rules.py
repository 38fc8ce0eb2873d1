"""What Asterisk would silently change or ignore in an action (R-ACT-08).

Its handlers read the first header of a name and skip blanks before the value (main/manager.c,
`astman_get_header`); what else is sent is lost without an error. Here it is refused. Raises `InvalidAction`.
"""

from collections.abc import Callable, Iterable
from typing import Final

from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.errors import InvalidAction

# Actions that read every `Variable` header (`astman_get_variables`, main/manager.c).
_TAKE_VARIABLES: Final = frozenset(
    key for key, record in ACTIONS.items() if any(each.form == "mapping" for each in record.parameters)
)

# Actions in which `Variable` is the name of one variable.
_NAME_A_VARIABLE: Final = frozenset({"getvar", "setvar"})

# The action that passes its lines on as they are (main/manager.c:6504), but for the name of the event.
_PASSES_ON: Final = "userevent"

# The header of an action that has an event mask.
_MASKS: Final = {"events": "eventmask", "login": "events"}

_FIRST_TEXT: Final = "!"
"""Asterisk skips every byte below this one before a value (`ast_skip_blanks`)."""

# What Asterisk takes for a yes and a no, in any case (ast_true and ast_false, main/utils.c).
YES: Final = frozenset({"yes", "true", "y", "t", "1", "on"})
_NO: Final = frozenset({"no", "false", "n", "f", "0", "off"})

# `perms[]` of main/manager.c.
_MASK_WORDS: Final = """
    agent agi all aoc call cc cdr command config dialplan dtmf log message none originate reporting security
    system test user verbose
"""
_CLASSES: Final = frozenset(_MASK_WORDS.split())
_MASK_MAX: Final = 2**31 - 1

MASK_RULE: Final = (
    "must be yes, no, a number, or class names with commas between them and no blanks or capitals: "
    "Asterisk would ignore another word, without an error"
)


def is_event_mask(text: str) -> bool:
    """Whether Asterisk understands every word of an event mask: it compares them as they are."""
    if text.lower() in YES | _NO:
        return True
    if text.isascii() and text.isdigit():
        return len(text) <= len(str(_MASK_MAX)) and int(text) <= _MASK_MAX
    # Not a part of a name: a word before a comma means every class that begins with it (`ast_instring`).
    return _CLASSES.issuperset(text.split(","))


def check_variables(action: str) -> None:
    """Refuse channel variables for an action that has none."""
    if action.lower() in ACTIONS.keys() - _TAKE_VARIABLES:
        raise InvalidAction(f"{action} has no channel variables: Asterisk would ignore them")


def check_headers(action: str, headers: Iterable[tuple[str, str]], label: Callable[[int, str], str]) -> None:
    """Refuse headers of which Asterisk would lose a part. `label` names one, by number and name."""
    action_key = action.lower()
    seen: set[str] = set()
    for number, (name, value) in enumerate(headers, 1):
        key = name.lower()
        passed_on = action_key == _PASSES_ON and key != _PASSES_ON
        if value and value[0] < _FIRST_TEXT and not passed_on:
            raise InvalidAction(
                f"{label(number, name)} begins with a blank or control character, which Asterisk removes"
            )
        is_variable = key == "variable"
        if is_variable and not passed_on and action_key not in _NAME_A_VARIABLE:
            check_variables(action)
        may_repeat = passed_on or action_key not in ACTIONS or (is_variable and action_key in _TAKE_VARIABLES)
        if key in seen and not may_repeat:
            raise InvalidAction(f"{label(number, name)} is a second value, and {action} takes one")
        if value and _MASKS.get(action_key) == key and not is_event_mask(value):
            raise InvalidAction(f"{label(number, name)} {MASK_RULE}")
        seen.add(key)
