"""The calls of a loop's client, with types of their results, and methods for every program.

`blocking_calls` is written from this file: `python -m tests.workshop.blocking_calls`.
"""

import time
from collections.abc import Coroutine, Mapping
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


class AwaitedCalls(
    ClientCalls[
        AnyRunner,
        Coroutine[Any, Any, Reply],
        Coroutine[Any, Any, None],
        Coroutine[Any, Any, FleetChanges],
        AnyEvents,
        AnyItems,
    ]
):
    """A client's calls on a loop.

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
        ) -> Coroutine[Any, Any, Reply[Listed]]: ...

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
        ) -> Coroutine[Any, Any, Reply]: ...

        def send(self, *arguments: Any, **options: Any) -> Any: ...  # noqa: D102 - see above

    async def ping(
        self, *, timeout: float | None = None, to: ServerKey | None = None, asked_by: str | None = None
    ) -> float:
        """Return the seconds until the server answers."""
        asked = time.monotonic()
        await self.send(actions.ping(), timeout=timeout, to=to, asked_by=asked_by)
        return time.monotonic() - asked

    async def originate(
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
            reply = await self.send(action, timeout=wait_max, completion=completion, to=to, asked_by=asked_by)
            return call_result(reply)
        except ActionError as error:
            return failed_call(error)

    async def hangup(
        self,
        channel: str,
        *,
        cause: int | None = None,
        to: ServerKey | Route | None = None,
        asked_by: str | None = None,
    ) -> Reply:
        """Hang up a channel, or all that match `/expression/`: the reply then lists them."""
        return await self.send(actions.hangup(channel, cause=cause), to=to, asked_by=asked_by)

    async def redirect(
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
        await self.send(
            actions.redirect(channel, exten, context, priority, extra_channel=extra_channel),
            to=to,
            asked_by=asked_by,
        )

    async def setvar(
        self,
        variable: str,
        value: str,
        *,
        channel: str | None = None,
        to: ServerKey | None = None,
        asked_by: str | None = None,
    ) -> None:
        """Set a variable of a channel; without one, a global variable."""
        await self.send(actions.setvar(variable, value, channel=channel), to=to, asked_by=asked_by)

    async def getvar(
        self,
        variable: str,
        *,
        channel: str | None = None,
        to: ServerKey | None = None,
        asked_by: str | None = None,
    ) -> str:
        """Return the value of a variable of a channel, or of a dialplan function; empty if it is not set."""
        reply = await self.send(actions.getvar(variable, channel=channel), to=to, asked_by=asked_by)
        return reply.value

    async def command(
        self,
        line: str,
        *,
        timeout: float | None = None,
        to: ServerKey | None = None,
        asked_by: str | None = None,
    ) -> list[str]:
        """Run a line of Asterisk's command line, and return the lines of its output."""
        reply = await self.send(actions.command(line), timeout=timeout, to=to, asked_by=asked_by)
        return reply.output or []

    async def queue_status(
        self,
        queue: str | None = None,
        *,
        member: str | None = None,
        to: ServerKey | None = None,
        asked_by: str | None = None,
    ) -> "Reply[QueueParams | QueueMember | QueueEntry]":
        """Return the state of a queue, or of all: its numbers, its members and its callers, as events."""
        return await self.send(actions.queue_status(queue=queue, member=member), to=to, asked_by=asked_by)

    async def queue_summary(
        self, queue: str | None = None, *, to: ServerKey | None = None, asked_by: str | None = None
    ) -> "Reply[QueueSummary]":
        """Return the numbers of a queue, or of all."""
        return await self.send(actions.queue_summary(queue=queue), to=to, asked_by=asked_by)

    async def status(
        self,
        channel: str | None = None,
        *,
        variables: str | None = None,
        to: ServerKey | None = None,
        asked_by: str | None = None,
    ) -> "Reply[Status]":
        """Return the state of a channel, or of all, with some of their variables."""
        return await self.send(actions.status(channel=channel, variables=variables), to=to, asked_by=asked_by)

    async def pjsip_endpoints(
        self, *, to: ServerKey | None = None, asked_by: str | None = None
    ) -> "Reply[EndpointList]":
        """Return every PJSIP endpoint and its state."""
        return await self.send(actions.pjsip_show_endpoints(), to=to, asked_by=asked_by)
