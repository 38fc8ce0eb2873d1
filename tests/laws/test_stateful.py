"""Every law, after every step, for any order of facts, requests, drains and bytes (L2 to L7, L10)."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import ami_proto as ami
from ami_proto.drivers import SessionId
from conformance.world.workload import QUICK, SLOW, RaisingStrategy
from tests.manual_network import CONFIG, ManualNetwork

ACTIONS = st.sampled_from((*QUICK, *SLOW))
SECONDS = st.sampled_from((0.0, 0.01, 0.5, 1.0, 2.0, 5.0, 40.0))
SIZES = st.sampled_from((1, 2, 7, 100, 1_000, 65_536))
BYTES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        (b"\r\n", b"Event: X\r\n\r\n", b"Response: Success\r\n\r\n", b"no colon\r\n\r\n", b"Event: A")
    ),
)
REASONS = st.sampled_from((ami.Reason.EOF, ami.Reason.RESET, ami.Reason.REFUSED))


class LawStories(RuleBasedStateMachine):
    """Two ends of a connection, and every way to go on from any moment."""

    @initialize(
        auth=st.sampled_from(("md5", "plain")), boot=st.booleans(), tls=st.booleans(), ready=st.booleans()
    )
    def begin(self, auth: str, boot: bool, tls: bool, ready: bool) -> None:
        """Start, and log in in half of the stories."""
        keywords = {name: getattr(CONFIG, name) for name in CONFIG.__dataclass_fields__}
        keywords |= {"auth": auth, "wait_fully_booted": boot, "tls": ami.Tls() if tls else None}
        self.conversation = ManualNetwork(ami.ServerConfig(**keywords))
        self.machine = self.conversation.machine
        self.machine.start(0.0)
        if ready:
            self.conversation.settle()

    # -- requests

    @rule(
        action=ACTIONS,
        timeout=st.sampled_from((None, 0.1, 3.0, -1.0)),
        broken=st.integers(0, 9),
        wait=st.booleans(),
    )
    def submit(self, action: ami.Action, timeout: float | None, broken: int, wait: bool) -> None:
        completion = RaisingStrategy() if broken == 0 else None
        self._try(
            lambda now: self.machine.submit(action, now, timeout=timeout, completion=completion, wait=wait)
        )

    @rule(number=st.integers(0, 20))
    def cancel(self, number: int) -> None:
        tickets = [*self.machine.open, *self.machine.outcomes]
        if tickets:
            self._try(lambda now: self.machine.cancel(tickets[number % len(tickets)], now))

    @rule(
        names=st.sampled_from(((), ("New*",), ("x", "a"))),
        limit=st.sampled_from((0, 1, 3)),
        limit_bytes=st.sampled_from((0, 1, 300, 10_000)),
        policy=st.sampled_from(ami.Overflow),
        replies=st.booleans(),
    )
    def subscribe(
        self, names: tuple[str, ...], limit: int, limit_bytes: int, policy: ami.Overflow, replies: bool
    ) -> None:
        if len(self.machine.subscriptions) < 3:
            filter_ = ami.Filter(names, replies=replies)
            bounds = {"limit": limit, "limit_bytes": limit_bytes}
            self._try(lambda _: self.machine.subscribe(filter_, **bounds, policy=policy))

    @precondition(lambda self: self.machine.subscriptions)
    @rule(number=st.integers(0, 2), most=st.sampled_from((1, 2, 1_000)), end=st.booleans())
    def pull(self, number: int, most: int, end: bool) -> None:
        subscription = self.machine.subscriptions[number % len(self.machine.subscriptions)]
        for _ in range(most):
            if self.machine.poll_message(subscription) is None:
                break
        if end:
            self.machine.unsubscribe(subscription)

    @rule(grace=st.sampled_from((None, 0.0, 1.0, -1.0)), times=st.integers(1, 3))
    def stop(self, grace: float | None, times: int) -> None:
        for _ in range(times):
            self._try(lambda now: self.machine.stop(now, grace=grace))

    @rule()
    def start(self) -> None:
        self._try(self.machine.start)

    # -- outputs

    @rule(notices=st.booleans(), commands=st.booleans())
    def drain(self, notices: bool, commands: bool) -> None:
        self.conversation.drain(notices=notices, commands=commands)

    @rule()
    def settle(self) -> None:
        self.conversation.settle()

    # -- facts

    @rule()
    def connect(self) -> None:
        self.conversation.connect()

    @rule(limit=SIZES, count=SIZES)
    def carry_up(self, limit: int, count: int) -> None:
        self.conversation.carry_up(limit, count)

    @rule(count=SIZES)
    def carry_down(self, count: int) -> None:
        self.conversation.carry_down(count)

    @rule(reason=REASONS)
    def lose(self, reason: ami.Reason) -> None:
        self.conversation.lose(reason)

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.conversation.wait(seconds)

    @rule()
    def wait_to_deadline(self) -> None:
        self.conversation.wait_to_deadline()

    @rule(data=BYTES)
    def nonsense(self, data: bytes) -> None:
        if self.conversation.session is not None:
            self.conversation.session.push(data)

    @rule(number=st.integers(-1, 12), data=BYTES, count=st.integers(-5, 500))
    def stale(self, number: int, data: bytes, count: int) -> None:
        """Facts about a session that has ended or never existed; time that goes back."""
        session, now = SessionId("pbx", number), self.conversation.now
        if session not in (self.machine.snapshot().session, self.conversation.dialled):
            self.machine.handle_connected(session, now)
            self.machine.handle_received(session, data, now - 50)
            self.machine.handle_sent(session, count, now)
            self.machine.handle_disconnected(session, ami.Disconnect(ami.Reason.EOF), now)
            self.machine.handle_timeout(now - 50)

    @rule(count=st.sampled_from((0, -5)))
    def acknowledge_nothing(self, count: int) -> None:
        if self.conversation.dialled is not None:
            self.machine.handle_sent(self.conversation.dialled, count, self.conversation.now)

    @rule(reason=REASONS)
    def lose_before_connect_is_drained(self, reason: ami.Reason) -> None:
        """End a session whose `Connect` was not drained."""
        session = self.machine.snapshot().session
        if session is not None and session != self.conversation.dialled:
            self.machine.handle_disconnected(session, ami.Disconnect(reason), self.conversation.now)

    # -- the server's side

    @rule(count=st.integers(1, 8), name=st.sampled_from(("X", "Newchannel")))
    def publish(self, count: int, name: str) -> None:
        for number in range(count):
            self.conversation.server.publish({"Event": name, "Number": number}, "call")

    @rule(seed=st.integers(0, 1_000))
    def trouble(self, seed: int) -> None:
        self.conversation.trouble(seed)

    # -- in the end

    @invariant()
    def a_stopped_machine_has_no_session(self) -> None:
        if hasattr(self, "machine") and self.machine.stopped:
            assert self.machine.snapshot().session is None

    def teardown(self) -> None:
        """Heal everything, and require recovery."""
        if hasattr(self, "conversation"):
            self.conversation.heal()
            self.conversation.finish()

    def _try(self, request: Callable[[float], object]) -> None:
        with contextlib.suppress(ami.RequestError):
            request(self.conversation.now)


STORIES = settings(
    max_examples=300, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)
LawStories.TestCase.settings = STORIES
TestMachine = pytest.mark.timeout(300)(LawStories.TestCase)
