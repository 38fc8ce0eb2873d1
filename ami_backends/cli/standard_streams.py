"""The standard streams of a command: any of them may be missing, closed or full.

A failure to write to stdout is an error of its own type, and no failure of the action: what that does in
Asterisk is done, whether its reply can be shown or not.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast


class OutputFailed(Exception):
    """stdout cannot be written to: the disk is full, or the terminal is gone. A closed pipe is not this."""


def replace_missing_streams() -> None:
    """Open the null device for each standard stream that the process was started without (`>&-`)."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open until the process ends


@contextmanager
def output_failures_named() -> Iterator[None]:
    """Raise `OutputFailed` for each failure to write to stdout, also from libraries and other packages."""
    before = sys.stdout
    sys.stdout = cast("TextIO", _Output(before))
    try:
        yield
        sys.stdout.flush()
    finally:
        sys.stdout = before


def flush_streams() -> None:
    """Flush the standard streams here: Python reports a failure to flush them at exit, on stderr.

    A stream that fails is pointed at the null device, or Python would try again at exit.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError), open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), stream.fileno())


class _Output:
    """A text stream that raises `OutputFailed`; everything else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text, as `TextIO.write`."""
        with _named():
            return self._stream.write(text)

    def flush(self) -> None:
        """Flush, as `TextIO.flush`."""
        with _named():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any attribute of the stream
        return getattr(self._stream, name)


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # the reader wants no more: an end, and no failure
        raise
    except OSError as error:
        raise OutputFailed(f"the output cannot be written: {error.strerror or error}") from error
