"""The faults that `planted` plants: an old text and a new one, and the tests that should see the change."""

from typing import Final

from tests.workshop.anyio_faults import ANYIO_FAULTS
from tests.workshop.catalogue_faults import CATALOGUE_FAULTS
from tests.workshop.cluster_faults import CLUSTER_FAULTS
from tests.workshop.decoding_faults import DECODING_FAULTS
from tests.workshop.fault_record import PlantedFault
from tests.workshop.long_run_faults import LONG_RUN_FAULTS
from tests.workshop.policy_faults import POLICY_FAULTS
from tests.workshop.request_faults import REQUEST_FAULTS

ACTIONS: Final = "ami_proto/connection/actions.py"
LIFECYCLE: Final = "ami_proto/connection/lifecycle.py"
PENDING: Final = "ami_proto/correlation/pending.py"
REGISTRY: Final = "ami_proto/connection/registry.py"
ANYIO: Final = "ami_backends/anyio"
SELECTORS: Final = "ami_backends/selectors"
SESSIONS: Final = "ami_backends/sessions"
CLIENTS: Final = "ami_backends/clients"
SUITE: Final = "conformance/suite"

FAULTS: Final[tuple[PlantedFault, ...]] = (
    # -- writing and reading
    PlantedFault(
        "anyio never resumes a blocked write while the peer is silent",
        f"{ANYIO}/session_task.py",
        "            both.start_soon(wait, 1, anyio.wait_writable, name=TASK_NAME)\n",
        "",
        (f"{SUITE}/test_backpressure.py",),
        "silent and not lawful",
    ),
    PlantedFault(
        "the reactor never resumes a blocked write while the peer is silent",
        f"{SELECTORS}/reactor.py",
        "selectors.EVENT_WRITE * write\n",
        "selectors.EVENT_WRITE * (write and not read)\n",
        (f"{SUITE}/test_backpressure.py",),
        "silent and not lawful",
    ),
    PlantedFault(
        "frames after the end of their session are neither handled nor counted",
        "ami_proto/connection/inbox.py",
        "        self._framed -= len(unread)\n",
        "        unread.clear()\n",
        ("tests/ami_proto/connection/test_session_end.py",),
    ),
    PlantedFault(
        "a lost Originate is placed again on the next session, and its second outcome is hidden",
        ACTIONS,
        "        self._lose(session.pending, cause)\n",
        """\
        lost = list(session.pending._entries.values())
        self._lose(session.pending, cause)
        for each in lost:
            if each.ticket.action_name == "Originate":
                data, ping = type(each.outgoing)(each.outgoing.data), Purpose.PING
                again = Entry(
                    each.ticket, each.completion, data, None, purpose=ping, blocks=False, fence_id=None
                )
                self.waiting.add(again)
""",
        ("tests/laws/test_worlds.py::test_every_world_keeps_the_laws_and_converges",),
    ),
    PlantedFault(
        "a TLS connection with bytes read ahead is not forgotten, and the reactor spins for ever",
        f"{SELECTORS}/reactor.py",
        "            self._pending.discard(session_io.session)\n",
        "            pass\n",
        (f"{SUITE}/test_idle.py",),
    ),
    PlantedFault(
        "a piece over TLS may have 1025 bytes",
        "ami_proto/connection/outbox.py",
        "TLS_PIECE_MAX = 1024\n",
        "TLS_PIECE_MAX = 1025\n",
        (f"{SUITE}/test_tls.py",),
        "record",
    ),
    # -- calls that block a loop
    PlantedFault(
        "trio's loop sleeps half a second at every dial",
        f"{ANYIO}/driver.py",
        "                task.dial(await self._look_up(command.host, command.port))\n",
        """\
                if type(self._woken).__module__.startswith("anyio._backends._trio"):
                    time.sleep(0.5)
                task.dial(await self._look_up(command.host, command.port))
""",
        (f"{SUITE}/test_lifecycle.py",),
        "trio and it_is_ready",
    ),
    PlantedFault(
        "gevent's hub sleeps half a second at every dial",
        f"{SELECTORS}/reactor.py",
        "        look_up(self._resolver, command.host, command.port, deliver)\n",
        """\
        if not hasattr(self._selector, "fileno"):
            time.sleep(0.5)
        look_up(self._resolver, command.host, command.port, deliver)
""",
        (f"{SUITE}/test_lifecycle.py",),
        "gevent and it_is_ready",
    ),
    PlantedFault(
        "certificates are read on the loop of asyncio and trio",
        f"{ANYIO}/client.py",
        "        contexts = await anyio.to_thread.run_sync(tls_contexts, machine.servers)\n",
        "        contexts = tls_contexts(machine.servers)\n",
        (f"{SUITE}/test_tls.py",),
        "good_certificate",
    ),
    PlantedFault(
        "certificates are read on gevent's hub",
        "ami_backends/gevent/client.py",
        "        return call_in_thread(lambda: tls_contexts(servers))\n",
        "        return tls_contexts(servers)\n",
        (f"{SUITE}/test_tls.py",),
        "good_certificate",
    ),
    PlantedFault(
        "a server of the file that did not change is replaced at SIGHUP",
        "ami_backends/clients/fleet.py",
        "            if key in wanted and (status.ending or status.config != wanted[key])\n",
        "            if key in wanted\n",
        (f"{SUITE}/test_reconfigure.py",),
        "only_what_changed",
    ),
    PlantedFault(
        "a removed server keeps its series",
        "ami_backends/telemetry/metrics.py",
        "        self.gone = just_gone | self._just_gone\n",
        "        self.gone = just_gone\n",
        ("tests/ami_backends/telemetry/test_metrics.py",),
        "removed_has_no_series",
    ),
    # -- wake-ups
    PlantedFault(
        "an emptied PAUSE queue does not wake the anyio driver",
        f"{ANYIO}/events.py",
        "            self._driver.wake()  # a pull may end a pause, or begin its time anew\n",
        "            pass\n",
        (f"{SUITE}/test_backpressure.py",),
        "emptied and not lawful",
    ),
    PlantedFault(
        "the anyio driver hears its mailbox after reading it, and so misses a call that was posted meanwhile",
        f"{ANYIO}/driver.py",
        "            self._mailbox.clear_signal()\n            self._mailbox.run_calls()\n",
        "            self._mailbox.run_calls()\n            self._mailbox.clear_signal()\n",
        ("tests/ami_backends/sessions/test_mailbox.py",),
    ),
    PlantedFault(
        "a call wakes the loop only if the mailbox was empty",
        f"{SESSIONS}/mailbox.py",
        "        self._calls.append(function)\n",
        """\
        self._calls.append(function)
        if len(self._calls) > 1:
            return
""",
        ("tests/ami_backends/sessions/test_mailbox.py",),
    ),
    # -- counts and look-ups
    PlantedFault(
        "`events_dropped` is one too high with exactly two overflowing subscriptions",
        "ami_proto/connection/snapshot.py",
        "        events_dropped=delivery.dropped,\n",
        """\
        events_dropped=delivery.dropped + (sum(each.dropped > 0 for each in delivery.queues) == 2),
""",
        ("tests/ami_proto/connection/test_connection_full_queues.py",),
    ),
    PlantedFault(
        "a response is accepted whose ActionID only begins with ours",
        PENDING,
        "        return self._entries.get(action_id)\n",
        """\
        ours = [entry for own, entry in self._entries.items() if action_id.startswith(own)]
        return self._entries.get(action_id) or (ours[-1] if ours else None)
""",
        ("tests/ami_proto/correlation/test_pending.py",),
    ),
    PlantedFault(
        "torn frames are missing from the metric of lost messages",
        "ami_backends/telemetry/metrics.py",
        '    Fault.TORN: "torn",\n',
        "",
        ("tests/ami_backends/telemetry/test_metrics.py",),
    ),
    # -- waits
    PlantedFault(
        "`get(timeout)` of the blocking clients waits twice as long",
        f"{SELECTORS}/events.py",
        "            item = self._next(timeout)\n",
        "            item = self._next(None if timeout is None else 2 * timeout)\n",
        (f"{SUITE}/test_timeouts.py",),
        "get_",
    ),
    PlantedFault(
        "`get(timeout)` of the tasks waits twice as long",
        f"{ANYIO}/events.py",
        "            with anyio.move_on_after(timeout) as limit:\n",
        "            with anyio.move_on_after(None if timeout is None else 2 * timeout) as limit:\n",
        (f"{SUITE}/test_timeouts.py",),
        "get_",
    ),
    # -- what is left
    PlantedFault(
        "a blocking client keeps its descriptors when `stop_on` is refused",
        f"{SELECTORS}/client.py",
        "            except BaseException:\n                runner.close()\n",
        "            except BaseException:\n",
        (f"{SUITE}/test_shutdown.py",),
        "refused",
    ),
    PlantedFault(
        "a client on a loop keeps its descriptors when `stop_on` is refused",
        f"{ANYIO}/machine_task.py",
        "        except BaseException:\n            self.driver.close()\n",
        "        except BaseException:\n",
        (f"{SUITE}/test_shutdown.py",),
        "refused",
    ),
    # -- what a session owns, and what outlives it
    PlantedFault(
        "the timers of a lost session act on the next one",
        LIFECYCLE,
        "        self.timers.stop(*SESSION_TIMERS)\n",
        "",
        (
            "tests/ami_proto/connection/test_lifecycle_reconnecting.py",
            "tests/ami_proto/connection/test_boot.py",
        ),
    ),
    PlantedFault(
        "a gap begins with the last of several lost sessions",
        "ami_proto/connection/registry.py",
        "        if self.gap is None:\n            self.gap = begun, cause\n",
        "        self.gap = begun, cause\n",
        ("tests/ami_proto/connection/test_registry.py",),
    ),
    PlantedFault(
        "the breaker's cooldown delays no attempt",
        "ami_proto/connection/retries.py",
        "max(delay, self.breaker.delay_min)",
        "delay",
        (f"{SUITE}/test_breaker.py",),
        "not lawful",
    ),
    PlantedFault(
        "a probe that fails counts from the start again",
        "ami_proto/connection/breaker.py",
        "        if self.state is BreakerState.HALF_OPEN or too_many:\n",
        "        if too_many and self.state is not BreakerState.HALF_OPEN:\n",
        ("tests/ami_proto/connection/test_breaker.py",),
    ),
    PlantedFault(
        "an ended subscription takes its drops out of the snapshot",
        REGISTRY,
        "        self._dropped_by_ended += sum(each.dropped for each in self._queues_of(subscription))\n",
        "",
        ("tests/ami_proto/connection/test_registry.py",),
    ),
    PlantedFault(
        "an action that is cancelled after a part of it was shown leaves its end unsent",
        "ami_proto/connection/outbox.py",
        "        if outgoing.shown == 0:\n            del",
        "        if outgoing.shown >= 0:\n            del",
        ("tests/ami_proto/connection/test_outbox.py",),
    ),
    # -- verdicts
    PlantedFault(
        "one read after an overdue deadline counts as a flood",
        "ami_proto/connection/verdicts.py",
        "        return session.inbox.bytes_received - self._flood[1] >= FLOOD_BYTES\n",
        "        return session.inbox.bytes_received > self._flood[1]\n",
        ("tests/ami_proto/connection/test_verdicts.py",),
    ),
    PlantedFault(
        "a driver dates a read that found nothing by its end: bytes that came during it count as late",
        f"{SESSIONS}/session_io.py",
        "            self._machine.handle_drained(self.session, looked_at)\n",
        "            self._machine.handle_drained(self.session, self._clock())\n",
        ("tests/ami_backends/sessions/test_session_io.py", "tests/ami_backends/test_suspended.py"),
    ),
    PlantedFault(
        "the silence of a pause that the driver was told of is held against the peer",
        "ami_proto/connection/flow.py",
        "            self._heartbeat.handle_resumed()\n",
        "            pass\n",
        ("tests/ami_proto/connection/test_connection_pauses.py",),
    ),
    # -- streams and their ends
    PlantedFault(
        "a new socket with the number of the old one is not registered",
        f"{SELECTORS}/reactor.py",
        "        if registered == wanted:\n",
        "        if registered and registered[1] == wanted[1]:\n",
        ("tests/ami_backends/selectors/test_reactor_resolving.py", f"{SUITE}/test_unreachable.py"),
    ),
    PlantedFault(
        "the last words of a server are lost when a write fails",
        f"{SESSIONS}/session_io.py",
        "                self._read_out()\n",
        "",
        ("tests/ami_backends/sessions/test_session_io.py",),
    ),
    PlantedFault(
        "bytes that OpenSSL holds beyond the records of one turn are not read",
        f"{SESSIONS}/stream.py",
        '        self.pending = True\n        return b"".join(records) or',
        '        return b"".join(records) or',
        ("tests/ami_backends/sessions/test_stream.py", f"{SUITE}/test_tls.py"),
        "not lawful",
    ),
    PlantedFault(
        "an error of TLS after the last bytes is forgotten",
        f"{SESSIONS}/stream.py",
        "            self._failure = error\n",
        "            pass\n",
        ("tests/ami_backends/sessions/test_stream.py",),
    ),
    # -- callers
    PlantedFault(
        "gevent's reactor waits in a selector that blocks the hub",
        "ami_backends/gevent/client.py",
        "                selector=GeventSelector(),\n",
        "                selector=None,\n",
        (f"{SUITE}/test_lifecycle.py",),
        "gevent and nested",
    ),
    PlantedFault(
        "a task that is cancelled leaves its action to go on",
        f"{ANYIO}/client.py",
        "                task.machine.cancel(ticket, time.monotonic())\n",
        "                pass\n",
        (f"{SUITE}/test_cancellation.py",),
    ),
    PlantedFault(
        "a caller that is interrupted leaves its action to go on",
        f"{SELECTORS}/client.py",
        "                runner.post(cancel)\n",
        "                pass\n",
        (f"{SUITE}/test_cancellation.py",),
    ),
    PlantedFault(
        "a call that was posted right before the end is never made, and its caller waits for ever",
        f"{SELECTORS}/runner.py",
        "            self._make_last_calls()\n            self.close()\n",
        "            self.close()\n",
        (
            f"{SUITE}/test_threads.py",
            f"{SUITE}/test_shutdown.py",
            "tests/ami_backends/selectors/test_client.py",
        ),
    ),
    PlantedFault(
        "a caller that waits for messages is not woken by the end",
        f"{CLIENTS}/waiters.py",
        "        for subscription in list(self._messages):\n            self._notify(subscription)\n",
        "",
        (f"{SUITE}/test_shutdown.py", f"{SUITE}/test_events.py"),
    ),
    PlantedFault(
        "a signal handler of the application is replaced for good",
        f"{CLIENTS}/signals.py",
        "        for number in _previous.keys() - _watches.keys():\n            _restore(number)\n",
        "",
        (f"{SUITE}/test_shutdown.py::test_signal_handlers_are_restored",),
    ),
    PlantedFault(
        "a resolver that delivers twice dials twice",
        f"{SELECTORS}/reactor.py",
        " and session_io.stream.socket is None:\n            session_io.dial",
        ":\n            session_io.dial",
        ("tests/ami_backends/selectors/test_reactor_resolving.py",),
    ),
    PlantedFault(
        "the second address of a name is not tried after the first one has refused",
        f"{SESSIONS}/stream.py",
        "            return self.dial(self._addresses) if refused and self._addresses else cause_of(error)\n",
        "            return cause_of(error)\n",
        ("tests/ami_backends/selectors/test_reactor_resolving.py",),
    ),
    *ANYIO_FAULTS,
    *CLUSTER_FAULTS,
    *DECODING_FAULTS,
    *LONG_RUN_FAULTS,
    *REQUEST_FAULTS,
    *POLICY_FAULTS,
    *CATALOGUE_FAULTS,
)
