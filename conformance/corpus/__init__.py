"""Bytes that real servers sent: captures of whole sessions, and odd frames with their meaning.

Every implementation of the framing must read them in the same way, however the bytes are cut.
"""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

_ACTION_ID = re.compile(r"^ActionID: *(.*?)\r?$", re.IGNORECASE | re.MULTILINE)
_RELEASES = ("asterisk-16.28.0", "asterisk-22.10.1")


@dataclass(frozen=True, slots=True)
class Capture:
    """All bytes received on one connection, from the banner on."""

    name: str
    """Release and capture: `asterisk-22.10.1/call-mix`."""
    description: str
    data: bytes
    sent: tuple[tuple[float, str], ...]
    """Seconds and text of every action sent (latin-1)."""
    chunks: tuple[tuple[float, int], ...]
    """Seconds and bytes of every read; -1 bytes: the server closed."""

    @property
    def action_ids(self) -> list[str]:
        """The ActionID of every action sent, for `Decoder(sent=...)`."""
        return [found[1] for _, text in self.sent for found in _ACTION_ID.finditer(text)]


@dataclass(frozen=True, slots=True)
class Case:
    """A few frames and their meaning."""

    name: str
    title: str
    data: bytes
    after_banner: bool
    """Whether the banner of the session came before."""
    at_end: bool
    """Whether the stream ends after it."""
    frame_size_max: int | None
    """Limit of the decoder; None for the default."""
    expected: tuple[dict[str, Any], ...]
    """Attributes of each message: kind, and some of headers, output, version, torn, name, action_id, size,
    raw."""


def capture(name: str) -> Capture:
    """Return a capture by its full name."""
    folder, _, file = name.partition("/")
    return _read(name, files(__name__) / folder, file)


def capture_file(path: Path) -> Capture:
    """Return a capture of your own: `NAME.ami` with the bytes, `NAME.json` with the times."""
    return _read(path.stem, path.parent, path.stem)


def _read(name: str, directory: Traversable, file: str) -> Capture:
    about = json.loads((directory / f"{file}.json").read_text("utf-8"))
    return Capture(
        name=name,
        description=about.get("description", ""),
        data=(directory / f"{file}.ami").read_bytes(),
        sent=tuple((float(at), text) for at, text in about["sent"]),
        chunks=tuple((float(at), size) for at, size in about["chunks"]),
    )


def captures() -> Iterator[Capture]:
    """Yield every capture of every release, in the order of their names."""
    for release in _RELEASES:
        for file in sorted(entry.name for entry in (files(__name__) / release).iterdir()):
            if file.endswith(".ami"):
                yield capture(f"{release}/{file.removesuffix('.ami')}")


def nasty_cases() -> Iterator[Case]:
    """Yield frames that were captured from real servers, or assembled after their source code."""
    for case in json.loads((files(__name__) / "nasty-frames.json").read_text("utf-8"))["cases"]:
        yield Case(
            name=case["id"],
            title=case["title"],
            data=base64.b64decode(case["bytes_b64"]),
            after_banner=case["after_banner"],
            at_end=case["eof_after"],
            frame_size_max=None,
            expected=tuple(case["expected"]),
        )


def further_cases() -> Iterator[Case]:
    """Yield frames that no capture has: proxies, asterisk#761, oversized frames, torn streams."""
    for case in json.loads((files(__name__) / "ten-cases.json").read_text("utf-8"))["cases"]:
        yield Case(
            name=case["id"],
            title=case["title"],
            data="".join(case["text"]).encode("latin-1"),
            after_banner=case.get("after_banner", True),
            at_end=case.get("at_end", False),
            frame_size_max=case.get("frame_size_max"),
            expected=tuple(case["expected"]),
        )
