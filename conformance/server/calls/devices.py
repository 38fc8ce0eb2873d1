"""Who is told of a device's state: everybody, and the queues with such a member (main/devicestate.c)."""

from conformance.server import events
from conformance.server.core import Core


def publish_device(server: Core, device: str) -> None:
    """Tell a device's state, which in Asterisk too lags behind its channels."""
    world = server.world
    server.publish(events.device_state_change(device, world.device_state(device)), "call")
    for queue in world.queues.values():
        for member in queue.members:
            status = world.member_status(member)
            if (member.state_interface or member.interface) == device and status != member.told_status:
                member.told_status = status
                server.publish(events.queue_member("QueueMemberStatus", queue, member, status), "agent")
