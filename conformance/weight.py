"""What an object weighs in memory, with everything that it leads to."""

import gc
import sys
from types import BuiltinFunctionType, FunctionType, ModuleType


def weigh(root: object) -> int:
    """Return the bytes of an object and of everything it alone leads to: no classes, code or modules."""
    seen: set[int] = set()
    waiting, total = [root], 0
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, type | ModuleType | FunctionType | BuiltinFunctionType):
            continue
        seen.add(id(each))
        total += sys.getsizeof(each)
        waiting += gc.get_referents(each)
    return total
