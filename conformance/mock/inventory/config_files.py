"""Configuration files as GetConfig reads them: categories, each with its lines in order.

A file is a text. Categories may share a name, as an endpoint, its auth and its aor in pjsip.conf do.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Category:
    """A category and its variables, written with `=` or `=>`."""

    name: str
    lines: list[tuple[str, str]] = field(default_factory=list)


def categories(text: str) -> list[Category]:
    """Parse a file; lines before the first category are ignored."""
    found: list[Category] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("["):
            found.append(Category(line.strip("[]")))
        elif found:
            name, _, value = line.partition("=")
            found[-1].lines.append((name.strip(), value.removeprefix(">").strip()))
    return found


def sample_files() -> dict[str, str]:
    """Return the files by name: the one of the captures, and two more."""
    return {"http.conf": _HTTP, "pjsip.conf": _PJSIP, "queues.conf": _QUEUES}


_HTTP = """
    [general]
    enabled = no
"""

_PJSIP = """
    [udp]
    type = transport
    protocol = udp
    bind = 127.0.0.1:15638

    [alice]
    type = endpoint
    context = default
    disallow = all
    allow = ulaw
    auth = alice
    aors = alice

    [alice]
    type = auth
    auth_type = userpass
    username = alice
    password = alicepass

    [alice]
    type = aor
    max_contacts = 5

    [bob]
    type = endpoint
    context = default
    disallow = all
    allow = ulaw
    aors = bob

    [bob]
    type = aor
    contact = sip:bob@127.0.0.1:15638
    qualify_frequency = 30
"""

_QUEUES = """
    [general]

    [support]
    strategy = ringall
    timeout = 10
    member => Local/1000@default,0,Agent One

    [sales]
    strategy = rrmemory
"""
