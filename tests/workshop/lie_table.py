"""The lies that `tests.workshop.lies` plants in the engine: each breaks no law, and is not true."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Lie:
    """A text of a file, which has it exactly once, what takes its place, and the lie in one sentence."""

    file: str
    old: str
    new: str
    sentence: str
    seed: int = 0
    """The first seed to try: what takes a rare coincidence is not found within a minute from 0."""


LIES: Final = (
    Lie(
        "ami_proto/correlation/entry.py",
        "return self._ended(ActionFailed, _complaint(message))",
        "return self.done()",
        "An error of the server is told as a success.",
    ),
    Lie(
        "ami_proto/correlation/entry.py",
        'return self._ended(ActionTimeout, "timed out before it was sent" if unsent else "timed out")',
        "return Outcome(self.ticket, self.reply(), None, self.sent)",
        "A timeout is told as a success.",
    ),
    Lie(
        "ami_proto/correlation/entry.py",
        "return Outcome(self.ticket, reply, ActionLost(self.ticket, cause, reply, self.sent), self.sent)",
        "return Outcome(self.ticket, reply, None, self.sent)",
        "The loss of the session is told as a success.",
    ),
    Lie(
        "ami_proto/correlation/entry.py",
        'return self._ended(ActionUnconfirmed, f"accepted, its result unknown: {hint}")',
        "return self.done()",
        "An Originate without a result is told as a success.",
    ),
    Lie(
        "ami_proto/correlation/pending.py",
        "return self._entries.get(action_id)",
        "found = self._entries.get(action_id)\n"
        "        return found and next((other for other in self._entries.values()\n"
        "            if other is not found and other.purpose is found.purpose), found)",
        "The answers of two open actions are exchanged.",
    ),
    Lie(
        "ami_proto/correlation/completion.py",
        "self._events.insert(place, message)",
        "place % 2 or self._events.insert(place, message)",
        "The items of a list after the first are thrown away.",
    ),
    Lie(
        "ami_proto/connection/registry.py",
        "if not wanting.queues:",
        "if not (wanting.queues and sum(message.content) % 3):",
        "Every third event is lost.",
    ),
    Lie(
        "ami_proto/connection/registry.py",
        "queue.push_run(run, size)",
        "queue.push_run(run + run, size + size)",
        "Every event is delivered twice.",
    ),
    Lie(
        "ami_proto/connection/server_queue.py",
        "self._items.extend(messages)",
        "self._items.extend(reversed(messages))",
        "Events are delivered in another order.",
    ),
    Lie(
        "ami_proto/connection/server_queue.py",
        "self._dropped_first += 1",
        "self._dropped_first += 0",
        "Messages dropped from the front of a queue leave no Drops.",
    ),
    Lie(
        "ami_proto/connection/server_queue.py",
        "self._mark(Drops(1, self.server))",
        "pass",
        "Messages that a full queue refuses leave no Drops.",
    ),
    Lie(
        "ami_proto/connection/server_queue.py",
        "return Drops(count, self.server)",
        "return Drops(count + 1, self.server)",
        "Drops counts one message too many.",
    ),
    Lie(
        "ami_proto/connection/registry.py",
        "report = EventsDropped(self.server, queue.subscription, delta, queue.dropped, queue.depth)",
        "report = EventsDropped(self.server, queue.subscription, 1, queue.dropped, queue.depth)",
        "A report of drops counts one message, however many were dropped.",
    ),
    Lie(
        "ami_proto/connection/registry.py",
        "queue.push_gap(gap)",
        "pass",
        "No gap is marked after a reconnect.",
    ),
    Lie(
        "ami_proto/connection/registry.py",
        "queue.push_gap(gap)",
        "queue.push_gap(Gap(gap.server, gap.ended, gap.ended, gap.cause))",
        "A gap hides how long nothing was received.",
    ),
    Lie(
        "ami_proto/connection/breaker.py",
        "return self._random.uniform(self._low, cap)",
        "return 0.0",
        "The backoff is zero.",
    ),
    Lie(
        "ami_proto/connection/breaker.py",
        "cap = min(self._high, self._low * 2.0 ** min(self.failures, EXPONENT_MAX))",
        "cap = self._low",
        "The backoff does not grow, and has no jitter.",
    ),
    Lie(
        "ami_proto/connection/breaker.py",
        "too_many = self._backoff.failures >= self._config.breaker_threshold",
        "too_many = False",
        "The breaker never opens.",
    ),
    Lie(
        "ami_proto/connection/heartbeat.py",
        "return self._again(timer, now + config.heartbeat_interval, ping=ping)",
        "return self._again(timer, now + config.heartbeat_interval, ping=False)",
        "No silence is answered with a ping.",
    ),
    Lie(
        "ami_proto/connection/session.py",
        "if not self.login.complete:\n            self._report(Fault.WITHHELD, message)",
        "if not self.login.complete:\n            self._delivery.offer(message)",
        "Events before the end of the login are delivered.",
    ),
    Lie(
        "ami_proto/connection/session.py",
        "if not self.login.complete:\n            self._report(Fault.WITHHELD, message)",
        "if not self.login.complete:\n            pass",
        "Events before the end of the login are withheld and not counted.",
    ),
    Lie(
        "ami_proto/connection/session.py",
        "elif is_straggler(self.pending, self._ids, message):",
        "elif False:",
        "List items of an action that has ended are delivered as events.",
    ),
    Lie(
        "ami_proto/correlation/entry.py",
        "self.data = action + fence",
        "self.data = action + action + fence",
        "The bytes of every action are sent twice.",
    ),
    Lie(
        "ami_proto/connection/actions.py",
        "self._journal.put_outcome(entry.lost(cause))",
        "self._journal.put_outcome(entry.lost(cause))\n"
        '                if entry.ticket.action_name == "Originate":\n'
        "                    entry.purpose, entry.deadline = Purpose.PING, None\n"
        "                    entry.outgoing = type(entry.outgoing)(entry.outgoing.data)\n"
        "                    self.waiting.add(entry)",
        "An Originate that was lost with its session is placed again.",
    ),
    Lie(
        "ami_proto/correlation/entry.py",
        "return Sent.NO",
        "return Sent.PARTLY",
        "An action of which nothing was sent is told as sent in part.",
    ),
    Lie(
        "ami_proto/correlation/entry.py",
        "return FULLY",
        "return Sent.PARTLY",
        "An action that was sent is told as safe to send again.",
    ),
    Lie(
        "ami_proto/connection/actions.py",
        "deadline, server = now + timeout, self._config.key",
        "deadline, server = now + timeout / 2, self._config.key",
        "Actions time out after half their time.",
    ),
    Lie(
        "ami_proto/connection/actions.py",
        "deadline, server = now + timeout, self._config.key",
        "deadline, server = now + timeout * 2, self._config.key",
        "Actions time out after twice their time.",
    ),
    Lie(
        "ami_proto/correlation/strategies.py",
        "return DONE if status is None or status.lower() in SUCCESSES else FAILED",
        "return IGNORE",
        "The event with the result of an Originate is not taken.",
    ),
    Lie(
        "ami_proto/connection/session.py",
        "self._report(Fault.UNMATCHED if self.banner is not None else Fault.UNEXPECTED, message)",
        "pass",
        "Answers that come too late are not counted.",
    ),
    Lie(
        "ami_proto/connection/journal.py",
        "count += slot.notice.count",
        "pass",
        "Faults that are told together are told as one.",
    ),
    Lie(
        "ami_proto/connection/server_queue.py",
        "self._drops_oldest = subscription.policy is Overflow.DROP_OLDEST",
        "self._drops_oldest = subscription.policy is Overflow.DROP_NEWEST",
        "The two policies of dropping are exchanged.",
    ),
    Lie(
        "ami_proto/connection/breaker.py",
        'stable."""\n        self.failures = 0',
        'stable."""',
        "The backoff never forgets a failure.",
    ),
    Lie(
        "ami_proto/connection/heartbeat.py",
        "the next one does not wait for silence\n            "
        "self._timers[SILENCE] = now + self._config.heartbeat_interval",
        "the next one does not wait for silence\n            "
        "self._timers[SILENCE] = now + self._config.heartbeat_interval / 2",
        "Pings come twice as often.",
    ),
    Lie(
        "ami_proto/connection/heartbeat.py",
        "self._timers[Timer.PONG] = now + self._config.heartbeat_timeout",
        "self._timers[Timer.PONG] = now + self._config.heartbeat_timeout / 2",
        "A ping counts as missed after half its time.",
    ),
    Lie(
        "ami_proto/connection/session.py",
        'self._open_own(Purpose.LOGOFF, Action("Logoff"))',
        'self._open_own(Purpose.LOGOFF, Action("Ping"))',
        "A session that is stopped is not logged off.",
    ),
    Lie(
        "ami_proto/connection/retries.py",
        "self._timers[Timer.RECONNECT] = now + delay",
        "self._timers[Timer.RECONNECT] = now + 2 * delay",
        "Dials come later than they are reported.",
    ),
    Lie(
        "ami_proto/connection/heartbeat.py",
        "MISSES_MAX = 3",
        "MISSES_MAX = 99",
        "A server that answers no ping is not given up.",
    ),
    Lie(
        "ami_proto/connection/actions.py",
        "if entry.overdue(now):",
        "if False:",
        "An action that waited for READY is sent after its timeout.",
        seed=230,
    ),
    Lie(
        "ami_proto/connection/outbox.py",
        "outgoing.queued = True",
        "outgoing.queued = True\n"
        "        self._queue.move_to_end(outgoing, last=any(each.shown for each in self._queue))",
        "The newest action is sent first.",
    ),
    Lie(
        "ami_proto/connection/journal.py",
        "self._announced.add(subscription)",
        "return",
        "Consumers are not woken.",
    ),
    Lie(
        "ami_proto/config/server.py",
        "return self.reconnect if served else self.retry",
        "return self.retry and not served",
        "A connection that was READY is given up.",
    ),
    Lie(
        "ami_proto/config/server.py",
        "return self.reconnect if served else self.retry",
        "return True",
        "A connection is tried again against its configuration.",
    ),
    Lie(
        "ami_proto/correlation/entry.py",
        "if self.progress.response is not None and hint is not None:",
        "if False:",
        "An Originate that was accepted is told as timed out.",
    ),
    Lie(
        "ami_proto/connection/journal.py",
        "self.put_fault(Fault.TRUNCATED, entry.cap, action_id=entry.ticket.action_id)",
        "pass",
        "Replies that are cut are not told.",
    ),
    Lie(
        "ami_proto/cluster/throttle.py",
        "if due is None or due > now:",
        "if due is None:",
        "The servers of a cluster dial faster than the rate.",
    ),
    Lie(
        "ami_proto/cluster/throttle.py",
        "if not self._waiting or len(self._connecting) >= self._connecting_max:",
        "if not self._waiting:",
        "More dials are under way than a cluster may have.",
    ),
    Lie(
        "ami_proto/cluster/throttle.py",
        "server = next(iter(self._waiting))",
        "server = next(reversed(self._waiting))",
        "The server that asked last is dialled first.",
    ),
    Lie(
        "ami_proto/cluster/rounds.py",
        "if used < 1.0:",
        'if used < 1.0 or server.endswith("2"):',
        "One server is read beyond the budget of its round.",
    ),
    Lie(
        "ami_proto/cluster/rounds.py",
        "if len(self._work) == 1:",
        'if len(self._work) == 1 and not server.endswith("2"):',
        "One server rests although no other one was heard.",
    ),
    Lie(
        "ami_proto/connection/registry.py",
        "gap = Gap(self.server, begun, now, cause)",
        "first = next((each.subscription.queues[0].server for each in self.queues), self.server)\n"
        "        gap = Gap(first, begun, now, cause)",
        "The gap of a server is told of another one.",
    ),
    Lie(
        "ami_proto/cluster/cluster.py",
        "server = plain(to) if isinstance(to, str) else self._turns.choose(to, action, wait=wait)",
        "server = next(iter(self._turns._ready), to) if isinstance(to, str)"
        " else self._turns.choose(to, action, wait=wait)",
        "An action is sent to another server than it was for.",
    ),
    Lie(
        "ami_proto/cluster/turns.py",
        "hopeful = not state.sending and state not in (State.CLOSED, State.CLOSING)",
        "hopeful = not state.sending and state is not State.CLOSED",
        "An action that waits is routed to a server that is closing.",
    ),
    Lie(
        "ami_proto/cluster/turns.py",
        "del servers[server]\n                servers[server] = None",
        "pass",
        "Servers take no turns.",
    ),
    Lie(
        "ami_proto/cluster/cluster.py",
        "member.successor = config",
        "member.successor = __import__('dataclasses').replace("
        "config, secret=member.connection.config.reveal_secret())",
        "A server that is replaced keeps its old secret.",
    ),
    Lie(
        "ami_proto/connection/registry.py",
        "for queue in audience.queues:",
        "for queue in audience.queues * (2 if self._dropped_by_ended < 0 else 1):",
        "Events of a server that was replaced are delivered twice.",
    ),
    Lie(
        "ami_proto/connection/subscription.py",
        "queue.closed = True\n",
        "queue.closed = True\n        queue.clear()\n",
        "The messages that a removed server has left are lost.",
    ),
    Lie(
        "ami_proto/cluster/members.py",
        "gap_before=past.gap,",
        "gap_before=None,",
        "The time without a server that was replaced is no gap.",
    ),
)
