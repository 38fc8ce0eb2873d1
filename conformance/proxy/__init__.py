"""A TCP proxy on loopback that harms what it carries: between a client and any server, also a real Asterisk.

    with FaultProxy(server.port) as proxy:  # connect to proxy.port
        proxy.set(Throttle(10_000))

`conformance.mock.faults` has the faults of a server; these are the faults of a network. Faults that are set
together act together: the slowest sets the pace, and the first cut ends the link.

| fault | what happens to a link |
|---|---|
| `Latency(seconds)` | each byte, and the end of the stream, arrives so much later |
| `Throttle(rate)` | so many bytes per second |
| `SlowLoris(interval)` | one byte, then so many seconds without any: never silent, and no frame ends |
| `OneByte()` | each byte is a segment of its own, without pauses |
| `BlackHole()` | it is accepted, stays open and carries nothing, not even its end; what waits flows later |
| `CutAfter(count)` | it is closed after so many bytes |
| `CutFrame(number, offset)` | it is closed after `offset` bytes of a frame, or before the frame's last byte |
| `Drop()`, `Reset()` | it is closed at once, in order or by RST; a new one is accepted and closed |
| `HalfClose()` | one direction ends in order (FIN) and drops what comes later; the other goes on |

Each has `towards`: "client" (what the server sends), "server" or "both"; it is "client" unless given, and
"both" for `BlackHole`, `Drop` and `Reset`. Cuts count from `set` or from the start of a link; with
`reset=True` they end it by RST. A frame ends at CRLF CRLF, and the banner is part of the first frame.
"""

from .network_faults import (
    BlackHole,
    CutAfter,
    CutFrame,
    Drop,
    HalfClose,
    Latency,
    OneByte,
    ProxyFault,
    Reset,
    SlowLoris,
    Throttle,
)
from .tcp_proxy import FaultProxy, ProxyLink

__all__ = [
    "BlackHole",
    "CutAfter",
    "CutFrame",
    "Drop",
    "FaultProxy",
    "HalfClose",
    "Latency",
    "OneByte",
    "ProxyFault",
    "ProxyLink",
    "Reset",
    "SlowLoris",
    "Throttle",
]
