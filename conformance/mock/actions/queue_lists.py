"""Lists of queues: with their members, in short, and the rules of penalties (apps/app_queue.c)."""

from conformance.mock.event_headers import HeaderPair
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.state import MockState, Queue, QueueMember


def queue_status(exchange: Exchange) -> None:
    """List queues and their members (manager_queues_status, apps/app_queue.c)."""
    exchange.list_start("Queue status will follow")
    count = 0
    for queue in _wanted_queues(exchange):
        exchange.item_with_id_last("QueueParams", _queue_params(queue))
        members = [
            each for each in queue.members if exchange.get("Member") in ("", each.interface, each.name)
        ]
        for member in members:
            exchange.item_with_id_last("QueueMember", _queue_member(queue, member, exchange.server.state))
        count += 1 + len(members)
    exchange.list_complete("QueueStatusComplete", count)


def queue_summary(exchange: Exchange) -> None:
    """List queues in short (manager_queues_summary, apps/app_queue.c)."""
    exchange.list_start("Queue summary will follow")
    queues = _wanted_queues(exchange)
    for queue in queues:
        available = sum(member.paused is None for member in queue.members)
        summary = {"Queue": queue.name, "LoggedIn": len(queue.members), "Available": available}
        zeros = dict.fromkeys(("Callers", "HoldTime", "TalkTime", "LongestHoldTime"), 0)
        exchange.item_with_id_last("QueueSummary", (summary | zeros).items())
    exchange.list_complete("QueueSummaryComplete", len(queues))


def queue_rules(exchange: Exchange) -> None:
    """Send all rules or one as a response with a superfluous empty line (manager_queue_rule_show)."""
    wanted, rules = exchange.get("Rule"), exchange.server.state.inventory.queue_rules
    headers: list[HeaderPair] = []
    for name, lines in rules.items():
        if wanted in ("", name):
            headers += [("RuleList", name), *(("Rule", line) for line in lines)]
    exchange.respond("Success", *headers)
    exchange.session.write(b"\r\n")


def _wanted_queues(exchange: Exchange) -> list[Queue]:
    """Return the queue that the request names, or all queues."""
    wanted = exchange.get("Queue").lower()
    queues = exchange.server.state.queues.values()
    return [queue for queue in queues if not wanted or queue.name.lower() == wanted]


def _queue_params(queue: Queue) -> list[HeaderPair]:
    return [
        ("Queue", queue.name),
        ("Max", 0),
        ("Strategy", queue.strategy),
        ("Calls", 0),
        ("Holdtime", 0),
        ("TalkTime", 0),
        ("Completed", 0),
        ("Abandoned", 0),
        ("ServiceLevel", 0),
        ("ServicelevelPerf", "0.0"),
        ("ServicelevelPerf2", "0.0"),
        ("Weight", 0),
    ]


def _queue_member(queue: Queue, member: QueueMember, state: MockState) -> list[HeaderPair]:
    device = member.state_interface or member.interface
    return [
        ("Queue", queue.name),
        ("Name", member.name),
        ("Location", member.interface),
        ("StateInterface", device),
        ("Membership", member.membership),
        ("Penalty", member.penalty),
        ("CallsTaken", member.calls_taken),
        ("LastCall", member.last_call),
        ("LastPause", member.last_pause),
        ("LoginTime", member.login_time),
        ("InCall", int(member.in_call)),
        ("Status", state.member_status(member)),
        ("Paused", int(member.paused is not None)),
        ("PausedReason", member.paused or ""),
        ("Wrapuptime", 0),
    ]


QUEUE_LIST_ACTIONS = (
    MockAction("QueueRule", queue_rules, "", "Queue Rules.", module="app_queue.so"),
    MockAction("QueueStatus", queue_status, "", "Show queue status.", module="app_queue.so"),
    MockAction("QueueSummary", queue_summary, "", "Show queue summary.", module="app_queue.so"),
)
