"""Programs for type checkers, which must accept each line but those that are marked, and refuse these.

Nobody runs them. A mark on a line that is right is an error too, for mypy (`warn_unused_ignores`) and for
pyright (`reportUnnecessaryTypeIgnoreComment`), so each line is proved either way.
"""

from typing import assert_type

from ami_backends import anyio, gevent, selectors
from ami_proto import Action, CallResult, Connection, Drops, Gap, Message, Reply
from ami_proto.actions import (
    absolute_timeout,
    core_show_channels,
    getvar,
    hangup,
    message_send,
    mute_audio,
    originate,
    ping,
    queue_add,
    queue_status,
    redirect,
    update_config,
)
from ami_proto.events import (
    AOC_D,
    CoreShowChannel,
    EventView,
    Hangup,
    Newchannel,
    QueueEntry,
    QueueMember,
    QueueParams,
    UserEvent,
    hangup_cause,
    is_event,
)


def actions() -> None:
    """Arguments have names, types and values; the required ones must be given."""
    assert_type(ping(), Action)
    assert_type(core_show_channels(), Action[CoreShowChannel])
    queue_add("sales", "PJSIP/100", penalty=2, paused=True)
    queue_add(queue="sales", interface="PJSIP/100")
    mute_audio("PJSIP/100-1", "in", "on")
    mute_audio("PJSIP/100-1", direction="another", state="on")
    originate("PJSIP/100", timeout=20.5, variables={"A": 1}, codecs=["ulaw"], channel_id="lead-1")
    redirect("PJSIP/100-1", "100", "default", "label")
    message_send(from_="sip:a@b", to="sip:c@d", body="hello")
    update_config("a.conf", "a.conf", changes=[{"Action": "NewCat", "Cat": "x"}])
    queue_add("sales")  # type: ignore[call-arg]
    queue_add("sales", "PJSIP/100", 2)  # type: ignore[call-arg]
    queue_add("sales", "PJSIP/100", pennalty=2)  # type: ignore[call-arg]
    queue_add("sales", "PJSIP/100", penalty="2")  # type: ignore[arg-type]
    queue_add("sales", 100)  # type: ignore[arg-type]
    queue_add("sales", "PJSIP/100", paused="yes")  # type: ignore[arg-type]
    originate("PJSIP/100", timeout="20")  # type: ignore[arg-type]
    originate("PJSIP/100", ChannelId="lead-1")  # type: ignore[call-arg]
    originate("PJSIP/100", variables="A=1")  # type: ignore[arg-type]
    absolute_timeout("PJSIP/100-1")  # type: ignore[call-arg]
    hangup()  # type: ignore[call-arg]


def views(event: Message | Gap | Drops) -> None:
    """Read headers: a view knows its own, and `get` takes any."""
    if is_event(event, Newchannel):
        assert_type(event["Channel"], str)
        assert_type(event["Event"], str)
        assert_type(event.get("Tenantid"), str | None)
        assert_type(event.get("X-Own"), str | None)
        event["Chanel"]  # type: ignore[index]
        event["DestChannel"]  # type: ignore[index]
    if is_event(event, UserEvent):
        assert_type(event["Whatever"], str)
    if is_event(event, AOC_D):
        assert_type(hangup_cause(event), int | None)
    views_of: list[type[EventView]] = [Hangup, Newchannel]
    is_event(event, views_of[0])
    is_event(event, "Hangup")  # type: ignore[arg-type]


def messages(event: Message) -> None:
    """Read headers of a message that no view is of."""
    assert_type(event["Anything"], str)


def messages_of(reply: Reply) -> tuple[Message, ...]:
    """Take any reply, whatever its events are."""
    return reply.events


async def on_a_loop(pbx: anyio.Client) -> None:
    """Send: the reply of a known action has known events, any other has messages."""
    assert_type(await pbx.send("Ping"), Reply)
    assert_type(await pbx.send(Action("Ping")), Reply)
    channels = await pbx.send(core_show_channels())
    assert_type(channels, Reply[CoreShowChannel])
    for channel in channels:
        assert_type(channel["Channel"], str)
        channel["Chanel"]  # type: ignore[index]
    messages_of(channels)
    queues = await pbx.send(queue_status())
    assert_type(queues.events, tuple[QueueParams | QueueMember | QueueEntry, ...])
    assert_type((await pbx.send(getvar("X"))).value, str)
    assert_type(await pbx.getvar("X"), str)
    assert_type(await pbx.command("core show uptime"), list[str])
    assert_type(await pbx.originate("PJSIP/100", application="Wait"), CallResult)
    async for event in pbx.events(Newchannel, Hangup, "Queue*"):
        assert_type(event, Message)
    pbx.events(17)  # type: ignore[call-overload]
    await pbx.send(core_show_channels)  # type: ignore[call-overload]
    await pbx.getvar()  # type: ignore[call-arg]


def blocking(pbx: selectors.Client, hub: gevent.Client) -> None:
    """Send without `await`."""
    for client in (pbx, hub):
        assert_type(client.send("Ping"), Reply)
        assert_type(client.send(core_show_channels()), Reply[CoreShowChannel])
        assert_type(client.getvar("X"), str)
        assert_type(client.ping(), float)
        for event in client.events(Hangup):
            assert_type(event, Message)
        client.originate("PJSIP/100", chanel="x")  # type: ignore[call-arg]


def in_a_reactor(connection: Connection) -> None:
    """Submit: the engine takes typed actions too."""
    connection.submit(core_show_channels(), 0.0)
