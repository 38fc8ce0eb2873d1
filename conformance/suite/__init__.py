"""One suite for every driver: each test is one program text, written for a loop.

Run it on the drivers of this project::

    pytest --pyargs conformance.suite
    pytest --pyargs conformance.suite --backend trio --backend gevent

or on a driver of your own, given as `module:name` of a `Backend` (see `backends.py`)::

    pytest --pyargs conformance.suite --backend my_driver.proof:MyBackend

Each test is an `async def` that takes `backend` and calls the client as `ami_backends.anyio` has it. On a
driver whose calls block, `ami_backends.clients.one_text` gives the client awaitable methods and runs the same
text without a loop.
"""

import pytest

# Here, before any of them is imported. pytest does it by itself only where it finds this distribution's entry
# point; without, their failures would show no values.
pytest.register_assert_rewrite(
    *(f"{__name__}.{each}" for each in ("failures", "greenlets", "heap", "leaks", "loops", "threads"))
)
