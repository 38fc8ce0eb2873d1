"""Actions that list: a response with `EventList: start`, items, a completing event (facts 4)."""

from .events import Header, snapshot
from .exchange import Exchange
from .state import Channel, Queue, QueueMember


def core_show_channels(exchange: Exchange) -> None:
    """List the channels (action_coreshowchannels, main/manager.c)."""
    channels = list(exchange.server.world.channels.values())
    exchange.list_start("Channels will follow")
    for channel in channels:
        age = int(exchange.server.now - channel.created)
        exchange.item(
            "CoreShowChannel",
            [
                *snapshot(channel),
                ("Application", channel.application),
                ("ApplicationData", channel.data),
                ("Duration", f"{age // 3600:02}:{age // 60 % 60:02}:{age % 60:02}"),
                ("BridgeId", ""),
            ],
        )
    exchange.list_complete("CoreShowChannelsComplete", len(channels))


def status(exchange: Exchange) -> None:
    """List the channels, or one, in detail; the one list whose items have a Privilege (action_status)."""
    wanted = exchange.get("Channel")
    channels = list(exchange.server.world.channels.values())
    if wanted:
        channels = [channel for channel in channels if channel.name.lower() == wanted.lower()]
        if not channels:
            exchange.error("No such channel")
            return
    exchange.list_start("Channel status will follow")
    for channel in channels:
        exchange.item_with_id_last("Status", _status(channel, int(exchange.server.now - channel.created)))
    exchange.list_complete("StatusComplete", len(channels), ("Items", len(channels)))


def queue_status(exchange: Exchange) -> None:
    """List queues and their members (manager_queues_status, apps/app_queue.c)."""
    exchange.list_start("Queue status will follow")
    count = 0
    for queue in _wanted_queues(exchange):
        exchange.item_with_id_last("QueueParams", _queue_params(queue))
        for member in queue.members:
            exchange.item_with_id_last("QueueMember", _queue_member(queue, member))
        count += 1 + len(queue.members)
    exchange.list_complete("QueueStatusComplete", count)


def queue_summary(exchange: Exchange) -> None:
    """List queues in one line each (manager_queues_summary, apps/app_queue.c)."""
    exchange.list_start("Queue summary will follow")
    queues = _wanted_queues(exchange)
    for queue in queues:
        available = sum(member.paused is None for member in queue.members)
        summary = {"Queue": queue.name, "LoggedIn": len(queue.members), "Available": available}
        zeros = dict.fromkeys(("Callers", "HoldTime", "TalkTime", "LongestHoldTime"), 0)
        exchange.item_with_id_last("QueueSummary", (summary | zeros).items())
    exchange.list_complete("QueueSummaryComplete", len(queues))


def _wanted_queues(exchange: Exchange) -> list[Queue]:
    """Give the queue that the request names, or all."""
    wanted = exchange.get("Queue").lower()
    queues = exchange.server.world.queues.values()
    return [queue for queue in queues if not wanted or queue.name.lower() == wanted]


def _status(channel: Channel, seconds: int) -> list[Header]:
    """Give a Status item; an application not yet started prints as C's null pointer, as captured."""
    return [
        ("Privilege", "Call"),
        *snapshot(channel),
        ("Type", channel.tech),
        ("DNID", ""),
        ("EffectiveConnectedLineNum", channel.connected_num),
        ("EffectiveConnectedLineName", channel.connected_name),
        ("TimeToHangup", 0),
        ("BridgeID", ""),
        ("Application", channel.application or "(null)"),
        ("Data", channel.data if channel.application else "(null)"),
        ("Nativeformats", "(slin)"),
        ("Readformat", "slin"),
        ("Readtrans", ""),
        ("Writeformat", "slin"),
        ("Writetrans", ""),
        ("Callgroup", 0),
        ("Pickupgroup", 0),
        ("Seconds", seconds),
    ]


def _queue_params(queue: Queue) -> list[Header]:
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


def _queue_member(queue: Queue, member: QueueMember) -> list[Header]:
    return [
        ("Queue", queue.name),
        ("Name", member.name),
        ("Location", member.interface),
        ("StateInterface", member.interface),
        ("Membership", member.membership),
        ("Penalty", member.penalty),
        ("CallsTaken", 0),
        ("LastCall", 0),
        ("LastPause", 0),
        ("LoginTime", member.login_time),
        ("InCall", 0),
        ("Status", 1),
        ("Paused", int(member.paused is not None)),
        ("PausedReason", member.paused or ""),
        ("Wrapuptime", 0),
    ]
