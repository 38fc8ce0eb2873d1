"""One suite for every driver: programs whose text is the same on all of them, but for `await`.

Run it on the drivers of this project::

    pytest --pyargs conformance.suite
    pytest --pyargs conformance.suite --backend trio --backend gevent

or on a driver of your own, given as `module:name` of a `Backend` (see `backends.py`)::

    pytest --pyargs conformance.suite --backend my_driver.proof:MyBackend

Each test is an `async def` that takes `backend` and talks to the client in the words of
`ami_backends.anyio`. A driver whose calls block runs the same text with `async` and `await` struck out
(`program.py`).
"""
