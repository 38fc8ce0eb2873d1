"""What happened in a run, line by line, and one hash over all of it.

Two runs are the same when their hashes are. A line holds nothing that differs from process to process:
no address, no wall clock, nothing in the order of a set.
"""

import hashlib
from collections import deque

LINES_KEPT = 80
"""Lines that an error shows; the hash is over all of them."""
LINE_SHOWN_MAX = 300
"""Characters of a line that an error shows."""


class Trace:
    """Take lines; keep the last ones, and the hash of all."""

    def __init__(self) -> None:
        self.count = 0
        self._digest = hashlib.sha256()
        self._last: deque[str] = deque(maxlen=LINES_KEPT)

    def add(self, now: float, what: str) -> None:
        """Take one line; `now` is virtual time in seconds."""
        line = f"{now!r} {what}"
        self.count += 1
        self._digest.update(line.encode("utf-8", "surrogateescape") + b"\n")
        self._last.append(line[:LINE_SHOWN_MAX])

    @property
    def hash(self) -> str:
        """The hash over every line so far, in hex."""
        return self._digest.hexdigest()

    @property
    def tail(self) -> str:
        """The last lines, for an error."""
        return "\n".join(self._last)
