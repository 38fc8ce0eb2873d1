"""A machine that is watched and audited: it keeps the laws, and agrees with the ledgers of its servers."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import TypeVar

import ami_proto as ami
from ami_proto.completion import Completion
from ami_proto.drivers import (
    QUEUE_BYTES_DEFAULT,
    QUEUE_LIMIT_DEFAULT,
    TRANSMIT_LIMIT,
    Command,
    Machine,
    MessagesWaiting,
    ServerKey,
    SessionId,
    Subscription,
)
from ami_proto.routes import Route
from conformance.laws import Lawful, LawfulCluster
from conformance.laws.trace import Trace

from .audit import PendingGap, ServerAudit
from .contradiction import Complaints
from .subscription_book import SubscriptionBook

Result = TypeVar("Result")

REPLACED = "a server that is replaced has its new configuration"


class AuditedMachine(Lawful):
    """Forward every call to a machine, and show it to the audit of the server that it is about.

    `open_audit` makes the audit of a new connection; `is_unread` tells whether a driver could read something
    from a session. Raises `LawBroken`, or `LedgerContradicted` from the
    call in which the machine and a ledger disagree.
    """

    def __init__(
        self,
        machine: Machine,
        trace: Trace,
        complaints: Complaints,
        open_audit: Callable[[ami.ServerConfig], ServerAudit],
        is_unread: Callable[[SessionId], bool],
    ) -> None:
        super().__init__(machine, trace)
        self.audits: dict[ServerKey, ServerAudit] = {}
        """The audit of each present connection, by its server."""
        self.past: list[ServerAudit] = []
        """The audits of connections whose server was removed or replaced."""
        self._complaints = complaints
        self._open_audit = open_audit
        self._is_unread = is_unread
        self._pages: dict[Subscription, SubscriptionBook] = {}
        self._leaving: dict[ServerKey, None] = {}
        """Servers whose connection ends, or has ended, by a removal."""
        self._bytes: bytes | None = None
        """The bytes of the present session that the fact under way brings."""
        self._gaps: dict[ServerKey, PendingGap | None] = {}
        """The gap that was open when the last connection of a server ended."""
        self._wanted: dict[ServerKey, ami.ServerConfig] = {}
        """The configurations that are to replace those of present servers."""
        self._is_stale = False
        """Whether something was pulled since the last look."""
        self._look()
        for config in machine.servers.values():
            self._begin(config)

    # -- facts

    def handle_connected(self, session: SessionId, now: float) -> None:
        """Forward that a stream is up."""
        if session.server in self.audits:
            self.audits[session.server].connect(session)
        super().handle_connected(session, now)
        self._judge(session.server)

    def handle_received(self, session: SessionId, data: bytes, now: float) -> None:
        """Forward bytes that arrived. Those of another session than the present one mean nothing."""
        audit = self.audits.get(session.server)
        self._bytes = (
            bytes(data) if audit is not None and session == self._seen[session.server].session else None
        )
        super().handle_received(session, data, now)
        self._judge(session.server)

    def handle_sent(self, session: SessionId, count: int, now: float) -> None:
        """Forward that bytes were written."""
        if session.server in self.audits:
            self.audits[session.server].outcomes.sending.acknowledge(session, count)
        super().handle_sent(session, count, now)
        self._judge(session.server)

    def handle_disconnected(self, session: SessionId, cause: ami.Disconnect, now: float) -> None:
        """Forward the end of a stream."""
        super().handle_disconnected(session, cause, now)
        self._judge(session.server)

    def handle_timeout(self, now: float) -> None:
        """Forward that time has passed."""
        self._refresh()
        before = self._seen
        super().handle_timeout(now)
        self._judge(*self.audits)
        for server, audit in self.audits.items():
            audit.tick(before[server], self._seen[server], self._clock)

    def handle_drained(self, session: SessionId, looked_at: float) -> None:
        """Forward that a read found nothing, if that is true."""
        unread = self._is_unread(session)
        self._require(not unread, "bytes before verdicts", f"{session} is reported as drained, and is not")
        if session.server in self.audits:
            self.audits[session.server].outcomes.drains = True
        super().handle_drained(session, looked_at)
        self._judge(session.server)

    # -- requests

    def start(self, now: float) -> None:
        """Begin to connect."""
        super().start(now)
        for server, audit in self.audits.items():
            if self._seen[server].state is not ami.State.CLOSED:  # a server that is leaving is not started
                audit.start()
        self._judge(*self.audits)

    def stop(self, now: float, *, grace: float | None = None) -> None:
        """Log off and close."""
        super().stop(now, grace=grace)
        for audit in self.audits.values():
            audit.stop()
        self._judge(*self.audits)

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
        """Send an action."""
        ticket = super().submit(
            action, now, to=to, timeout=timeout, completion=completion, wait=wait, asked_by=asked_by
        )
        self.audits[ticket.server].outcomes.submit(ticket, action, completion, timeout, now)
        return ticket

    def cancel(self, ticket: ami.Ticket, now: float) -> None:
        """End an action."""
        super().cancel(ticket, now)
        if ticket.server in self.audits:
            self.audits[ticket.server].outcomes.cancel(ticket, now)

    def subscribe(
        self,
        filter: ami.Filter,  # noqa: A002 - the agreed word
        *,
        limit: int = QUEUE_LIMIT_DEFAULT,
        limit_bytes: int = QUEUE_BYTES_DEFAULT,
        limit_bytes_total: int | None = None,
        policy: ami.Overflow = ami.Overflow.DROP_OLDEST,
    ) -> Subscription:
        """Queue the messages that pass a filter. A predicate is watched as well."""
        page = SubscriptionBook(filter, limit, limit_bytes, policy, self._complaints)
        watched = filter
        if filter.where is not None:
            watched = replace(filter, where=page.watch(filter.where))
        subscription = super().subscribe(
            watched, limit=limit, limit_bytes=limit_bytes, limit_bytes_total=limit_bytes_total, policy=policy
        )
        page.begin(subscription)
        self._pages[subscription] = page
        for server, audit in self.audits.items():
            audit.queues[subscription] = page.open(server)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription, and with it its books."""
        super().unsubscribe(subscription)
        self._pages.pop(subscription, None)
        for audit in self.audits.values():
            audit.queues.pop(subscription, None)
        self._follow()

    # -- outputs

    def poll_notice(self) -> ami.Notice | None:
        """Drain a notice."""
        notice = super().poll_notice()
        match notice:
            case None:
                for page in self._pages.values():
                    page.check_waking()
            case MessagesWaiting(subscription=subscription) if subscription in self._pages:
                self._pages[subscription].announced = True
            case ami.EventsDropped(subscription=subscription) if subscription in self._pages:
                self._pages[subscription].report(notice)
            case _ if notice.server in self.audits:
                self.audits[notice.server].notice(notice)
        self._follow()
        return notice

    def poll_command(self) -> Command | None:
        """Drain a command."""
        command = super().poll_command()
        if command is not None and command.session.server in self.audits:
            self.audits[command.session.server].command(command)
        self._follow()
        return command

    def poll_message(self, subscription: Subscription) -> ami.Message | ami.Gap | ami.Drops | None:
        """Drain a message."""
        message = super().poll_message(subscription)
        self._is_stale = True
        page = self._pages.get(subscription)
        if page is not None and message is None:
            page.announced = False
        elif page is not None and message is not None:
            page.take(message, alone=True)
        self._follow()
        return message

    def poll_messages(
        self, subscription: Subscription, limit: int, limit_bytes: int = QUEUE_BYTES_DEFAULT
    ) -> list[ami.Message | ami.Gap | ami.Drops]:
        """Drain several messages."""
        messages = super().poll_messages(subscription, limit, limit_bytes)
        self._is_stale = True
        if (page := self._pages.get(subscription)) is not None:
            for message in messages:
                page.take(message, alone=False)
        self._follow()
        return messages

    def poll_transmit(self, session: SessionId, limit: int = TRANSMIT_LIMIT) -> bytes:
        """Show the next bytes to write."""
        data = super().poll_transmit(session, limit)
        if data and session.server in self.audits:
            self.audits[session.server].show(session, data, self._clock)
        return data

    def close_books(self) -> None:
        """Judge the whole run, once every queue was pulled empty."""
        for page in self._pages.values():
            page.close()
        for audit in (*self.past, *self.audits.values()):
            audit.close()

    # -- helpers

    def _fact(self, now: float, what: str, deed: Callable[[], None]) -> None:
        self._refresh()
        super()._fact(now, what, deed)

    def _request(self, now: float, what: str, deed: Callable[[], Result]) -> Result:
        if not self._depth:
            self._refresh()
        return super()._request(now, what, deed)

    def _look(self) -> Mapping[ServerKey, ami.Snapshot]:
        self._is_stale = False
        return super()._look()

    def _refresh(self) -> None:
        """Show each audit how its connection is before the next call."""
        if self._is_stale:
            self._look()
        for server, audit in self.audits.items():
            audit.latest = self._seen[server]

    def _judge(self, *servers: ServerKey) -> None:
        """Show the audits of these servers what the last call has changed."""
        data, self._bytes = self._bytes, None
        self._follow()
        for server in servers:
            if (audit := self.audits.get(server)) is not None:
                audit.settle(self._seen[server], self._clock, data)

    def _follow(self) -> None:
        """Take the end of connections whose servers were removed, and the next one of each that is back."""
        if not self._leaving:
            return
        servers = self.machine.servers
        for server in list(self._leaving):
            audit = self.audits[server]
            if servers.get(server) is audit.config:
                continue
            del self._leaving[server], self.audits[server]
            self.past.append(audit)
            self._gaps[server] = audit.gap
            for page in self._pages.values():
                page.close_ended()
            if server in servers:
                self._begin(servers[server])

    def _begin(self, config: ami.ServerConfig) -> None:
        """Open the audit of a new connection."""
        wanted = self._wanted.pop(config.key, config)
        if config != wanted:
            self._complaints.fail(
                REPLACED, f"{config.key}", _differing(wanted, config), _differing(config, wanted)
            )
        audit = self.audits[config.key] = self._open_audit(config)
        audit.gap = self._gaps.pop(config.key, None)
        audit.queues = {each: page.open(config.key) for each, page in self._pages.items()}
        seen = self._look()[config.key]
        audit.latest = replace(seen, state=ami.State.CLOSED, session=None)
        if seen.state is not ami.State.CLOSED:
            audit.start()
        audit.settle(seen, self._clock)


class AuditedCluster(AuditedMachine, LawfulCluster):
    """A cluster that is audited: also the servers that come and go."""

    def add(self, config: ami.ServerConfig, now: float) -> None:
        """Add a server."""
        super().add(config, now)
        self._begin(config)

    def remove(self, server: ServerKey, now: float, *, grace: float | None = None) -> None:
        """Remove a server."""
        super().remove(server, now, grace=grace)
        self._wanted.pop(server, None)
        self._leave(server)

    def replace(self, config: ami.ServerConfig, now: float, *, grace: float | None = None) -> None:
        """Replace a server."""
        super().replace(config, now, grace=grace)
        self._wanted[config.key] = config
        self._leave(config.key)

    def _leave(self, server: ServerKey) -> None:
        self.audits[server].stop()
        self._leaving[server] = None
        self._judge(server)


def _differing(config: ami.ServerConfig, other: ami.ServerConfig) -> dict[str, object]:
    """Return the options in which two configurations differ; secrets are not shown."""
    names = [each.name for each in fields(config)]
    return {
        name: "..." if name == "secret" else getattr(config, name)
        for name in names
        if getattr(config, name) != getattr(other, name)
    }
