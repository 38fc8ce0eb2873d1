"""One example of each action and event that a capture of a real server has.

`examples.txt` is written by `python -m tests.workshop.catalogue`: an action has a request and its response.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files

Frames = tuple[str, ...]


def example_action(name: str) -> Frames:
    """Return a request and the response to it, without their ActionIDs; nothing if no capture has it."""
    return _examples().get(f"Action: {name}", ())


def example_event(name: str) -> Frames:
    """Return an event; nothing if no capture has it."""
    return _examples().get(f"Event: {name}", ())


@cache
def _examples() -> Mapping[str, Frames]:
    """Return the examples by the first line of each."""
    text = files("ami_backends.cli").joinpath("examples.txt").read_text("utf-8")
    return {frames[0].partition("\n")[0]: frames for frames in _grouped(text.strip().split("\n\n"))}


def _grouped(frames: Iterable[str]) -> Iterator[Frames]:
    """Yield each event alone, and each request with the response after it."""
    rest = iter(frames)
    for frame in rest:
        yield (frame, next(rest)) if frame.startswith("Action:") else (frame,)
