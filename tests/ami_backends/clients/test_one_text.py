"""R-DRIVER-07: a program written for a loop, driven to its end on a client whose calls block."""

import asyncio
from types import TracebackType
from typing import Any, Self

import pytest

from ami_backends.clients.one_text import awaitable_connect, run_to_end


class Blocking:
    """A client, and its events, that note what is called."""

    state = "ready"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.calls: list[Any] = [(arguments, options)]
        self.items = iter(("one", "two"))

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append((name, arguments, options))
            return self if name == "events" else name

        return call

    def __next__(self) -> str:
        return next(self.items)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.calls.append(("exit", value))


def test_every_method_is_called_in_the_words_of_a_loop() -> None:
    clients: list[Blocking] = []

    def connect(*arguments: Any, **options: Any) -> Blocking:
        clients.append(Blocking(*arguments, **options))
        return clients[0]

    async def program() -> list[Any]:
        async with awaitable_connect(connect)("pbx", port=1) as client:
            assert client.state == "ready"
            await client.wait_ready(2.0)
            with client.events("A", marks=True) as events:
                items = [item async for item in events]
                items += [await events.get(0.5), await client.send("Ping", x=1), client.snapshot()]
            await client.close(0.0)
            return items

    assert run_to_end(program()) == ["one", "two", "get", "send", "snapshot"]
    assert clients[0].calls == [
        (("pbx",), {"port": 1}),
        ("wait_ready", (2.0,), {}),
        ("events", ("A",), {"marks": True}),
        ("get", (0.5,), {}),
        ("send", ("Ping",), {"x": 1}),
        ("snapshot", (), {}),
        ("close", (), {}),
        ("close", (0.0,), {}),
        ("exit", None),
    ]


def test_what_the_body_raises_comes_out_as_it_is() -> None:
    error = ZeroDivisionError()

    async def program() -> None:
        async with awaitable_connect(Blocking)():
            raise error

    with pytest.raises(ZeroDivisionError) as caught:
        run_to_end(program())
    assert caught.value is error
    assert error.__cause__ is error.__context__ is None
    assert [entry.name for entry in caught.traceback][1:] == ["run_to_end", "program"]


def test_a_program_that_waits_for_a_loop_is_refused_and_ended() -> None:
    ended: list[str] = []

    async def program() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            ended.append("finally")

    with pytest.raises(RuntimeError, match="waits for a loop that does not run"):
        run_to_end(program())
    assert ended == ["finally"]
