"""Read from apt's configuration which mirror of Debian's main archive this machine uses.

Both of apt's notations are understood: one-line `deb [options] URI suite component...`, and deb822 stanzas
with `Types:`, `URIs:`, `Suites:` and `Components:`. Other archives (security, vendors) do not carry the
suites wanted.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

APT_FOLDER = Path("/etc/apt")

SCHEMES = ("http", "https", "file")
"""What debootstrap can fetch from; apt knows more, such as cdrom:."""


class MirrorUnknown(Exception):
    """Apt's configuration names no mirror of Debian's main archive."""


@dataclass(frozen=True, slots=True)
class Source:
    """One archive as apt is told about it: where, which distribution, which components."""

    uri: str
    suite: str
    components: tuple[str, ...]


def debian_mirror(folder: Path = APT_FOLDER) -> str:
    """Name the mirror of Debian's main archive that apt uses."""
    if not folder.is_dir():
        raise MirrorUnknown("this system has no apt, so no Debian mirror is known")
    if mirror := main_archive(configured_sources(folder)):
        return mirror
    raise MirrorUnknown("apt is not set up with a mirror of Debian's main archive")


def configured_sources(folder: Path) -> Iterator[Source]:
    """Read every binary source of an apt configuration folder, in apt's order."""
    lists = folder / "sources.list"
    parts = sorted((folder / "sources.list.d").glob("*"))
    for path in [lists, *parts]:
        if path.suffix == ".list" and path.is_file():
            yield from one_line_sources(path.read_text(encoding="utf-8", errors="replace"))
        elif path.suffix == ".sources" and path.is_file():
            yield from deb822_sources(path.read_text(encoding="utf-8", errors="replace"))


def main_archive(sources: Iterable[Source]) -> str | None:
    """Pick Debian's main archive among the sources.

    Its mirrors publish it under a path that ends in `debian`, by convention of the mirror network; vendors'
    archives and `debian-security` end otherwise. Of those the first wins, as it does for apt.
    """
    for source in sources:
        parts = urlsplit(source.uri)
        is_main = parts.path.rstrip("/").endswith("/debian") and "main" in source.components
        if is_main and parts.scheme in SCHEMES and not source.suite.endswith(("-security", "/updates")):
            return source.uri.rstrip("/")
    return None


def one_line_sources(text: str) -> Iterator[Source]:
    """Read `deb [options] URI suite component...` lines."""
    for line in text.splitlines():
        bare = re.sub(r"\[[^]]*]", " ", line.partition("#")[0])
        match bare.split():
            case ["deb", uri, suite, *components]:
                yield Source(uri, suite, tuple(components))


def deb822_sources(text: str) -> Iterator[Source]:
    """Read stanzas of `Field: value`, a value going on in the lines that start with a blank."""
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
