"""The troubles of one run, drawn from its seed.

As in swarm testing, a run does not have a little of every trouble: it has a random part of them, each at a
rate of its own. Some states are reached only where a trouble is absent: a queue that fills because nothing is
pulled, a session that lives long enough to be stable.
"""

from dataclasses import dataclass, fields, replace
from random import Random

import ami_proto as ami
from conformance.mock import PlannedFault as Trouble
from conformance.mock import noise
from conformance.mock.faults import (
    ChangeActionId,
    Delay,
    DropLink,
    DropMidFrame,
    FaultEffect,
    FaultTrigger,
    Freeze,
    Inject,
    Lag,
    Lose,
    Mute,
    OnConnect,
    OnEvent,
    OnLogin,
    OnRequest,
    RefuseLinks,
    Repeat,
    Replace,
    Tear,
    Trickle,
)

SETUP = (
    ami.SetupAction("Events", (("EventMask", "call,system,user"),), required=True),
    ami.SetupAction("NoSuchAction"),
)


RATES = (0.2, 0.5, 1.0, 1.0)
"""How often a trouble strikes, 1.0 is most often."""
PRESENT = 0.4
"""In how many of all runs a trouble occurs."""
NO_TROUBLE = ("tls", "silent")
"""What stays when everything heals."""


