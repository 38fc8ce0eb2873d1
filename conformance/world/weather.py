"""What can go wrong in one run, drawn from its seed.

Swarm style: a run does not have a little of everything, but each sort of trouble wholly or not at all.
What only happens in the absence of something else (a queue that fills because nobody ever pulls, a
session that lives long enough to be stable) is reached that way.
"""

from dataclasses import dataclass, fields, replace
from random import Random

import ami_proto as ami
from conformance.server import Fault as Trouble
from conformance.server import noise
from conformance.server.faults import (
    Asked,
    Connected,
    Cut,
    Deed,
    Drop,
    Freeze,
    Lag,
    Late,
    LoggedIn,
    Lose,
    Moment,
    Mute,
    Readdress,
    Refuse,
    Repeat,
    Replace,
    Say,
    Tear,
    Told,
    Trickle,
)

SETUP = (
    ami.SetupAction("Events", (("EventMask", "call,system,user"),), required=True),
    ami.SetupAction("NoSuchAction"),
)


@dataclass(frozen=True, slots=True)
class Weather:
    """The sorts of trouble of one run. All false is a fine day."""

    refused: bool = False
    """Dials that are refused, or lead nowhere, at times."""
    black_holes: bool = False
    """Dials that nobody answers, at times."""
    losses: bool = False
    """Links that end by EOF or RST."""
    severed: bool = False
    """Links that carry nothing any more, in one direction or both, and stay open: half-open."""
    segments: bool = False
    """Bytes that arrive in small pieces."""
    short_writes: bool = False
    """Writes that take less than there is."""
    slow: bool = False
    """Latency of up to a second instead of a few milliseconds."""
    forgetful: bool = False
    """A driver that does not drain for a while, yet reads on."""
    sleepy: bool = False
    """A driver that is suspended for a while."""
    stale: bool = False
    """Facts about sessions that are no more, or never were."""
    troubles: bool = False
    """A server that misbehaves by plan: what `conformance.server.faults` has."""
    locked_out: bool = False
    """A server that refuses the login at times."""
    restarts: bool = False
    """A server that closes all links at once."""
    nonsense: bool = False
    """Bytes that are no AMI, and bytes that are half of it."""
    hangs: bool = False
    """Actions that hold the whole session up: WaitEvent, a synchronous Originate."""
    stops: bool = False
    """An application that stops, and starts again."""
    flood: bool = False
    """More events than small queues hold."""
    tls: bool = False
    """Pieces as TLS wants them; the link itself is plain."""

    @property
    def names(self) -> tuple[str, ...]:
        """What this run has, in words."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name))

    def healed(self) -> "Weather":
        """Return the same run on a fine day."""
        return replace(Weather(), tls=self.tls)


def draw_weather(random: Random) -> Weather:
    """Draw what a run has: each sort in two runs of five."""
    return Weather(**{each.name: random.random() < 0.4 for each in fields(Weather)})


def draw_config(random: Random, weather: Weather) -> ami.ServerConfig:
    """Draw a configuration; small numbers, so that limits are met and a minute holds many reconnects."""
    interval, timeout = random.choice((0.5, 2.0, 15.0)), random.choice((0.3, 1.0, 5.0))
    return ami.ServerConfig(
        key=random.choice(("pbx", "pbx 01", "pbx-münchen", "k" * 90)),
        host="192.0.2.1",
        tls=ami.Tls() if weather.tls else None,
        username="admin",
        secret="s3cr3t",
        auth=random.choice(("md5", "plain")),
        wait_fully_booted=random.random() < 0.3,
        connect_timeout=random.choice((0.5, 3.0, 10.0)),
        banner_timeout=random.choice((0.5, 5.0)),
        login_timeout=random.choice((2.0, 10.0)),
        action_timeout=random.choice((0.2, 3.0, 30.0)),
        close_grace=random.choice((0.0, 0.25, 2.0)),
        heartbeat_interval=interval,
        heartbeat_timeout=timeout,
        read_timeout=(interval + 3 * timeout) * random.choice((1.01, 2.0)),
        reconnect=random.random() < 0.9,
        retry=random.random() < 0.9,
        retry_refused=random.random() < 0.7,
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
    moments: tuple[Moment, ...] = (
        Connected(),
        Connected(random.uniform(0, 5)),
        LoggedIn(random.uniform(0, 10)),
        Asked(random.randint(1, 6)),
        Asked(
            random.choice((None, 1, 2)), random.choice(("Ping", "Login", "Challenge", "Status", "Command"))
        ),
        Told(random.randint(1, 20)),
        Told(1, "FullyBooted"),
    )
    deeds: tuple[Deed, ...] = (
        Drop(),
        Drop(reset=True),
        Freeze(),
        Mute(),
        Lag(random.uniform(0.01, 2)),
        Trickle(random.randint(1, 20)),
        Refuse(random.uniform(0.1, 5)),
        Say(draw_nonsense(random)),
        Cut(random.randint(0, 60), reset=random.random() < 0.5),
        Tear(random.randint(0, 60)),
        Lose(),
        Repeat(random.randint(2, 4)),
        Late(random.uniform(0.01, 8)),
        Readdress(random.choice((None, "somebody:else:1"))),
        Replace(draw_nonsense(random)),
    )
    return Trouble(random.choice(moments), random.choice(deeds), links=(link,))


def draw_nonsense(random: Random) -> bytes:
    """Draw bytes that a server should not say."""
    return random.choice(
        (
            noise.TORN,
            noise.GARBAGE,
            noise.GARBAGE_WITH_COLONS,
            noise.STRAY_ERROR,
            noise.oversized(random.choice((70_000, 200_000))),
            random.randbytes(random.randint(1, 200)),
            b"Response: Follows\r\nPrivilege: Command\r\n",
            b"\r\n" * random.randint(1, 3),
            b"Asterisk Call Manager/1.0\r\n",
        )
    )
