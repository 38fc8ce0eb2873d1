"""The callers of a client that wait: for an action's outcome, for messages, for READY, and for the end."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from ami_backends.clients.fleet import Change, Fleet, FleetChanges, ServerStatus, as_fleet, changes_between
from ami_backends.sessions.causes import connect_failed
from ami_proto import (
    ActionFinished,
    AmiError,
    ConnectScheduled,
    ConnectTimeout,
    Disconnect,
    MessageTimeout,
    MisuseError,
    Notice,
    NotReady,
    Outcome,
    Reason,
    ServerConfig,
    Snapshot,
    State,
    StateChanged,
    Ticket,
)
from ami_proto.drivers import Machine, MessagesWaiting, ServerKey, Subscription, brief_names, connect_error

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

OnNotice = Callable[[Notice], None]
"""The user's function for notices."""


def warn_forgotten(events: object, subscription: Subscription) -> None:
    """Warn of an iteration that was never closed; to be called by its finaliser."""
    names = ", ".join(map(repr, subscription.filter.names))
    what = f"events({names}) was forgotten: close it, or use it in a `with`. Its subscription has ended"
    warnings.warn(what, ResourceWarning, stacklevel=3, source=events)


class Waiter(Protocol[T_contra]):
    """A caller that waits for one result. Each kind of loop has its own; for threads it is a `Future`."""

    def done(self) -> bool:
        """Whether there is a result or an exception."""
        ...

    def set_result(self, result: T_contra, /) -> None:
        """Wake the caller: its call returns this."""
        ...

    def set_exception(self, exception: BaseException, /) -> None:
        """Wake the caller: its call raises this."""
        ...


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a caller of `wait_ready` waits for: this server, all of them, or any."""

    server: ServerKey | None = None
    all: bool = False


class DriverCounts(Protocol):
    """What a client shows of its driver."""

    @property
    def listener_errors(self) -> int:
        """How often `on_notice` raised."""

    @property
    def log_errors(self) -> int:
        """How many log records were lost, because a handler or filter raised."""


class Waiters:
    """Know which caller waits for what, and wake it by the machine's notices.

    Belongs to the loop that drives the machine, and is called with every notice. `failure` is the error that
    ended the client; None while it runs, and after an end that the application asked for.
    """

    def __init__(self, machine: Machine, ready: Waiter[None], on_notice: OnNotice | None) -> None:
        self.machine = machine
        self.ended = False
        self.failure: BaseException | None = None
        self.driver: DriverCounts | None = None
        """Set by the client once the driver is made."""
        self._ready = ready
        self._on_notice = on_notice
        self._outcomes: dict[str, Waiter[Outcome]] = {}
        self._messages: dict[Subscription, Callable[[], None]] = {}
        # From notices and not from the machine, because callers in other threads read them.
        self._states = dict.fromkeys(machine.servers, State.CLOSED)
        self._causes: dict[ServerKey, Disconnect] = {}
        """Why the last attempt failed, for each server that is not READY."""
        self._gave_up: dict[ServerKey, Disconnect] = {}
        """The servers that are CLOSED although nobody stopped them, the latest last."""
        self._readiness: list[tuple[Readiness, Waiter[None]]] = []

    @property
    def logs_notices(self) -> bool:
        """Whether the user's function logs notices itself, as `Telemetry` does."""
        return bool(getattr(self._on_notice, "logs_notices", False))

    def await_outcome(self, ticket: Ticket, waiter: Waiter[Outcome]) -> None:
        """Give the outcome of an action to this waiter."""
        self._outcomes[ticket.action_id] = waiter

    def await_messages(self, subscription: Subscription, notify: Callable[[], None]) -> None:
        """Call `notify` once: when an empty subscription has messages, or can have none any more."""
        self._messages[subscription] = notify

    def answered_once(self, wanted: Readiness) -> bool:
        """Whether `ready` tells it for good. It does not while all servers of a fleet are given up."""
        return wanted == Readiness() and (self._ready.done() or not isinstance(self.machine, Fleet))

    def await_ready(self, wanted: Readiness, waiter: Waiter[None]) -> None:
        """Wake this waiter when the servers are ready that it waits for, or never will be."""
        if wanted.server is not None and wanted.server not in self._present():
            known = brief_names(map(repr, self._keys)) or "none"
            raise MisuseError(f"no server {wanted.server!r} here: there are {known}")
        self._readiness.append((wanted, waiter))
        self._settle_readiness()

    def forget_ready(self, waiter: Waiter[None]) -> None:
        """Forget a waiter of `await_ready` whose caller is gone."""
        self._readiness = [each for each in self._readiness if each[1] is not waiter]

    def change(self, change: Change, now: float) -> None:
        """Change which servers there are. Raises `MisuseError`."""
        change(as_fleet(self.machine), now)
        present = self._present()
        for server in [*self._states, *self._gave_up, *self._causes]:
            if server not in present:
                self._forget(server)
        self._settle_readiness()

    def reconfigure(
        self, wanted: Mapping[ServerKey, ServerConfig], now: float, *, grace: float | None
    ) -> FleetChanges:
        """Make these the servers, and return what that changed. Raises `MisuseError` before any change."""
        leaving = as_fleet(self.machine).leaving
        present = {key: each for key, each in self.servers.items() if key not in leaving}
        changes = changes_between(present, wanted)
        self.change(lambda fleet, now: changes.make(fleet, wanted, now, grace), now)
        return changes

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription, and wake the caller that waits for its messages."""
        self.machine.unsubscribe(subscription)
        self._notify(subscription)

    def __call__(self, notice: Notice) -> None:
        """Wake the caller whom a notice concerns, then call the user's function."""
        # The frequent ones first: a busy application brings the one, a flood of events the other.
        if isinstance(notice, ActionFinished):
            waiter = self._outcomes.pop(notice.outcome.ticket.action_id, None)
            if waiter is not None:  # None: the caller gave up, or the action was submitted elsewhere
                waiter.set_result(notice.outcome)
        elif isinstance(notice, MessagesWaiting):
            self._notify(notice.subscription)
        else:
            self._note_life(notice)
        if self._on_notice is not None:
            self._on_notice(notice)

    def _note_life(self, notice: Notice) -> None:
        """Note what became of a server, and wake the callers that wait for that."""
        if isinstance(notice, StateChanged | ConnectScheduled):
            self._note_state(notice)
        match notice:
            case StateChanged(new=State.READY) if not self._ready.done():
                self._ready.set_result(None)
            case StateChanged(old=old, new=State.CLOSED, cause=cause) if old is not State.CLOSING:
                if cause is not None and cause.reason is not Reason.STOPPED:
                    self._note_end(notice.server, cause)
        # Looks at all servers, so only where it may decide anything.
        if isinstance(notice, StateChanged) and notice.new in (State.READY, State.CLOSED):
            self._settle_readiness()

    def _note_state(self, notice: StateChanged | ConnectScheduled) -> None:
        if isinstance(notice, StateChanged):
            self._states[notice.server] = notice.new
            self._gave_up.pop(notice.server, None)
            if notice.new is State.READY:
                self._causes.pop(notice.server, None)
            # A server that was removed says no more after this.
            if notice.new is State.CLOSED and notice.server not in self._present():
                self._forget(notice.server)
                return
        if notice.cause is not None and notice.cause.reason is not Reason.STOPPED:
            self._causes[notice.server] = notice.cause

    def _present(self) -> Mapping[ServerKey, State]:
        """Return the states of the servers that nobody has removed. The machine has those that leave too."""
        states, machine = dict(self.machine.states), self.machine
        for server in machine.leaving if isinstance(machine, Fleet) else ():
            states.pop(server, None)
        return states

    def _forget(self, server: ServerKey) -> None:
        for notes in (self._states, self._causes, self._gave_up):
            notes.pop(server, None)

    def _note_end(self, server: ServerKey, cause: Disconnect) -> None:
        """Note that a server was given up. The machine of one server ends with it, a fleet goes on."""
        if not isinstance(self.machine, Fleet):
            self.failure = connect_error(server, cause)
        if server in self._states:  # else it was removed at the same moment
            self._gave_up[server] = cause

    def _settle_readiness(self) -> None:
        """Wake the callers that wait for servers to be ready, where that is decided."""
        if not self._readiness:
            return
        states = self._present()
        waiting, self._readiness = self._readiness, []
        for wanted, waiter in waiting:
            if wanted.server is not None and wanted.server not in states:
                waiter.set_exception(MisuseError(f"server {wanted.server!r} was removed"))
                continue
            servers = list(states) if wanted.server is None else [wanted.server]
            ready = [server for server in servers if states[server].sending]
            ended = [
                server
                for server in self._gave_up
                if states.get(server) is State.CLOSED and wanted.server in (None, server)
            ]
            if len(ready) == len(servers) if wanted.all else ready:
                waiter.set_result(None)
            elif ended and (wanted.all or len(ended) == len(servers)):
                last = ended[-1]
                waiter.set_exception(connect_error(last, self._gave_up[last]))
            else:
                self._readiness.append((wanted, waiter))

    @property
    def servers(self) -> Mapping[ServerKey, ServerStatus]:
        """How each server stands."""
        states = self.machine.states
        return {
            key: ServerStatus(
                config,
                State.CLOSED if self.ended else states[key],
                self._causes.get(key),
                key in self._gave_up,
            )
            for key, config in self.machine.servers.items()
        }

    @property
    def state(self) -> State:
        """State of the connection; of many, READY while one is, else that of the first.

        After the end it is CLOSED, whatever the machine was in.
        """
        states = [] if self.ended else list(self.machine.states.values())
        ready = (state for state in states if state.sending)
        return next(ready, states[0] if states else State.CLOSED)

    @property
    def names(self) -> str:
        """The keys of the machine's servers, for names of threads; of many the first few."""
        return brief_names(self.machine.servers)

    def snapshots(self) -> Mapping[ServerKey, Snapshot]:
        """Return the health of each server as plain data."""
        return {
            key: replace(
                snapshot,
                state=State.CLOSED if self.ended else snapshot.state,
                listener_errors=self.listener_errors,
                log_errors=self.log_errors,
            )
            for key, snapshot in self.machine.snapshots().items()
        }

    @property
    def listener_errors(self) -> int:
        """How often `on_notice` raised."""
        return 0 if self.driver is None else self.driver.listener_errors

    @property
    def log_errors(self) -> int:
        """How many log records were lost, because a handler or filter raised."""
        return 0 if self.driver is None else self.driver.log_errors

    # -- errors for want of a connection: each names the last cause

    @property
    def _keys(self) -> list[ServerKey]:
        return list(self.machine.servers)

    def connect_timeout(self, seconds: float, server: ServerKey | None = None) -> ConnectTimeout:
        """Return the error of a caller that waited so long for READY, of one server or of any."""
        key = self._unready if server is None else server
        state = self.state if key is None else self._states.get(key, State.CLOSED)
        return ConnectTimeout(self._keys if key is None else key, seconds, state.value, self._cause(key))

    def message_timeout(self, seconds: float) -> MessageTimeout:
        """Return the error of a caller that waited so long for a message."""
        what, key = f"no message within {seconds:g} s", self._unready
        if key is not None and not self.ended:
            cause, state = self._cause(key), self._states.get(key, State.CLOSED)  # it may leave meanwhile
            why = "" if cause is None else f"; last cause: {cause}"
            what = f"{what}, and server {key!r} is {state.value}{why}"
        return MessageTimeout(what)

    @property
    def _unready(self) -> ServerKey | None:
        """The first server that no action can be sent to."""
        return next((key for key, state in list(self._states.items()) if not state.sending), None)

    def _cause(self, key: ServerKey | None) -> Disconnect | None:
        return None if key is None else self._causes.get(key)

    def fail(self, error: BaseException) -> None:
        """Note the exception that ended the driver.

        Ctrl-C and the like are for the program, which gets them from the driver's thread or task. Callers
        that wait get a `ConnectFailed` instead: one Ctrl-C must not be raised in two places.
        """
        if not isinstance(error, Exception):
            detail = f"its driver was interrupted by {type(error).__name__}"
            error = connect_error(self._keys, Disconnect(Reason.STOPPED, detail))
        elif isinstance(error, OSError) and not isinstance(error, AmiError):
            error = connect_failed(self.machine.servers, error)
        self.failure = error

    def end_error(self) -> BaseException:
        """Return the error for a call after the end."""
        if self.failure is None:
            return NotReady(self._keys, State.CLOSED.value, Disconnect(Reason.STOPPED))
        return self.failure.with_traceback(None)  # raised many times, it would gain frames each time

    def release(self) -> None:
        """Wake every caller: the driver has ended, and no result will come any more."""
        self.ended = True
        last = None if self._ready.done() else self._cause(self._unready)
        end = self.failure or connect_error(self._keys, _stopped(last))
        for waiter in self._outcomes.values():
            _end(waiter, end)
        _end(self._ready, end)
        readiness, self._readiness = self._readiness, []
        for wanted, each in readiness:
            _end(each, end if wanted.server is None else self._end_of(wanted.server))
        for subscription in list(self._messages):
            self._notify(subscription)

    def _end_of(self, server: ServerKey) -> BaseException:
        """Return the error for a caller that was waiting for this server."""
        return self.failure or connect_error(server, _stopped(self._cause(server)))

    def _notify(self, subscription: Subscription) -> None:
        notify = self._messages.pop(subscription, None)
        if notify is not None:
            notify()


def _end(waiter: Waiter[Any], error: BaseException) -> None:
    if not waiter.done():
        waiter.set_exception(error)


def _stopped(last: Disconnect | None) -> Disconnect:
    """Return the cause for callers that were waiting when the application stopped the client."""
    if last is None:
        return Disconnect(Reason.STOPPED)
    return Disconnect(Reason.STOPPED, f"before it was ready; last cause: {last}")
