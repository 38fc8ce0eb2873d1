"""The trace of a run: its lines, one hash over all of them, and the error that ends with them.

Two runs are the same if their hashes are. So a line must not hold anything that differs between processes:
an address, the time of day, the order of a set.
"""

import hashlib
from collections import deque

LINES_KEPT = 80
"""Lines that an error shows. The hash covers all lines."""
LINE_SHOWN_MAX = 300
"""Characters of a line that an error shows."""


class Trace:
    """Lines of a run: the hash of all of them, and the last ones as text."""

    def __init__(self) -> None:
        self.count = 0
        self._digest = hashlib.sha256()
        self._last: deque[str] = deque(maxlen=LINES_KEPT)

    def add(self, now: float, what: str) -> None:
        """Add a line; `now` is in seconds of virtual time."""
        line = f"{now!r} {what}"
        self.count += 1
        self._digest.update(line.encode("utf-8", "surrogateescape") + b"\n")
        self._last.append(line[:LINE_SHOWN_MAX])

    @property
    def hash(self) -> str:
        """SHA-256 of every line so far, in hex."""
        return self._digest.hexdigest()

    @property
    def tail(self) -> str:
        """The last lines, for an error."""
        return "\n".join(self._last)


class LawBroken(AssertionError):
    """A machine broke a law. The message ends with the last lines of the trace."""

    def __init__(self, law: str, what: str, trace: Trace) -> None:
        super().__init__(f"{law}: {what}\nthe story so far:\n{trace.tail}")
        self.law = law