@dataclass(frozen=True, slots=True)
class Weather:
    """The troubles of one run: each has a rate from 0 to 1. With all of them 0 there is no trouble."""

    refused: float = 0.0
    """Some dials are refused."""
    black_holes: float = 0.0
    """Some dials get no answer."""
    losses: float = 0.0
    """Links end by EOF or RST."""
    severed: float = 0.0
    """Links stay open but carry nothing, in one direction or both."""
    partitions: float = 0.0
    """For some seconds nothing reaches a server, or nothing comes from it; then everything arrives."""
    segments: float = 0.0
    """Bytes arrive in small pieces."""
    short_writes: float = 0.0
    """Writes take only some of the bytes."""
    slow: float = 0.0
    """Latency of up to a second instead of a few milliseconds."""
    forgetful: float = 0.0
    """The driver reads on without draining for a while."""
    sleepy: float = 0.0
    """The driver is suspended for a while, and servers and network are not."""
    jumps: float = 0.0
    """The clock jumps forward over everything that was due; and facts come with times of the past."""
    stale: float = 0.0
    """The driver reports facts about sessions that have ended or never existed."""
    troubles: float = 0.0
    """The server has planned faults, all that `conformance.mock.faults` offers."""
    locked_out: float = 0.0
    """The server refuses some logins."""
    restarts: float = 0.0
    """The server closes all links at once."""
    boots: float = 0.0
    """The server boots for a while after each restart: lists are empty, actions unknown."""
    older: float = 0.0
    """A server that restarts has another release, older or newer."""
    nonsense: float = 0.0
    """The server sends bytes that are not AMI, or half frames."""
    hangs: float = 0.0
    """Some actions block the whole session: WaitEvent, a synchronous Originate."""
    stops: float = 0.0
    """The application stops the machine, and starts it again."""
    changes: float = 0.0
    """The application adds, removes and replaces servers of a cluster."""
    flood: float = 0.0
    """The server sends more events than small queues hold, and than a round allows."""
    tls: float = 0.0
    """The machine shows pieces for TLS; the link itself is plain."""
    silent: float = 0.0
    """The driver never reports that it has read everything."""

    @property
    def names(self) -> tuple[str, ...]:
        """The troubles of this run, by name."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name))

    def __str__(self) -> str:
        return " ".join(f"{name}={getattr(self, name):g}" for name in self.names) or "none"

    def healed(self) -> "Weather":
        """Return the same run without trouble."""
        return replace(Weather(), **{name: getattr(self, name) for name in NO_TROUBLE})

    def without(self, *names: str) -> "Weather":
        """Return the same run without some of its troubles."""
        return replace(self, **dict.fromkeys(names, 0.0))


def draw_weather(random: Random) -> Weather:
    """Draw the troubles of a run: each occurs in two runs of five, at a rate of its own."""
    return Weather(
        **{each.name: random.choice(RATES) if random.random() < PRESENT else 0.0 for each in fields(Weather)}
    )


def draw_local_weather(random: Random, weather: Weather) -> Weather:
    """Draw which troubles of a run with several servers one of them has."""
    spared = [name for name in weather.names if name not in NO_TROUBLE and random.random() < 0.3]
    return weather.without(*spared)


def draw_limits(random: Random) -> ami.ClusterConfig:
    """Draw what the servers of a cluster share, with small numbers."""
    return ami.ClusterConfig(
        connect_rate=random.choice((0.5, 5.0, 50.0)),
        connect_burst=random.choice((1, 3, 10)),
        connecting_max=random.choice((1, 2, 200)),
        round_bytes=random.choice((1024, 4096, 1024 * 1024)),
        round_frames=random.choice((1, 5, 1000)),
        round_messages=random.choice((1, 5, 1000)),
    )


def draw_config(random: Random, weather: Weather, number: int = 0, address: int = 1) -> ami.ServerConfig:
    """Draw a configuration, with small numbers: so limits are reached, and a minute holds many reconnects.

    `number` is the server's, and part of its key where that is not 0.
    """
    interval, timeout = random.choice((0.5, 2.0, 15.0)), random.choice((0.3, 1.0, 5.0))
    return ami.ServerConfig(
        key=random.choice(("pbx", "pbx 01", "pbx-münchen", "k" * 90)) + (f" {number}" if number else ""),
        host=f"192.0.2.{address}",
        tls=ami.Tls() if weather.tls else None,
        username="admin",
        secret=f"s3cr3t {address}",
        auth=random.choice(("md5", "plain")),
        wait_fully_booted=random.choice((True, False, "auto")),
        boot_timeout=random.choice((1.0, 5.0, 60.0)),
        connect_timeout=random.choice((0.5, 3.0, 10.0)),
        banner_timeout=random.choice((0.5, 5.0)),
        login_timeout=random.choice((2.0, 10.0)),
        action_timeout=random.choice((0.2, 3.0, 30.0)),
        close_grace=random.choice((0.0, 0.25, 2.0)),
        heartbeat_interval=interval,
        heartbeat_timeout=timeout,
        read_timeout=(interval + 3 * timeout) * random.choice((1.01, 2.0)),
        frame_timeout=random.choice((1.0, 10.0, 60.0)),
        pause_max=random.choice((1.0, 5.0, 60.0)),
        reconnect=random.random() < 0.9,
        retry=random.random() < 0.9,
        retry_refused=random.choice((True, True, False, "auto")),
        reconnect_min=random.choice((0.01, 0.1, 1.0)),
        reconnect_max=random.choice((1.0, 30.0)),
        stable_after=random.choice((0.0, 1.0, 10.0)),
        breaker_threshold=random.choice((1, 3, 10)),
        breaker_cooldown=random.choice((0.0, 1.0, 10.0)),
        setup=random.choice(((), SETUP)),
        max_frame_size=64 * 1024,
        max_desyncs=random.choice((0, 5)),
        max_pending_actions=random.choice((1, 5, 100)),
        max_outbound_bytes=16 * 1024,
        drop_report_interval=random.choice((0.0, 1.0)),
    )


def draw_trouble(random: Random, link: int) -> Trouble:
    """Draw one planned fault for the link of this number."""
    moments: tuple[FaultTrigger, ...] = (
        OnConnect(),
        OnConnect(random.uniform(0, 5)),
        OnLogin(random.uniform(0, 10)),
        OnRequest(random.randint(1, 6)),
        OnRequest(
            random.choice((None, 1, 2)), random.choice(("Ping", "Login", "Challenge", "Status", "Command"))
        ),
        OnEvent(random.randint(1, 20)),
        OnEvent(1, "FullyBooted"),
    )
    deeds: tuple[FaultEffect, ...] = (
        DropLink(),
        DropLink(reset=True),
        Freeze(),
        Mute(),
        Lag(random.uniform(0.01, 2)),
        Trickle(random.randint(1, 20)),
        RefuseLinks(random.uniform(0.1, 5)),
        Inject(draw_nonsense(random)),
        DropMidFrame(random.randint(0, 60), reset=random.random() < 0.5),
        Tear(random.randint(0, 60)),
        Lose(),
        Repeat(random.randint(2, 4)),
        Delay(random.uniform(0.01, 8)),
        ChangeActionId(random.choice((None, "somebody:else:1"))),
        Replace(draw_nonsense(random)),
    )
    return Trouble(random.choice(moments), random.choice(deeds), links=(link,))


def draw_nonsense(random: Random, action_id: bytes = b"") -> bytes:
    """Draw bytes that a server should not send; some name an action that may be open."""
    return random.choice(
        (
            noise.TORN,
            noise.GARBAGE,
            noise.GARBAGE + noise.flood(random.randint(1, 5)),  # where the first frame ends the session
            noise.GARBAGE_WITH_COLONS,
            noise.STRAY_ERROR,
            noise.oversized(random.choice((70_000, 200_000))),
            random.randbytes(random.randint(1, 200)),
            b"Response: Follows\r\nPrivilege: Command\r\n",
            b"Response: Follows\r\nActionID: %b\r\n" % action_id,
            b"\r\n\r\nActionID: %b\r\nResponse: Follows\r\nPriviledge: x\r\n\r\n" % action_id,
            b"Response: Follows\r\nActionID: %b\r\nx\n--END COMMAND--\r\nX: 1\r\n\r\n" % action_id,
            b"Event: Endless\r\nActionID: %b\r\n" % action_id,
            b"\r\n" * random.randint(1, 3),
            b"Asterisk Call Manager/1.0\r\n",
        )
    )
