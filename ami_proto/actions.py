"""Functions that make the actions of Asterisk: `from ami_proto.actions import originate, queue_add`.

Each takes the action's headers as arguments with Python's names, and returns an `Action` to `send`. The
required ones may be given by position. `help(originate)` says what each means; type checkers read
`actions.pyi`. An action that is not here is `Action("ItsName", {...})`.
"""

from ami_proto.message.action_functions import ActionFunction, action_function, functions


def __getattr__(name: str) -> ActionFunction:
    made = globals()[name] = action_function(name)
    return made


def __dir__() -> list[str]:
    return sorted(functions())
