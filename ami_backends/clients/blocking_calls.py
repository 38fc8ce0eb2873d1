"""The calls of a blocking client, with types of results, and methods for all programs.

Written from `awaited_calls` by `python -m tests.workshop.blocking_calls`: edit that one.
"""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, overload

from ami_backends.clients.calls import AnyEvents, AnyItems, ClientCalls
from ami_backends.clients.fleet import FleetChanges
from ami_backends.clients.lifetime import AnyRunner
from ami_proto import Action, ActionError, CallResult, Reply, actions
from ami_proto.completion import Completion, SingleResponse
from ami_proto.drivers import Listed, Scalar, ServerKey, Value, call_result, failed_call
from ami_proto.routes import Route

if TYPE_CHECKING:
    from ami_proto.events import EndpointList, QueueEntry, QueueMember, QueueParams, QueueSummary, Status


class BlockingCalls(
    ClientCalls[
        AnyRunner,
        Reply,
        None,
        FleetChanges,
        AnyEvents,
        AnyItems,
    ]
):
    """A client's calls, which block.

    Each of the methods below sends one action, and raises what `send` raises. `to` is the key of a server, or
    a route; `asked_by` says on whose behalf. The functions of `ami_proto.actions` make every other action.
    """

    if TYPE_CHECKING:

        @overload
        def send(
            self,
            action: Action[Listed],
            headers: Mapping[str, Value] | None = None,
            *,
            timeout: float | None = None,
            wait: bool = False,
            completion: Completion | None = None,
            variables: Mapping[str, Scalar] | None = None,
            to: ServerKey | Route | None = None,
            asked_by: str | None = None,
            **keywords: Value,
        ) -> Reply[Listed]: ...

        @overload
        def send(
            self,
            action: Action | str,
            headers: Mapping[str, Value] | None = None,
            *,
            timeout: float | None = None,
            wait: bool = False,
            completion: Completion | None = None,
            variables: Mapping[str, Scalar] | None = None,
            to: ServerKey | Route | None = None,
            asked_by: str | None = None,
            **keywords: Value,
        ) -> Reply: ...

        def send(self, *arguments: Any, **options: Any) -> Any: ...  # noqa: D102 - see above

    def ping(
        self, *, timeout: float | None = None, to: ServerKey | None = None, asked_by: str | None = None
    ) -> float:
        """Return the seconds until the server answers."""
        asked = time.monotonic()
        self.send(actions.ping(), timeout=timeout, to=to, asked_by=asked_by)
        return time.monotonic() - asked

    def originate(
        self,
        channel: str,
        *,
        exten: str | None = None,
        context: str | None = None,
        priority: int | str | None = None,
        application: str | None = None,
        data: str | None = None,
        timeout: float | None = None,
        caller_id: str | None = None,
        variables: Mapping[str, Scalar] | None = None,
        account: str | None = None,
        channel_id: str | None = None,
        confirm: bool = True,
        wait_max: float | None = None,
        to: ServerKey | Route | None = None,
        asked_by: str | None = None,
    ) -> CallResult:
        """Place a call, and return how it went, once it was answered or failed.

        Dial `channel` for at most `timeout` seconds; then connect it to an extension, or run an application.
        With `confirm=False` return as soon as Asterisk has accepted the call. Wait at most `wait_max` seconds
        for the result, if given: a call that has none by then is `DIALLING`, and goes on. `actions.originate`
        has every other argument. Raises what `send` raises if nothing is known about the call: `ActionLost`,
        for one, whose `sent` says whether there may be one.
        """
        action = actions.originate(
            channel,
            exten=exten,
            context=context,
            priority=priority,
            application=application,
            data=data,
            timeout=timeout,
            caller_id=caller_id,
            variables=variables,
            account=account,
            channel_id=channel_id,
        )
        completion = None if confirm else SingleResponse()
        try:
            reply = self.send(action, timeout=wait_max, completion=completion, to=to, asked_by=asked_by)
            return call_result(reply)
        except ActionError as error:
            return failed_call(error)

    def hangup(
        self,
        channel: str,
        *,
        cause: int | None = None,
        to: ServerKey | Route | None = None,
        asked_by: str | None = None,
    ) -> Reply:
        """Hang up a channel, or all that match `/expression/`: the reply then lists them."""
        return self.send(actions.hangup(channel, cause=cause), to=to, asked_by=asked_by)

    def redirect(
        self,
        channel: str,
        *,
        context: str,
        exten: str,
        priority: int | str = 1,
        extra_channel: str | None = None,
        to: ServerKey | Route | None = None,
        asked_by: str | None = None,
    ) -> None:
        """Send a channel to an extension, and the channel that it talks to with it, if given."""
        self.send(
            actions.redirect(channel, exten, context, priority, extra_channel=extra_channel),
            to=to,
            asked_by=asked_by,
        )

    def setvar(
        self,
        variable: str,
        value: str,
        *,
        channel: str | None = None,
        to: ServerKey | None = None,
        asked_by: str | None = None,
    ) -> None:
        """Set a variable of a channel; without one, a global variable."""
        self.send(actions.setvar(variable, value, channel=channel), to=to, asked_by=asked_by)

    def getvar(
        self,
        variable: str,
        *,
        channel: str | None = None,
        to: ServerKey | None = None,
        asked_by: str | None = None,
    ) -> str:
        """Return the value of a variable of a channel, or of a dialplan function; empty if it is not set."""
        reply = self.send(actions.getvar(variable, channel=channel), to=to, asked_by=asked_by)
        return reply.value

    def command(
        self,
        line: str,
        *,
        timeout: float | None = None,
        to: ServerKey | None = None,
        asked_by: str | None = None,
    ) -> list[str]:
        """Run a line of Asterisk's command line, and return the lines of its output."""
        reply = self.send(actions.command(line), timeout=timeout, to=to, asked_by=asked_by)
        return reply.output or []

    def queue_status(
        self,
        queue: str | None = None,
        *,
        member: str | None = None,
        to: ServerKey | None = None,
        asked_by: str | None = None,
    ) -> "Reply[QueueParams | QueueMember | QueueEntry]":
        """Return the state of a queue, or of all: its numbers, its members and its callers, as events."""
        return self.send(actions.queue_status(queue=queue, member=member), to=to, asked_by=asked_by)

    def queue_summary(
        self, queue: str | None = None, *, to: ServerKey | None = None, asked_by: str | None = None
    ) -> "Reply[QueueSummary]":
        """Return the numbers of a queue, or of all."""
        return self.send(actions.queue_summary(queue=queue), to=to, asked_by=asked_by)

    def status(
        self,
        channel: str | None = None,
        *,
        variables: str | None = None,
        to: ServerKey | None = None,
        asked_by: str | None = None,
    ) -> "Reply[Status]":
        """Return the state of a channel, or of all, with some of their variables."""
        return self.send(actions.status(channel=channel, variables=variables), to=to, asked_by=asked_by)

    def pjsip_endpoints(
        self, *, to: ServerKey | None = None, asked_by: str | None = None
    ) -> "Reply[EndpointList]":
        """Return every PJSIP endpoint and its state."""
        return self.send(actions.pjsip_show_endpoints(), to=to, asked_by=asked_by)
