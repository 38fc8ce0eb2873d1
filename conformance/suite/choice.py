"""Backends by name."""

import functools
import importlib
from typing import cast

from conformance.suite.backends import Backend

NAMES = ("selectors", "reactor", "asyncio", "uvloop", "trio", "gevent")
"""The drivers of this project; `gevent-patched` needs a process of its own (`test_monkey_patched.py`)."""


@functools.cache
def backend_of(name: str) -> Backend:
    """Return a backend by its name, or by `module:name`."""
    if ":" in name:
        module_name, _, attribute = name.partition(":")
        return cast("Backend", getattr(importlib.import_module(module_name), attribute)())
    if name in ("asyncio", "uvloop", "trio"):
        from conformance.suite.loops import Loop

        return Loop(name)
    if name in ("gevent", "gevent-patched"):
        from conformance.suite.greenlets import Greenlets

        return cast("Backend", Greenlets(name))
    if name in ("selectors", "reactor"):
        from conformance.suite.threads import Owned, Threads

        return cast("Backend", Threads() if name == "selectors" else Owned())
    raise ValueError(f"no backend {name!r}: {', '.join((*NAMES, 'gevent-patched'))}, or module:name")
