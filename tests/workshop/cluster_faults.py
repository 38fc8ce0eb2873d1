"""The planted faults of a cluster, and of what a connection does for it."""

from typing import Final

from tests.workshop.fault_record import PlantedFault

CLUSTER: Final = "ami_proto/cluster"
TESTS: Final = "tests/ami_proto/cluster"
THROTTLE: Final = f"{TESTS}/test_throttle.py"
ROUNDS: Final = f"{TESTS}/test_rounds.py"
DEADLINES: Final = f"{TESTS}/test_deadlines.py"
TOGETHER: Final = f"{TESTS}/test_cluster.py"
MEMBERSHIP: Final = f"{TESTS}/test_cluster_membership.py"
ROUTES: Final = f"{TESTS}/test_cluster_routes.py"
COST: Final = f"{TESTS}/test_cluster_cost.py"
CHANGES: Final = f"{TESTS}/test_cluster_changes.py"
SHARED_BYTES: Final = "tests/ami_proto/connection/test_shared_bytes.py"
ROUTING: Final = f"{TESTS}/test_routing.py"

CLUSTER_FAULTS: Final[tuple[PlantedFault, ...]] = (
    PlantedFault(
        "the throttle serves the one that asked last",
        f"{CLUSTER}/throttle.py",
        "        server = next(iter(self._waiting))\n",
        "        server = next(reversed(self._waiting))\n",
        (THROTTLE,),
    ),
    PlantedFault(
        "the throttle serves the same server first each time",
        f"{CLUSTER}/throttle.py",
        "        server = next(iter(self._waiting))\n",
        "        server = min(self._waiting)\n",
        (THROTTLE,),
    ),
    PlantedFault(
        "a dial that ended keeps its place among those under way",
        f"{CLUSTER}/throttle.py",
        "            self._connecting.discard(server)\n",
        "            pass\n",
        (THROTTLE,),
    ),
    PlantedFault(
        "a rest saves up more than one burst of dials",
        f"{CLUSTER}/throttle.py",
        "max(self._next_at, rested_since)",
        "max(self._next_at, 0.0)",
        (THROTTLE,),
    ),
    PlantedFault(
        "a key that comes back has its old ActionIDs, and an old ticket cancels a new action",
        f"{CLUSTER}/members.py",
        '            seed=f"{self._seed}:{past.generations}" if past.generations else self._seed,\n',
        "            seed=self._seed,\n",
        (CHANGES, MEMBERSHIP),
    ),
    PlantedFault(
        "a key that comes back counts its sessions anew",
        f"{CLUSTER}/members.py",
        "            sessions_before=past.sessions,\n",
        "            sessions_before=0,\n",
        (MEMBERSHIP,),
    ),
    PlantedFault(
        "a replacement hides the time between as if nothing was missed",
        f"{CLUSTER}/members.py",
        "            gap_before=past.gap,\n",
        "            gap_before=None,\n",
        (CHANGES,),
    ),
    PlantedFault(
        "totals count an event again each time its server is touched",
        f"{CLUSTER}/members.py",
        "        member.frames_counted, member.events_counted = frames, events\n",
        "        member.frames_counted = frames\n",
        (MEMBERSHIP,),
    ),
    PlantedFault(
        "a server that rests is not written to",
        f"{CLUSTER}/members.py",
        "read=False, write=wanted.write)",
        "read=False, write=False)",
        (TOGETHER,),
    ),
    PlantedFault(
        "a server rests only where two others were heard",
        f"{CLUSTER}/rounds.py",
        "        if len(self._work) == 1:\n",
        "        if len(self._work) <= 2:\n",
        (ROUNDS,),
    ),
    PlantedFault(
        "a rest is never lifted",
        f"{CLUSTER}/rounds.py",
        "        return [server for server in paid if server not in self._debts]\n",
        "        return []\n",
        (ROUNDS,),
    ),
    PlantedFault(
        "a debt is never forgiven, and the cluster spins",
        f"{CLUSTER}/rounds.py",
        " and len(heard) > (server in heard)\n",
        "\n",
        (ROUNDS,),
    ),
    PlantedFault(
        "a new stream begins with the debt of the old one",
        f"{CLUSTER}/cluster.py",
        "                self._rounds.forget(server)\n            self._agenda",
        "                pass\n            self._agenda",
        (CHANGES,),
    ),
    PlantedFault(
        "a removed server that rested is asked for commands",
        f"{CLUSTER}/cluster.py",
        "        self._rounds.forget(server)\n        self._members.remove(server)\n",
        "        self._members.remove(server)\n",
        (CHANGES,),
    ),
    PlantedFault(
        "a replacement keeps the old secret",
        f"{CLUSTER}/cluster.py",
        "            member.successor = config\n",
        """\
            from dataclasses import replace as vary

            member.successor = vary(config, secret=member.connection.config.secret)
""",
        (MEMBERSHIP,),
    ),
    PlantedFault(
        "a start begins a server that is leaving",
        f"{CLUSTER}/cluster.py",
        "            if not member.leaving:\n",
        "            if member:\n",
        (CHANGES,),
    ),
    PlantedFault(
        "the end passes unseen where the last server was let go",
        f"{CLUSTER}/cluster.py",
        "self._end_unseen = self._end_unseen or not self._started",
        "self._end_unseen = self._end_unseen",
        (CHANGES,),
    ),
    PlantedFault(
        "a pause outlives its subscription",
        f"{CLUSTER}/cluster.py",
        "        self._touch_all([*paused, *self._leaving])",
        "        self._touch_all([*self._leaving])",
        (TOGETHER, MEMBERSHIP, COST),
    ),
    PlantedFault(
        "a pull does not let the server be read again",
        f"{CLUSTER}/cluster.py",
        "        items = subscription.pull_many(limit, limit_bytes)\n        self._touch_all(paused)\n",
        "        items = subscription.pull_many(limit, limit_bytes)\n",
        (TOGETHER,),
    ),
    PlantedFault(
        "a turn never ends: each action goes to the same server",
        f"{CLUSTER}/cluster.py",
        "        self._turns.end(server)\n",
        "",
        (ROUTES,),
    ),
    PlantedFault(
        "a budget is off by one server: the first of two that were heard rests",
        f"{CLUSTER}/rounds.py",
        " and len(heard) > (server in heard)\n",
        " and len(heard) >= (server in heard)\n",
        (ROUNDS,),
    ),
    PlantedFault(
        "a touched server keeps the deadline that it had",
        f"{CLUSTER}/agenda.py",
        "        self._touched[server] = self.commanding[server] = member\n",
        "        self.commanding[server] = member\n",
        (TOGETHER, CHANGES),
    ),
    PlantedFault(
        "a touched server has no command before its next deadline",
        f"{CLUSTER}/agenda.py",
        "        self._touched[server] = self.commanding[server] = member\n",
        "        self._touched[server] = member\n",
        (TOGETHER, CHANGES),
    ),
    PlantedFault(
        "a driver spins over a touched server without commands",
        f"{CLUSTER}/agenda.py",
        "            if server in self.commanding and not member.command_waiting:\n"
        "                del self.commanding[server]\n",
        "",
        (COST,),
    ),
    PlantedFault(
        "a server that stops serving is looked at too late to dial or to take turns",
        f"{CLUSTER}/cluster.py",
        "        if state is not member.state or state is DISCONNECTED:\n",
        "        if not member.state.sending:\n",
        (TOGETHER, CHANGES),
    ),
    PlantedFault(
        "the driver is never told that a rest is over",
        f"{CLUSTER}/members.py",
        "        return self.rest_changed or self.connection.command_waiting\n",
        "        return self.connection.command_waiting\n",
        (TOGETHER, CHANGES),
    ),
    PlantedFault(
        "a server that is full gets the next action, because it is its turn",
        f"{CLUSTER}/turns.py",
        "            if not connection.full:\n                return server\n",
        "            return server\n",
        (ROUTING,),
    ),
    PlantedFault(
        "an earlier deadline is noted under the old time",
        f"{CLUSTER}/deadlines.py",
        "            if entry is None or deadline < entry:\n",
        "            if entry is None:\n",
        (DEADLINES,),
    ),
    PlantedFault(
        "an action goes to a server that is closing",
        f"{CLUSTER}/turns.py",
        "((self._ready, state.sending), ",
        "((self._ready, state.sending or state is State.CLOSING), ",
        (ROUTING,),
    ),
    PlantedFault(
        "an action waits for a server that was stopped",
        f"{CLUSTER}/turns.py",
        " and state not in (State.CLOSED, State.CLOSING)\n",
        "\n",
        (ROUTING,),
    ),
    PlantedFault(
        "a full server keeps actions from the others",
        "ami_proto/routes.py",
        "        elif not standing.full:\n",
        "        elif standing:\n",
        (ROUTING,),
    ),
    PlantedFault(
        "a gap is marked for another server",
        "ami_proto/connection/registry.py",
        "        gap = Gap(self.server, begun, now, cause)\n",
        """\
        queues = self.queues[0].subscription.queues if self.queues else []
        gap = Gap(queues[0].server if queues else self.server, begun, now, cause)
""",
        (TOGETHER,),
    ),
    PlantedFault(
        "drops are reported for the first of two subscriptions only",
        "ami_proto/connection/registry.py",
        "        for queue in overflowing:\n",
        "        for queue in overflowing[:1]:\n",
        (
            "tests/ami_proto/connection/test_registry.py",
            "tests/ami_proto/connection/test_connection_full_queues.py",
        ),
    ),
    PlantedFault(
        "a message that two subscriptions dropped counts once",
        "ami_proto/connection/registry.py",
        "        return self._dropped_by_ended + sum(queue.dropped for queue in self.queues)\n",
        "        return self._dropped_by_ended + max((queue.dropped for queue in self.queues), default=0)\n",
        (
            "tests/ami_proto/connection/test_registry.py",
            "tests/ami_proto/connection/test_connection_full_queues.py",
        ),
    ),
    PlantedFault(
        "a key that comes back has a second queue, and its messages are out of order",
        "ami_proto/connection/subscription.py",
        "        queue = self._closed.pop(server, None)\n",
        "        queue = None\n",
        (CHANGES,),
    ),
    PlantedFault(
        "drops of a removed server are forgotten with its queue",
        "ami_proto/connection/subscription.py",
        "        self._dropped_by_ended += queue.dropped\n",
        "",
        (MEMBERSHIP,),
    ),
    PlantedFault(
        "the bytes of all queues are bounded by nothing",
        "ami_proto/connection/subscription.py",
        "        room = min(self.limit_bytes, max(share, leaving_as_much_free))\n",
        "        room = self.limit_bytes\n",
        (SHARED_BYTES,),
    ),
    PlantedFault(
        "a flooder leaves the others their share only",
        "ami_proto/connection/subscription.py",
        "        leaving_as_much_free = (self._half - others) // 2\n",
        "        leaving_as_much_free = self._half - others\n",
        (SHARED_BYTES,),
    ),
    PlantedFault(
        "a quiet server loses its share to those that took half of what was left",
        "ami_proto/connection/subscription.py",
        "max(share, leaving_as_much_free)",
        "leaving_as_much_free",
        (SHARED_BYTES,),
    ),
    PlantedFault(
        "what pauses hold beyond all limits stops quiet servers",
        "ami_proto/connection/subscription.py",
        "        if self.policy is Overflow.PAUSE:  # what",
        "        if False:  # what",
        (SHARED_BYTES,),
    ),
    PlantedFault(
        "each server that is added adds to the bytes of all",
        "ami_proto/connection/subscription.py",
        "        return min(room, self.limit_bytes_total - others)",
        "        return room",
        (SHARED_BYTES,),
    ),
    PlantedFault(
        "dropped messages count in the bytes of all for ever",
        "ami_proto/connection/server_queue.py",
        "        self.subscription.depth_bytes -= before - self.depth_bytes\n",
        "",
        (SHARED_BYTES,),
    ),
    PlantedFault(
        "a batch is no sign of life to a queue whose pause is over",
        "ami_proto/connection/server_queue.py",
        "        if not self.pausing:\n            self.subscription.pauses.pop(self, None)\n",
        "        self.subscription.pauses.pop(self, None)\n",
        ("tests/ami_proto/connection/test_connection_pauses.py", SHARED_BYTES),
    ),
    PlantedFault(
        "an action that waited is sent again after each reconnect",
        "ami_proto/connection/actions.py",
        "        for entry in self.waiting.pop_all():\n",
        "        for entry in list(self.waiting._entries.values()):\n",
        ("tests/ami_proto/connection/test_lifecycle_waiting.py",),
    ),
    PlantedFault(
        "the pong of an older session proves that the new one lives",
        "ami_proto/connection/connection.py",
        "(present.id is session or present.id == session)",
        "present.id.server == session.server",
        ("tests/ami_proto/connection/test_connection_facts.py",),
    ),
    PlantedFault(
        "the pause of the last bytes leaves a timer to a closed connection",
        "ami_proto/connection/lifecycle.py",
        "        if self._serving is not None and self._delivery.pause_end_unknown:\n",
        "        if self._delivery.pause_end_unknown:\n",
        ("tests/ami_proto/connection/test_connection_pauses.py::test_no_pause_outlasts_its_session",),
    ),
)
