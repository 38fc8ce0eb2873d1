"""Outputs of a machine so far, for the laws that are about more than one call."""

from collections import Counter

import ami_proto as ami
from ami_proto.drivers import Close, Command, Connect, ServerKey, SessionId, Watch

TLS_RECORD_MAX = 1024
"""Bytes. Asterisk's AMI reads at most so many of one TLS record and strands the rest (manager.c)."""
ENGINE_ACTIONS = frozenset(("Challenge", "Login", "Ping", "CoreStatus", "Logoff"))
"""Actions that the engine sends for itself."""


class ReportedStates:
    """The state of a server and of its breaker, as the notices have reported them."""

    def __init__(self) -> None:
        self.state = ami.State.CLOSED
        self._breaker = ami.BreakerState.CLOSED

    def take(self, notice: ami.Notice) -> bool:
        """Take a notice; return whether it starts from the state that was reported last."""
        match notice:
            case ami.StateChanged(old=old, new=new):
                before, self.state = self.state, new
                return old is before
            case ami.BreakerChanged(old=was, new=becomes):
                stood, self._breaker = self._breaker, becomes
                return was is stood
            case _:
                return True


class Drains:
    """What was drained since the last fact or request, and whether the last `handle_timeout` did anything."""

    def __init__(self) -> None:
        self.notices_empty = False
        self.commands_empty = False
        self.notices: Counter[ServerKey] = Counter()
        """Notices of each server drained since the last fact or request, outcomes left out."""
        self.commands: Counter[ServerKey] = Counter()
        self.outputs = 0
        self.idle = False
        """Whether the last thing that happened was a due `handle_timeout` that brought nothing."""
        self.idle_before = False
        """Whether that was so before the `handle_timeout` under judgement."""
        self._round_at: float | None = None

    @property
    def settled(self) -> bool:
        """Whether both queues were drained to the end since the last fact or request."""
        return self.notices_empty and self.commands_empty

    def tell(self) -> None:
        """Take a fact or request: there may be something to drain again."""
        self.notices_empty = self.commands_empty = False
        self.notices.clear()
        self.commands.clear()
        self.outputs = 0
        self.idle = False
        self._round_at = None

    def count_notice(self, notice: ami.Notice) -> int:
        """Take a notice that is no outcome; return how many its server had."""
        self.notices[notice.server] += 1
        return self.notices[notice.server]

    def count_command(self, command: Command) -> int:
        """Take a command; return how many its server had."""
        self.commands[command.session.server] += 1
        return self.commands[command.session.server]

    def begin_round(self, now: float | None, *, idle_before: bool) -> None:
        """Take the time of a `handle_timeout` that was due when all was drained; None for any other."""
        self._round_at, self.idle_before = now, idle_before

    def end_round(self) -> float | None:
        """Return the time of a due `handle_timeout` after which nothing was drained, once that is certain."""
        if not self.settled or self.outputs:
            return None
        round_at, self._round_at = self._round_at, None
        return round_at


class Sessions:
    """The streams of a server, each from its `Connect` to its end, and the bytes that were shown for them."""

    def __init__(self, action_ids: set[bytes]) -> None:
        self.number = 0
        """The highest number of a `Connect`."""
        self.ended: set[SessionId] = set()
        self._watched: Watch | None = None
        self._shown: dict[SessionId, bytes] = {}
        self._partly: set[SessionId] = set()
        """Sessions of which bytes were acknowledged since the last look: a look may show more than before."""
        self._within: set[SessionId] = set()
        """Sessions whose last line was not the end of an action."""
        self._submitted: Counter[str] = Counter()
        """How often each action was submitted, by name."""
        self._begun: Counter[str] = Counter()
        """How often each action was shown, by name."""
        self._setup: frozenset[str] = frozenset()
        """Names of the actions that the configuration has the engine send."""
        self._action_ids = action_ids
        """Every ActionID that was shown, to any server."""

    def configure(self, config: ami.ServerConfig) -> None:
        """Take a configuration of the server. The set-up actions of an earlier one are fine too."""
        self._setup |= {each.name for each in config.setup}
        if config.ask_release:
            self._setup |= {"CoreSettings"}

    def submit(self, action_name: str) -> None:
        """Take that the application has submitted an action."""
        self._submitted[action_name] += 1

    def take(self, command: Command) -> str | None:
        """Take a command; return what is wrong with it."""
        session = command.session
        if session in self.ended:
            return "its session has ended"
        match command:
            case Connect():
                if session.number <= self.number:
                    return "its session was dialled before"
                self.number = session.number
            case Close():
                self.ended.add(session)
            case Watch():
                if command == self._watched:
                    return "nothing changed"
                self._watched = command
        return None if session.number <= self.number else "its session was never dialled"

    def show(self, session: SessionId, data: bytes, *, tls: bool) -> str | None:
        """Take bytes that were shown; return what is wrong with them."""
        rest = self._shown.get(session, b"")
        if session in self.ended:
            return "bytes of a session that has ended"
        if not data.startswith(rest) or (rest and session not in self._partly and data != rest):
            return f"{rest!r} was shown, and then {data!r}"
        if data and not data.endswith(b"\n"):
            return f"{data!r} ends within a line"
        if tls and len(data) > TLS_RECORD_MAX:
            return f"{len(data)} bytes in one TLS record"
        self._shown[session] = data
        self._partly.discard(session)
        return self._read(session, data[len(rest) :])

    def _read(self, session: SessionId, data: bytes) -> str | None:
        """Read the lines that are new, as a server does: one whole action after the other."""
        for line in data.split(b"\r\n")[:-1]:
            if line.startswith(b"Action: ") == (session in self._within):
                return f"{line!r} where an action is {'open' if session in self._within else 'to begin'}"
            if line:
                self._within.add(session)
            else:
                self._within.discard(session)
            if self._is_sent_again(line):
                return f"{line!r} was sent before, and nobody asked for it again"
        return None

    def _is_sent_again(self, line: bytes) -> bool:
        """Whether an action goes out more often than it was submitted, or an ActionID twice."""
        key, _, value = line.partition(b": ")
        if key == b"ActionID":
            known = value in self._action_ids
            self._action_ids.add(value)
            return known
        name = value.decode()
        if key != b"Action" or name in ENGINE_ACTIONS or name in self._setup:
            return False
        self._begun[name] += 1
        return self._begun[name] > self._submitted[name]

    def acknowledge(self, session: SessionId, count: int) -> None:
        """Take that the first `count` bytes of the last look were written."""
        if count > 0 and (shown := self._shown.get(session, b"")):
            self._shown[session] = shown[count:]
            self._partly.add(session)
