"""The smallest section of manager.conf that does for a configuration."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from ami_backends.cli.diagnosis import Diagnosis, Side
from ami_backends.cli.needs import CLASSES, in_order

IPAddress = IPv4Address | IPv6Address

WRITE_TIMEOUT: Final = 5000
"""Milliseconds for which Asterisk waits until a client reads on. Its default of 100 cuts off a program that
pauses for garbage collection or a slow disk; only the session's own thread waits (main/iostream.c)."""

_TLS: Final = """\
[general]
tlsenable = yes
tlsbindaddr = 0.0.0.0:5039
tlscertfile = /etc/asterisk/keys/ami.pem
tlsprivatekey = /etc/asterisk/keys/ami.pem
; your certificate; the program then connects to amis://
"""


def section_of(
    username: str, diagnosis: Diagnosis, events: Iterable[str], own: IPAddress | None, *, needs_tls: bool
) -> list[str]:
    """Return the lines of the section, with those of [general] that it needs.

    `events` are the names that `eventfilter` lets through, or none; `own` is the address of this machine.
    """
    return [
        *([*_TLS.splitlines(), ""] if needs_tls else []),
        f"[{username}]",
        "; secret = (unchanged)",
        *_classes(diagnosis.read),
        *_classes(diagnosis.write),
        *_filters(events),
        *_addresses(own),
        f"writetimeout = {WRITE_TIMEOUT}",
    ]


def _classes(side: Side) -> list[str]:
    if not side.open:
        return [f"{side.name} = {','.join(side.needs) or 'none'}"]
    what = "--events says" if side.name == "read" else "--policy, or the policy of a file, says"
    note = f"; {side.name}: {what} which classes are enough"
    if not side.whole:
        needed = ",".join(side.needs)
        return [note, f"; {side.name} = (unchanged)" + (f", with {needed}" if needed else "")]
    have = in_order({*(side.has or ()), *side.needs})
    return [note, f"{side.name} = {'all' if len(have) == len(CLASSES) else ','.join(have) or 'none'}"]


def _filters(events: Iterable[str]) -> list[str]:
    """Return the filters. They search the text of an event, so a name lets through every longer one."""
    kept: list[str] = []
    for name in sorted(events):
        if not any(name.startswith(each) for each in kept):
            kept.append(name)
    return [f"eventfilter = Event: {name}" for name in kept]


def _addresses(own: IPAddress | None) -> list[str]:
    if own is None:
        return ["; deny and permit: the address of this machine is not known"]
    lines = ["deny = 0.0.0.0/0.0.0.0", "deny = ::/0"]
    if own.is_loopback:
        return [*lines, "permit = 127.0.0.1/255.255.255.255", "permit = ::1/128"]
    mask = "/255.255.255.255" if own.version == 4 else "/128"
    return [
        *lines,
        "; the address of this machine; after NAT the server sees another",
        f"permit = {own}{mask}",
    ]
