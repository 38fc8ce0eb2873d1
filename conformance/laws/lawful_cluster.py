"""The laws of a cluster: those of a machine for each of its servers, also of those that come and go.

Three laws are about what no single server has: `routing` about which server an action goes to, `throttle`
about the dials, `fairness` about the rounds. The last two need the limits of the cluster.
"""

from collections.abc import Collection

import ami_proto as ami
from ami_proto.completion import Completion
from ami_proto.drivers import (
    QUEUE_BYTES_DEFAULT,
    Close,
    Command,
    Connect,
    ServerKey,
    SessionId,
    Subscription,
    Watch,
)
from ami_proto.routes import Route

from .chosen_server import RoutingLaw, forbids
from .fairness import FairnessLaw, RoundWork
from .lawful import Lawful
from .throttle import ThrottleLaw
from .trace import Trace


class LawfulCluster(Lawful):
    """A cluster that is watched. Raises `LawBroken` from the call that broke a law.

    With its `limits`, its dials and rounds are judged too.
    """

    def __init__(
        self, cluster: ami.Cluster, trace: Trace | None = None, *, limits: ami.ClusterConfig | None = None
    ) -> None:
        super().__init__(cluster, trace)
        self.cluster = cluster
        self._routing = RoutingLaw()
        self._throttle: ThrottleLaw | None = None
        self._fairness: FairnessLaw | None = None
        self._ending: dict[ServerKey, ami.ServerConfig] = {}
        """Servers that are removed or replaced as soon as they have ended, by the configuration that ends."""
        if limits is not None:
            self.judge_limits(limits)

    def judge_limits(self, limits: ami.ClusterConfig) -> None:
        """Judge dials and rounds by these limits, which are the cluster's. Call it before the start."""
        self._throttle, self._fairness = ThrottleLaw(limits), FairnessLaw(limits)

    @property
    def leaving(self) -> Collection[ServerKey]:
        """The servers that are removed as soon as they have ended, and not replaced."""
        return self.cluster.leaving

    def add(self, config: ami.ServerConfig, now: float) -> None:
        """Add a server."""
        self._books[config.key].sessions.configure(config)
        self._request(now, f"add {config.key}", lambda: self.cluster.add(config, now))

    def remove(self, server: ServerKey, now: float, *, grace: float | None = None) -> None:
        """Remove a server. Its tickets end before it is gone."""
        what = f"remove {server} {grace}"
        config = self.cluster.servers.get(server)
        self._request(now, what, lambda: self.cluster.remove(server, now, grace=grace))
        self._end_server(server, config)

    def replace(self, config: ami.ServerConfig, now: float, *, grace: float | None = None) -> None:
        """Replace a server."""
        self._books[config.key].sessions.configure(config)
        what = f"replace {config.key} {grace}"
        old = self.cluster.servers.get(config.key)
        self._request(now, what, lambda: self.cluster.replace(config, now, grace=grace))
        self._end_server(config.key, old)

    def submit(
        self,
        action: ami.Action,
        now: float,
        *,
        to: ServerKey | Route | None = None,
        timeout: float | None = None,
        completion: Completion | None = None,
        wait: bool = False,
        asked_by: str | None = None,
    ) -> ami.Ticket:
        """Send an action to a server, or to one that a route chooses."""
        before, configs = self.cluster.snapshots(), self.cluster.servers
        try:
            ticket = super().submit(
                action, now, to=to, timeout=timeout, completion=completion, wait=wait, asked_by=asked_by
            )
        except ami.NotReady as refusal:
            said = isinstance(to, str) or isinstance(refusal, ami.NoServerReady)
            self._require(said, "routing", f"a route has chosen a server that refuses: {refusal}")
            raise
        except ami.Forbidden as refusal:
            able = [key for key in before if before[key].state.sending and not forbids(configs[key], action)]
            self._require(to is not None or not able, "routing", f"{refusal}, and {able} could have had it")
            raise
        complaint = self._routing.choose(ticket.server, to, action, before, configs)
        self._require(complaint is None, "routing", f"{complaint}")
        return ticket

    # -- what the laws of the limits see

    def handle_received(self, session: SessionId, data: bytes, now: float) -> None:
        """Forward bytes that arrived."""
        known = session.server in self.cluster.servers
        frames, messages = self.cluster.frames_received, self._messages(session.server)
        super().handle_received(session, data, now)
        if self._fairness is not None and known:
            frames = self.cluster.frames_received - frames
            messages = self._messages(session.server) - messages
            self._fairness.receive(session, RoundWork(len(data), frames, messages))

    def handle_disconnected(self, session: SessionId, cause: ami.Disconnect, now: float) -> None:
        """Forward the end of a stream."""
        super().handle_disconnected(session, cause, now)
        if self._fairness is not None:
            self._fairness.end_stream(session)

    def handle_timeout(self, now: float) -> None:
        """Forward that time has passed, and that a round has ended."""
        all_reported = self._drains.notices_empty
        super().handle_timeout(now)
        if self._throttle is not None and self._fairness is not None:
            complaint = self._throttle.end_round(self.states, self._clock, all_reported=all_reported)
            self._require(complaint is None, "throttle", f"{complaint}")
            self._fairness.end_round()

    def poll_notice(self) -> ami.Notice | None:
        """Drain a notice."""
        notice = super().poll_notice()
        if self._throttle is not None and isinstance(notice, ami.ConnectScheduled):
            waits = self.states.get(notice.server) is ami.State.DISCONNECTED  # it may be dialled by now
            self._throttle.schedule(notice, waits=waits)
        self._forget_ended()
        return notice

    def poll_command(self) -> Command | None:
        """Drain a command."""
        command = super().poll_command()
        if self._fairness is not None:
            self._watch(self._fairness, command)
        self._forget_ended()
        return command

    def poll_message(self, subscription: Subscription) -> ami.Message | ami.Gap | ami.Drops | None:
        """Drain a message."""
        message = super().poll_message(subscription)
        self._forget_ended()
        return message

    def poll_messages(
        self, subscription: Subscription, limit: int, limit_bytes: int = QUEUE_BYTES_DEFAULT
    ) -> list[ami.Message | ami.Gap | ami.Drops]:
        """Drain several messages."""
        messages = super().poll_messages(subscription, limit, limit_bytes)
        self._forget_ended()
        return messages

    # -- helpers

    def _check(self) -> None:
        super()._check()
        self._routing.look(self.states)
        if self._throttle is not None and not self._depth:
            complaint = self._throttle.look(self.states, self._clock)
            self._require(complaint is None, "throttle", f"{complaint}")
            self._forget_ended()

    def _watch(self, fairness: FairnessLaw, command: Command | None) -> None:
        match command:
            case None:
                complaint = fairness.complaint(self._pausing)
                self._require(complaint is None, "fairness", f"{complaint}")
            case Connect():
                fairness.begin_stream(command)
            case Watch():
                fairness.watch(command)
            case Close(session):
                fairness.end_stream(session)

    def _pausing(self) -> Collection[ServerKey]:
        """Return the servers that are not read because a queue is full."""
        return {
            server
            for server, seen in self.cluster.snapshots().items()
            if any(each.pausing for each in seen.subscriptions)
        }

    def _messages(self, server: ServerKey) -> int:
        """Return how many messages of a server a subscription wanted, by the last look."""
        seen = self._seen.get(server)
        return 0 if seen is None else seen.events_received - seen.events_unwanted

    def _end_server(self, server: ServerKey, config: ami.ServerConfig | None) -> None:
        if config is not None:
            self._ending[server] = config
        self._forget_ended()

    def _forget_ended(self) -> None:
        """Forget the servers that have ended: their work counts no more, nor what was watched."""
        if not self._ending:
            return
        servers = self.cluster.servers
        for server, config in list(self._ending.items()):
            if servers.get(server) is not config:
                del self._ending[server]
                if self._fairness is not None:
                    self._fairness.forget(server)
