"""The planted faults that the long runs must notice, each in the run that is about it."""

from typing import Final

from tests.workshop.fault_record import PlantedFault

SHORT_RUNS: Final = ("tests/conformance/long_runs/test_long_runs.py::test_a_short_run_is_as_wanted",)

LONG_RUN_FAULTS: Final[tuple[PlantedFault, ...]] = (
    PlantedFault(
        "servers that are lost at once come back at twice the rate",
        "ami_proto/cluster/throttle.py",
        "        self._step = 1.0 / rate\n",
        "        self._step = 0.5 / rate\n",
        SHORT_RUNS,
        "outage",
    ),
    PlantedFault(
        "a thousand servers come back at half the rate",
        "ami_proto/cluster/throttle.py",
        "        self._step = 1.0 / rate\n",
        "        self._step = 2.0 / rate\n",
        SHORT_RUNS,
        "outage",
    ),
    PlantedFault(
        "a server that was lost is dialled again at once",
        "ami_proto/connection/breaker.py",
        "        return self._random.uniform(self._low, cap)\n",
        "        return 0.0 * self._random.uniform(self._low, cap)\n",
        SHORT_RUNS,
        "reconnects",
    ),
    PlantedFault(
        "the delays of the backoff are all near the floor",
        "ami_proto/connection/breaker.py",
        "        return self._random.uniform(self._low, cap)\n",
        "        return self._low + (self._random.uniform(self._low, cap) - self._low) / 4\n",
        SHORT_RUNS,
        "reconnects",
    ),
    PlantedFault(
        "a silent peer is found dead late",
        "ami_proto/connection/heartbeat.py",
        "MISSES_MAX = 3\n",
        "MISSES_MAX = 300\n",
        SHORT_RUNS,
        "deaths",
    ),
    PlantedFault(
        "the loss of a session forgets one of its actions",
        "ami_proto/connection/actions.py",
        "        for entry in pending.pop_all():\n",
        "        for entry in pending.pop_all()[1:]:\n",
        SHORT_RUNS,
        "deaths",
    ),
    PlantedFault(
        "a server never rests, however much it brings",
        "ami_proto/cluster/rounds.py",
        "        if used < 1.0:\n",
        "        if used < 1e9:\n",
        SHORT_RUNS,
        "flooder",
    ),
    PlantedFault(
        "what a server brings is counted for another one, which rests in its place",
        "ami_proto/cluster/cluster.py",
        "                if self._rounds.add(session.server, len(data), *self._members.count(member)):\n",
        """\
                last = next(reversed(self._members))
                if self._rounds.add(last, len(data), *self._members.count(member)):
""",
        SHORT_RUNS,
        "flooder",
    ),
    PlantedFault(
        "a consumer stays with a server until its queue is empty",
        "ami_proto/connection/subscription.py",
        "            self._ready.rotate(-1)\n",
        "            pass\n",
        SHORT_RUNS,
        "flooder",
    ),
    PlantedFault(
        "what waits of every server is lost with the session of one",
        "ami_proto/connection/registry.py",
        "            self.gap = begun, cause\n",
        """\
            self.gap = begun, cause
            for each in self.queues[0].subscription.queues if self.queues else ():
                each.clear()
""",
        SHORT_RUNS,
        "corruption",
    ),
    PlantedFault(
        "the end of one session stops the timers of another server",
        "ami_proto/cluster/cluster.py",
        "            member.handle_disconnected(session)\n",
        """\
            member.handle_disconnected(session)
            self._deadlines.set(next(iter(self._members)), None)
""",
        SHORT_RUNS,
        "corruption",
    ),
    PlantedFault(
        "each session leaves something in the machine when it ends",
        "ami_proto/connection/lifecycle.py",
        "        self._journal.last_cause = cause\n        self.received.end()\n",
        """\
        self._journal.last_cause = cause
        self._journal.faults[session.id] = 0
        self.received.end()
""",
        SHORT_RUNS,
        "reconnects",
    ),
    PlantedFault(
        "each session stays in the memory of the process when it ends",
        "ami_proto/connection/lifecycle.py",
        "        self._journal.last_cause = cause\n        self.received.end()\n",
        """\
        self._journal.last_cause = cause
        Lifecycle.lose.__dict__.setdefault("ended", []).append(session)
        self.received.end()
""",
        SHORT_RUNS,
        "reconnects",
    ),
    PlantedFault(
        "events before the login are not counted",
        "ami_proto/connection/session.py",
        "        if not self.login.complete:\n            self._report(Fault.WITHHELD, message)\n",
        "        if not self.login.complete:\n            pass\n",
        SHORT_RUNS,
        "day",
    ),
)
