"""Random stories of a cluster and its twins: what programs, networks and servers do, in any order."""

from collections.abc import Callable
from dataclasses import replace

import ami_proto as ami
from ami_proto.drivers import Machine, SessionId
from ami_proto.routes import Failover, LeastPending, RoundRobin, Sticky
from conformance.laws.playbook import BANNER, SentAction, frame
from tests.ami_proto.cluster.twins import CONFIG, KEYS, LIMITS, Twin, Twins

SECONDS = (0.0, 0.0, 0.01, 0.1, 0.3, 1.0, 2.5, 7.0)


class Broken(Exception):
    """A predicate of a user that raises."""


def picky(message: ami.Message) -> bool:
    """Pass even numbers; raise for the number 3."""
    number = int(message.get("Number") or 0)
    if number == 3:
        raise Broken
    return number % 2 == 0


class Story(Twins):
    """One story, from a seed."""

    def live(self, steps: int) -> None:
        """Do so many random things; then let everything recover, and end."""
        deeds: list[tuple[int, Callable[[], None]]] = [
            (6, self.drain),
            (6, self.pass_time),
            (8, self.write),
            (8, self.read),
            (9, self.publish),
            (3, self.settle),
            (4, self.dials_end),
            (4, self.submit),
            (2, self.cancel),
            (1, self.lose),
            (2, self.subscribe),
            (5, self.pull),
            (1, self.unsubscribe),
            (1, self.stale),
            (1, self.come_and_go),
            (1, self.start_or_stop),
        ]
        weights = [weight for weight, _ in deeds]
        self.start_or_stop()
        self.subscribe()
        for _ in range(steps):
            (deed,) = self.random.choices([deed for _, deed in deeds], weights)
            deed()
            self.compare()
        self.recover()
        for time in self.dials:
            burst = [each for each in self.dials if time <= each < time + 1.0]
            assert len(burst) <= LIMITS.connect_rate + LIMITS.connect_burst

    def recover(self) -> None:
        """Serve everything, until every server is READY; then stop, and see the end."""
        while not self.started:
            self.settle()
            self.start_or_stop(wants=True)
        for _ in range(600):
            self.serve()
            self.pull_all()
            ready = all(state is ami.State.READY for state in self.cluster.states.values())
            if ready and not self.leaving and not self.cluster.open:
                break
            self.pass_time(0.5)
        states = self.cluster.states
        assert set(states.values()) <= {ami.State.READY}, states
        assert not self.cluster.open
        self.start_or_stop(wants=False)
        for _ in range(100):
            self.serve()
            self.pull_all()
            if self.cluster.stopped:
                break
            self.pass_time(0.5)
        assert self.cluster.stopped
        self.pass_time(0.0)
        assert self.cluster.poll_timeout() is None

    def serve(self) -> None:
        """Do all that a driver and honest servers would do at once."""
        for _ in range(6):
            self.drain()
            self.dials_end(good=True)
            for key in list(self.twins):
                self.write(key, honest=True)
                self.read(key, honest=True)
            self.pass_time(0.0)

    def settle(self) -> None:
        """Do that for some seconds."""
        for _ in range(self.random.choice((1, 3, 6))):
            self.serve()
            self.pass_time(0.5)

    # -- requests

    def start_or_stop(self, *, wants: bool | None = None) -> None:
        wants = not self.started if wants is None else wants
        if wants and any(each.connection.state is not ami.State.CLOSED for each in self.twins.values()):
            try:
                self.cluster.start(self.now)
            except ami.MisuseError:
                return
            raise AssertionError("started twice")
        grace = self.random.choice((None, 0.0, 1.0))
        if wants:
            self.cluster.start(self.now)
        else:
            self.cluster.stop(self.now, grace=grace)
        for key, twin in self.twins.items():
            if not wants:
                twin.connection.stop(self.now, grace=grace)
            elif key not in self.leaving:
                twin.connection.start(self.now)
        self.started = wants

    def come_and_go(self) -> None:
        key, now = self.random.choice(KEYS), self.now
        config = replace(CONFIG, key=key, secret=f"secret{self.random.randrange(100)}")
        grace = self.random.choice((None, 0.0, 1.0))
        if key not in self.twins:
            self.cluster.add(config, now)
            self.begin(config)
            return
        if self.random.random() < 0.1:
            try:
                self.cluster.add(config, now)
            except ami.MisuseError:
                return
            raise AssertionError("two with one key")
        self.leaving.add(key)
        self.successors.pop(key, None)
        if self.random.random() < 0.5:
            self.cluster.remove(key, now, grace=grace)
            self.twins[key].connection.stop(now, grace=grace)
        else:
            self.successors[key] = config
            self.cluster.replace(config, now, grace=grace)
            self.twins[key].connection.stop(now, grace=grace)

    def submit(self) -> None:
        wait, timeout = self.random.random() < 0.4, self.random.choice((None, None, 0.5, 3.0))
        routes = (None, RoundRobin(), LeastPending(), Sticky("x"), Failover(("west", "east")))
        to = self.random.choice((*routes, *KEYS))
        action = ami.Action(self.random.choice(("Ping", "QueueStatus", "Status")))
        try:
            ticket = self.cluster.submit(action, self.now, to=to, timeout=timeout, wait=wait)
        except ami.Backpressure:
            full = [each.connection for each in self.twins.values() if each.connection.full]
            assert full
            if isinstance(to, str):  # the model counts the refusal as well
                self._refuse(self.twins[to].connection, action, timeout=timeout, wait=wait)
            else:
                self.recount_refusal(action, timeout=timeout, wait=wait)
            return
        except ami.RequestError:
            if isinstance(to, str) and to in self.twins:
                self._refuse(self.twins[to].connection, action, timeout=timeout, wait=wait)
            return
        alone = self.twins[ticket.server].connection
        assert alone.submit(action, self.now, timeout=timeout, wait=wait) == ticket
        assert not isinstance(to, str) or ticket.server == to

    def recount_refusal(self, action: ami.Action, *, timeout: float | None, wait: bool) -> None:
        """Find the server that refused, by its count, and let its twin refuse as well."""
        for key, seen in self.cluster.snapshots().items():
            alone = self.twins[key].connection
            if seen.actions_refused != alone.snapshot().actions_refused:
                self._refuse(alone, action, timeout=timeout, wait=wait)
                return
        raise AssertionError("a refusal that nobody counted")

    def _refuse(
        self, alone: ami.Connection, action: ami.Action, *, timeout: float | None, wait: bool
    ) -> None:
        try:
            alone.submit(action, self.now, timeout=timeout, wait=wait)
        except ami.RequestError:
            return
        raise AssertionError(f"{alone.key} alone takes what the cluster refused")

    def cancel(self) -> None:
        tickets = [*self.cluster.open, *list(self.cluster.outcomes)[-3:]]
        if tickets:
            ticket = self.random.choice(tickets)
            self.cluster.cancel(ticket, self.now)
            if ticket.server in self.twins:
                self.twins[ticket.server].connection.cancel(ticket, self.now)

    def subscribe(self) -> None:
        if len(self.subscriptions) < 3:
            where = self.random.choice((None, None, picky))
            names = self.random.choice(((), ("Tick",), ("T*", "Odd")))
            subscription = self.cluster.subscribe(
                ami.Filter(names, where=where),
                limit=self.random.choice((1, 3, 20)),
                limit_bytes=self.random.choice((1, 200, 5000)),
                policy=self.random.choice(list(ami.Overflow)),
            )
            self.subscriptions[subscription] = {
                key: registry.add(
                    subscription.filter, subscription.limit, subscription.policy, subscription.limit_bytes
                )
                for key, registry in self.registries.items()
            }

    def unsubscribe(self) -> None:
        if self.subscriptions:
            subscription = self.random.choice(list(self.subscriptions))
            self.cluster.unsubscribe(subscription)
            for key, alone in self.subscriptions.pop(subscription).items():
                self.registries[key].remove(alone)
            assert self.cluster.poll_message(subscription) is None
            self.let_go()

    # -- outputs

    def drain(self) -> None:
        """Drain all commands, and some notices or all of them."""
        for _ in range(self.random.choice((0, 1, 3, 1000))):
            if not self.drain_notice():
                break
        self.drain_commands()

    def pull(self) -> None:
        if self.subscriptions:
            subscription = self.random.choice(list(self.subscriptions))
            limit = self.random.choice((0, 1, 2, 100))
            if limit == 1:
                self.take(subscription, self.cluster.poll_message(subscription))
                return
            for alone in self.subscriptions[subscription].values():
                alone.note_pull()
            limit_bytes = self.random.choice((1, 200, 100_000))
            for item in self.cluster.poll_messages(subscription, limit, limit_bytes):
                self.take(subscription, item)

    def pull_all(self) -> None:
        for subscription in self.subscriptions:
            while (item := self.cluster.poll_message(subscription)) is not None:
                self.take(subscription, item)

    # -- facts

    def pass_time(self, seconds: float | None = None) -> None:
        if seconds is None and self.random.random() < 0.4:
            due = self.cluster.poll_timeout()
            seconds = 0.0 if due is None else min(30.0, max(0.0, due - self.now))
        self.wait(self.random.choice(SECONDS) if seconds is None else seconds)

    def dials_end(self, *, good: bool | None = None) -> None:
        for twin in list(self.twins.values()):
            if twin.stream is not None and not twin.up:
                luck = self.random.random() if good is None else 0.0
                if luck < 0.6:
                    twin.up = True
                    self.tell(twin, lambda m, s: m.handle_connected(s, self.now))
                    if self.random.random() < 0.8:
                        self.tell(twin, lambda m, s: m.handle_drained(s, self.now))
                    twin.unread += BANNER
                elif luck < 0.8:
                    self.end(twin, ami.Reason.REFUSED)

    def write(self, key: str | None = None, *, honest: bool = False) -> None:
        """Write some bytes to a server, which answers each action."""
        twin = self.twins[key] if key else self._any()
        if twin is None or not twin.up or twin.stream is None or not (twin.watch and twin.watch.write):
            return
        limit = 65536 if honest else self.random.choice((1, 60, 65536))
        data = self.cluster.poll_transmit(twin.stream, limit)
        assert data == twin.connection.poll_transmit(twin.stream, limit)
        count = len(data) if honest else self.random.randint(0, len(data))
        twin.heard += data[:count]
        self.tell(twin, lambda m, s: m.handle_sent(s, count, self.now))
        self.answer(twin, honest=honest)

    def answer(self, twin: Twin, *, honest: bool) -> None:
        while (end := twin.heard.find(b"\r\n\r\n")) >= 0:
            text = bytes(twin.heard[: end + 4]).decode()
            del twin.heard[: end + 4]
            pairs = dict(line.partition(": ")[::2] for line in text.split("\r\n") if line)
            action = SentAction(pairs["Action"], pairs["ActionID"], ())
            if honest or action.name == "Login" or self.random.random() < 0.8:
                twin.unread += _reply(action)

    def publish(self) -> None:
        twin = self._any()
        if twin is not None and twin.up:
            for _ in range(self.random.choice((1, 2, 12))):
                name = self.random.choice(("Tick", "Odd", "Else"))
                twin.unread += frame(f"Event: {name}", f"Number: {self.random.randrange(8)}")
            if self.random.random() < 0.05:
                twin.unread += b"nonsense\r\n\r\n"

    def read(self, key: str | None = None, *, honest: bool = False) -> None:
        """Read some bytes of a server; a look reads to the end."""
        twin = self.twins[key] if key else self._any()
        if twin is None or not twin.up or not (twin.watch and twin.watch.read):
            return
        looked, looks = self.now, twin.looks
        size = len(twin.unread) if looks or honest else self.random.randint(0, len(twin.unread))
        data = bytes(twin.unread[:size])
        del twin.unread[:size]
        if data:
            self.tell(twin, lambda m, s: m.handle_received(s, data, self.now))
        if looks and twin.stream is not None:
            twin.looks = 0
            self.tell(twin, lambda m, s: m.handle_drained(s, looked))

    def lose(self) -> None:
        twin = self._any()
        if twin is not None and twin.stream is not None:
            self.end(twin, self.random.choice((ami.Reason.EOF, ami.Reason.RESET)))

    def stale(self) -> None:
        """Tell of a session that has ended, that never was, or of a server that is not there."""
        key = self.random.choice((*KEYS, "nowhere"))
        twin = self.twins.get(key)
        session = SessionId(key, self.random.randrange(-1, 5))
        if twin is None or (session != twin.connection.snapshot().session and session != twin.stream):
            machines: list[Machine] = [self.cluster]
            for machine in machines if twin is None else [*machines, twin.connection]:
                machine.handle_connected(session, self.now)
                machine.handle_received(session, b"Event: Tick\r\n\r\n" * 20, self.now)
                machine.handle_sent(session, 5, self.now)
                machine.handle_drained(session, self.now)
                machine.handle_disconnected(session, ami.Disconnect(ami.Reason.EOF), self.now)

    def _any(self) -> Twin | None:
        return self.random.choice(list(self.twins.values())) if self.twins else None


def _reply(action: SentAction) -> bytes:
    if action.name == "Logoff":
        return frame("Response: Goodbye", f"ActionID: {action.action_id}")
    if action.name != "QueueStatus":
        return frame("Response: Success", f"ActionID: {action.action_id}")
    item = f"ActionID: {action.action_id}"
    return (
        frame("Response: Success", item, "EventList: start")
        + frame("Event: QueueParams", item)
        + frame("Event: QueueStatusComplete", item, "EventList: Complete", "ListItems: 1")
    )
