"""What a client keeps for its callers: who waits for which answer, and what ended the connection."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from ami_proto import (
    ActionFinished,
    Connection,
    Disconnect,
    Drops,
    Gap,
    Message,
    MessagesWaiting,
    Notice,
    NotReady,
    Outcome,
    Reason,
    Snapshot,
    State,
    StateChanged,
    Subscription,
    Ticket,
    connect_error,
)

Item = Message | Gap | Drops
"""What a subscription holds."""

T_contra = TypeVar("T_contra", contravariant=True)


class Promise(Protocol[T_contra]):
    """What somebody waits for, in the way of some loop: `concurrent.futures.Future`, for threads."""

    def done(self) -> bool:
        """Say whether it was kept or broken."""
        ...

    def set_result(self, result: T_contra, /) -> None:
        """Keep it."""
        ...

    def set_exception(self, exception: BaseException, /) -> None:
        """Break it."""
        ...


class Desk:
    """Belongs to the loop that drives the machine, and hears every notice of it.

    `failure` is what ended the connection, unless somebody asked for the end.
    """

    def __init__(
        self, machine: Connection, ready: Promise[None], on_notice: Callable[[Notice], None] | None
    ) -> None:
        self.machine = machine
        self.ended = False
        self.failure: BaseException | None = None
        self._ready = ready
        self._on_notice = on_notice
        self._answers: dict[Ticket, Promise[Outcome]] = {}
        self._hungry: dict[Subscription, Callable[[], None]] = {}

    def expect(self, ticket: Ticket, answer: Promise[Outcome]) -> None:
        """Have the outcome of an action told to this promise."""
        self._answers[ticket] = answer

    def await_messages(self, subscription: Subscription, feed: Callable[[], None]) -> None:
        """Have this called once when an empty subscription has messages, or will have none any more."""
        self._hungry[subscription] = feed

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription, and the wait for its messages."""
        self.machine.unsubscribe(subscription)
        self._feed(subscription)

    def handle_notice(self, notice: Notice) -> None:
        """Serve whom it concerns, then the user's own listener."""
        match notice:
            case ActionFinished(outcome):
                answer = self._answers.pop(outcome.ticket, None)
                if answer is not None:
                    answer.set_result(outcome)
            case MessagesWaiting(subscription):
                self._feed(subscription)
            case StateChanged(new=State.READY) if not self._ready.done():
                self._ready.set_result(None)
            case StateChanged(old=old, new=State.CLOSED, cause=cause) if old is not State.CLOSING:
                if cause is not None and cause.reason is not Reason.STOPPED:
                    self.failure = connect_error(self.machine.key, cause)
        if self._on_notice is not None:
            self._on_notice(notice)

    @property
    def state(self) -> State:
        """Where the connection stands; a machine that nobody drives any more is CLOSED."""
        return State.CLOSED if self.ended else self.machine.state

    def snapshot(self) -> Snapshot:
        """Return the health of the connection as plain data."""
        return replace(self.machine.snapshot(), state=self.state)

    def fail(self, error: BaseException) -> None:
        """Take what ended the driver. What is meant for the program is not raised in its callers as well."""
        if not isinstance(error, Exception):
            detail = f"its driver was interrupted by {type(error).__name__}"
            error = connect_error(self.machine.key, Disconnect(Reason.STOPPED, detail))
        self.failure = error

    def end(self) -> BaseException:
        """Return what a call after the end raises."""
        if self.failure is None:
            return NotReady(self.machine.key, State.CLOSED.value)
        return self.failure.with_traceback(None)  # or each raise would make it longer

    def release(self) -> None:
        """Leave nobody waiting: the end has come."""
        self.ended = True
        end = self.failure or connect_error(self.machine.key, Disconnect(Reason.STOPPED))
        waiting: list[Promise[Any]] = [*self._answers.values(), self._ready]
        for promise in waiting:
            if not promise.done():
                promise.set_exception(end)
        for subscription in list(self._hungry):
            self._feed(subscription)

    def _feed(self, subscription: Subscription) -> None:
        feed = self._hungry.pop(subscription, None)
        if feed is not None:
            feed()
