"""One session as the machine has read it: its frames, and where its login ends.

Events before the end of the login are withheld and counted, those after it are delivered. The machine's count
of withheld events says where the border is; the ledger says whether it can be there: not before the answer to
the login and to the last set-up action, and not after READY. A `FullyBooted` for which READY waited is held,
and delivered first.
"""

from collections.abc import Container
from dataclasses import dataclass
from itertools import dropwhile

import ami_proto as ami
from ami_proto.drivers import SessionId

from .contradiction import Complaints
from .ledger import SessionLedger, ToldFrame, ToldKind
from .pace import PingJudge

LOGIN = "nothing before the login"
FULLY_BOOTED = "FullyBooted"


@dataclass(frozen=True, slots=True)
class FactFrames:
    """What a fact has brought: the frames that were handled, and those that came after the login."""

    handled: list[ToldFrame]
    offered: list[ToldFrame]
    sure: bool = True
    """False where it is not known which of the offered ones came after the login."""


class SessionWatch:
    """What the machine has read of one session, and how far its login is."""

    def __init__(
        self,
        session: SessionId,
        config: ami.ServerConfig,
        complaints: Complaints,
        *,
        awaits_boot: bool | None,
    ) -> None:
        self.session = session
        self.pings = PingJudge(session, config, complaints)
        self.ledger: SessionLedger | None = None
        """Set when the stream is up."""
        self.awaits_boot = awaits_boot
        """Whether READY waits for FullyBooted; None if disorder hides that."""
        self.held: ToldFrame | None = None
        """The FullyBooted that is delivered with READY."""
        self.served = False
        """Whether it was READY."""
        self.heard_at = 0.0
        self.reading = True
        """Whether the driver was last told to read."""
        self.resumed = False
        """Whether it was told to read again, and no time has passed since."""
        self.shown: dict[str, str] = {}
        """The machine's own actions that the driver was shown whole: their names by ActionID."""
        self._config = config
        self._complaints = complaints
        self._early_items = False
        """Whether an item of an answer came before READY: it is withheld or not, as its action ends."""
        self._read = 0
        self._frames = 0

    @property
    def disorder(self) -> bool:
        """Whether bytes were read that only a full parser can cut, or items of answers before READY."""
        at = None if self.ledger is None else self.ledger.disorder
        return self._early_items or (at is not None and self._read > at)

    @property
    def open_size(self) -> int:
        """How many bytes were read of a frame whose end has not come."""
        if self.ledger is None or not self._frames:
            return self._read
        return self._read - self.ledger.frames[self._frames - 1].end

    def read(self, data: bytes, now: float) -> list[ToldFrame]:
        """Take bytes that the machine was given; return the frames that they complete."""
        assert self.ledger is not None, "the stream is up"
        start, self._read = self._read, self._read + len(data)
        assert self.ledger.told.startswith(data, start), "the network carries what the server has told"
        self.heard_at = now if data else self.heard_at
        first = self._frames
        while self._frames < len(self.ledger.frames) and self.ledger.frames[self._frames].end <= self._read:
            self._frames += 1
        frames = self.ledger.frames[first : self._frames]
        if not self.served and any(each.item for each in frames):
            self._early_items = True
        return frames

    def split(self, frames: list[ToldFrame], withheld: int, *, reached: bool, ended: bool) -> FactFrames:
        """Tell what came before the end of the login, and is withheld, from what came after."""
        if self.served:
            if withheld:
                self._complaints.fail(LOGIN, f"{self.session}: withheld after READY", 0, withheld)
            return FactFrames(frames, frames)
        events = [each for each in frames if each.published]
        if reached:
            return self._split_at_ready(frames, events, withheld)
        expected = len(events) + (ended and self.held is not None)
        boots = [each for each in events if each.name == FULLY_BOOTED]
        if withheld == expected - 1 and self.held is None and boots and self.awaits_boot is not False:
            self.held = boots[0]
            expected -= not ended
        if withheld != expected:
            names = [each.name for each in events]
            what = f"{self.session}: withheld before READY, of {names}"
            self._complaints.fail(LOGIN, what, expected, withheld)
        return FactFrames(frames, [])

    def _split_at_ready(self, frames: list[ToldFrame], events: list[ToldFrame], withheld: int) -> FactFrames:
        login_end = self._login_end()
        if login_end is None:
            self._complaints.fail(LOGIN, f"{self.session} is READY", "a login that was accepted", "none")
        self.served = True
        boots = [
            place
            for place, each in enumerate(events[: withheld + 1])
            if each.name == FULLY_BOOTED and each.end > login_end
        ]
        held, begin = self.held, withheld
        sure = True
        if held is None and boots:
            sure = self.awaits_boot is not None
            if self.awaits_boot:
                held, begin = events[boots[0]], withheld + 1
        early = [each for each in events[begin:] if each.end < login_end]
        if early or withheld > len(events):
            what = f"{self.session}: withheld before READY, of {[each.name for each in events]}"
            self._complaints.fail(LOGIN, what, f"{len(early)} more", withheld)
        border = events[begin - 1].end if begin else login_end
        offered = [
            each for each in frames if each.end > border or (each.published and each in events[begin:])
        ]
        return FactFrames(frames, offered if held is None else [held, *offered], sure)

    def _login_end(self) -> int | None:
        """Return the offset after the answer to the login and to the last set-up action; None without it."""
        assert self.ledger is not None, "the stream is up"
        logins = {each.action_id for each in self.ledger.carried_out if each.name == "Login"}
        end = self._answer_end(logins, {"Success"})
        if end is None or not self._config.setup:
            return end
        last = self._config.setup[-1].name
        shown = list(dropwhile(lambda action_id: self.shown[action_id] != last, self.shown))
        # The ping after it may be its fence: then the pong ends it, also where its response was lost.
        return self._answer_end({each for each in shown if self.shown[each] in (last, "Ping")})

    def _answer_end(self, action_ids: set[str], names: Container[str] | None = None) -> int | None:
        """Return the offset after the first response to one of these actions, with one of these names."""
        assert self.ledger is not None, "the stream is up"
        return next(
            (
                each.end
                for each in self.ledger.frames[: self._frames]
                if each.kind is ToldKind.RESPONSE and each.action_id in action_ids
                if names is None or each.name in names
            ),
            None,
        )
