"""Functions that make the actions of Asterisk: `from ami_proto.actions import originate, queue_add`.

Each takes the action's headers as arguments with Python's names, and returns an `Action` to `send`. The
required ones may be given by position. `help(originate)` says what each means; type checkers read
`actions.pyi`. An action that is not here is `Action("ItsName", {...})`.
"""

from ami_proto.message.action_functions import ActionFunction, action_function, functions

__all__ = sorted(functions())


def __getattr__(name: str) -> ActionFunction:
    made: ActionFunction = globals().setdefault(name, action_function(name))  # another thread may be first
    return made


def __dir__() -> list[str]:
    return __all__
