"""The mirror of Debian's main archive that this machine's apt uses.

Both notations of apt are read: one-line `deb [options] URI suite component...`, and deb822 stanzas with
`Types:`, `URIs:`, `Suites:` and `Components:`. Other archives (security, vendors) do not carry the suites.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

APT_FOLDER = Path("/etc/apt")

SCHEMES = ("http", "https", "file")
"""Schemes that debootstrap can fetch from; apt knows more, such as cdrom:."""


class MirrorUnknown(Exception):
    """apt's configuration names no mirror of Debian's main archive."""


@dataclass(frozen=True, slots=True)
class Source:
    """One archive of apt: its URI, distribution and components."""

    uri: str
    suite: str
    components: tuple[str, ...]


def debian_mirror(folder: Path = APT_FOLDER) -> str:
    """Return the mirror of Debian's main archive that apt uses. Raises `MirrorUnknown`."""
    if not folder.is_dir():
        raise MirrorUnknown("this system has no apt, so no Debian mirror is known")
    if mirror := main_archive(configured_sources(folder)):
        return mirror
    raise MirrorUnknown("apt is not set up with a mirror of Debian's main archive")


def configured_sources(folder: Path) -> Iterator[Source]:
    """Yield every binary source of an apt configuration folder, in apt's order."""
    lists = folder / "sources.list"
    parts = sorted((folder / "sources.list.d").glob("*"))
    for path in [lists, *parts]:
        if path.suffix == ".list" and path.is_file():
            yield from one_line_sources(path.read_text(encoding="utf-8", errors="replace"))
        elif path.suffix == ".sources" and path.is_file():
            yield from deb822_sources(path.read_text(encoding="utf-8", errors="replace"))


def main_archive(sources: Iterable[Source]) -> str | None:
    """Return the mirror of Debian's main archive among the sources, if any.

    By convention the mirrors publish it under a path that ends in `debian`; vendors' archives and
    `debian-security` end otherwise. The first one wins, as it does for apt.
    """
    for source in sources:
        parts = urlsplit(source.uri)
        is_main = parts.path.rstrip("/").endswith("/debian") and "main" in source.components
        if is_main and parts.scheme in SCHEMES and not source.suite.endswith(("-security", "/updates")):
            return source.uri.rstrip("/")
    return None


def one_line_sources(text: str) -> Iterator[Source]:
    """Yield the `deb [options] URI suite component...` lines."""
    for line in text.splitlines():
        bare = re.sub(r"\[[^]]*]", " ", line.partition("#")[0])
        match bare.split():
            case ["deb", uri, suite, *components]:
                yield Source(uri, suite, tuple(components))


def deb822_sources(text: str) -> Iterator[Source]:
    """Yield the sources of `Field: value` stanzas; a value continues in lines that start with a blank."""
    without_comments = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", without_comments):
        fields = _fields(stanza)
        if "deb" not in fields.get("types", ()) or fields.get("enabled", ["yes"])[0].lower() in (
            "no",
            "false",
        ):
            continue
        components = tuple(fields.get("components", ()))
        for uri in fields.get("uris", ()):
            for suite in fields.get("suites", ()):
                yield Source(uri, suite, components)


def _fields(stanza: str) -> dict[str, list[str]]:
    """Split a stanza into lower-case field names and the words of their values."""
    unfolded = re.sub(r"\n[ \t]+", " ", stanza.strip("\n"))
    pairs = (line.partition(":") for line in unfolded.splitlines() if ":" in line)
    return {name.strip().lower(): value.split() for name, _, value in pairs}
