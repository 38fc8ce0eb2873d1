"""The events of Asterisk, as views: `if is_event(event, Newchannel): print(event["Channel"])`.

`pbx.events(Newchannel, Hangup)` takes them too. `help(Newchannel)` says when it is sent; type checkers read
`events.pyi`, and know the headers of each.
"""

from ami_proto.message.event_values import (
    ChannelState,
    channel_state,
    event_time,
    hangup_cause,
    header_seconds,
)
from ami_proto.message.view import EventView, event_view, is_event, views

__all__ = [
    "ChannelState",
    "EventView",
    "channel_state",
    "event_time",
    "hangup_cause",
    "header_seconds",
    "is_event",
    *views(),
]


def __getattr__(name: str) -> type[EventView]:
    made: type[EventView] = globals().setdefault(name, event_view(name))  # another thread may be first
    return made


def __dir__() -> list[str]:
    return __all__
