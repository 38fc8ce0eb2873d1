"""A value that one task waits for and another brings."""

from typing import Generic, TypeVar, cast

import anyio

T = TypeVar("T")


class Promise(Generic[T]):
    """As `concurrent.futures.Future`, for tasks of one loop."""

    def __init__(self) -> None:
        self._settled = anyio.Event()
        self._result: T | None = None
        self._exception: BaseException | None = None

    def done(self) -> bool:
        """Say whether it was kept or broken."""
        return self._settled.is_set()

    def set_result(self, result: T) -> None:
        """Keep it."""
        self._result = result
        self._settled.set()

    def set_exception(self, exception: BaseException) -> None:
        """Break it."""
        self._exception = exception
        self._settled.set()

    async def result(self) -> T:
        """Wait, and return or raise what became of it."""
        await self._settled.wait()
        if self._exception is not None:
            raise self._exception
        return cast("T", self._result)
