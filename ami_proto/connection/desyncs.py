"""How often the stream has lately made no sense: too often, and what follows makes none either."""

from collections import deque

from ami_proto.config import ServerConfig


class Desyncs:
    """Count unknown frames in a window of time."""

    __slots__ = ("_most", "_times", "_window")

    def __init__(self, config: ServerConfig) -> None:
        self._most = config.max_desyncs
        self._window = config.desync_window
        self._times: deque[float] = deque()

    def __len__(self) -> int:
        return len(self._times)

    def add(self, now: float) -> str | None:
        """Count one; where there are too many, say how many in which time."""
        self._times.append(now)
        while self._times[0] < now - self._window:
            self._times.popleft()
        return f"{len(self)} in {self._window:g} s" if len(self) > self._most else None
