"""What a machine has said so far, as far as its laws are about more than one call."""

import ami_proto as ami

TLS_PIECE_MAX = 1024
"""What Asterisk takes from one TLS record (facts, 1.4)."""


class Changes:
    """Where a connection and its breaker stand, by what was told of them."""

    def __init__(self) -> None:
        self._state = ami.State.CLOSED
        self._breaker = ami.BreakerState.CLOSED

    def take(self, notice: ami.Notice) -> bool:
        """Take a notice; say whether it goes on from the last of its sort."""
        match notice:
            case ami.StateChanged(old=old, new=new):
                held, self._state = self._state, new
                return old is held
            case ami.BreakerChanged(old=was, new=becomes):
                stood, self._breaker = self._breaker, becomes
                return was is stood
            case _:
                return True


class Progress:
    """Whether everything was drained, and whether the time told last made a difference."""

    def __init__(self) -> None:
        self.notices_empty = False
        self.commands_empty = False
        self.notices = 0
        """Drained since something was told, outcomes apart; `commands` likewise."""
        self.commands = 0
        self.outputs = 0
        self._round_at: float | None = None

    @property
    def settled(self) -> bool:
        """Whether all was drained since something was told."""
        return self.notices_empty and self.commands_empty

    def tell(self) -> None:
        """Something was told: there may be something to drain again."""
        self.notices_empty = self.commands_empty = False
        self.notices = self.commands = self.outputs = 0
        self._round_at = None

    def begin_round(self, now: float | None) -> None:
        """Time was told, which was due, when all was drained; None where one of these is not so."""
        self._round_at = now

    def end_round(self) -> float | None:
        """Return the time of a round that has brought nothing; None while that is not known, or not so."""
        if not self.settled or self.outputs:
            return None
        round_at, self._round_at = self._round_at, None
        return round_at


class Sessions:
    """What a machine has said about its streams, each from its `Connect` to its end."""

    def __init__(self) -> None:
        self.number = 0
        """The highest that was dialled."""
        self.ended: set[ami.SessionId] = set()
        self._watched: ami.Watch | None = None
        self._shown: dict[ami.SessionId, bytes] = {}
        self._partly: set[ami.SessionId] = set()
        self._within: set[ami.SessionId] = set()
        """Sessions whose last line was not the end of an action."""

    def take(self, command: ami.Command) -> str | None:
        """Take a command; return what is wrong with it."""
        session = command.session
        if session in self.ended:
            return "its session has ended"
        match command:
            case ami.Connect():
                if session.number <= self.number:
                    return "its session was dialled before"
                self.number = session.number
            case ami.Close():
                self.ended.add(session)
            case ami.Watch():
                if command == self._watched:
                    return "nothing changed"
                self._watched = command
        return None if session.number <= self.number else "its session was never dialled"

    def show(self, session: ami.SessionId, data: bytes, *, tls: bool) -> str | None:
        """Take bytes that were shown; return what is wrong with them."""
        rest = self._shown.get(session, b"")
        if session in self.ended:
            return "bytes of a session that has ended"
        if not data.startswith(rest) or (rest and session not in self._partly and data != rest):
            return f"{rest!r} was shown, and then {data!r}"
        if data and not data.endswith(b"\n"):
            return f"{data!r} ends within a line"
        if tls and len(data) > TLS_PIECE_MAX:
            return f"{len(data)} bytes in one TLS record"
        self._shown[session] = data
        self._partly.discard(session)
        return self._read(session, data[len(rest) :])

    def _read(self, session: ami.SessionId, data: bytes) -> str | None:
        """Read the lines that are new, as a server does: one whole action after the other."""
        for line in data.split(b"\r\n")[:-1]:
            if line.startswith(b"Action: ") == (session in self._within):
                return f"{line!r} where an action is {'open' if session in self._within else 'to begin'}"
            if line:
                self._within.add(session)
            else:
                self._within.discard(session)
        return None

    def acknowledge(self, session: ami.SessionId, count: int) -> None:
        """Note that so many bytes have left."""
        if count > 0 and (shown := self._shown.get(session, b"")):
            self._shown[session] = shown[count:]
            self._partly.add(session)
