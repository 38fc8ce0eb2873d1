"""The moments in which the user's own code runs inside the engine: predicates and strategies.

Such code looks and judges. A request from inside it would change what the engine is in the middle
of, so it is refused.
"""

from types import TracebackType

from ami_proto.errors import MisuseError


class Callouts:
    """Know whether a predicate or strategy is running. Use as a context manager around the call."""

    __slots__ = ("_running",)

    def __init__(self) -> None:
        self._running = False

    def __enter__(self) -> None:
        self._running = True

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running = False

    def refuse_requests(self) -> None:
        """Raise `MisuseError` while one is running."""
        if self._running:
            raise MisuseError("requests are refused from inside a predicate or a completion strategy")
