"""Calls: how channels are made, run applications, are bridged and end, with the events of each step.

Read it in this order: `leg`, which runs one channel; `dialplan_applications`, which it can run;
`dial_attempt`, a Local channel that is being dialled, by `origination` (the action Originate), `dialling`
(the application Dial) or `queueing` (the application Queue); `bridging`; `meeting`, the applications
ConfBridge and Park. The events and their order on each channel are those of the captures `call-mix` (Asterisk
16 and 22) and of the conversations in tests/asterisk.
"""

from . import bridging
from .leg import ChannelLeg, find_leg
from .origination import OriginateCallback, OriginateRequest, OriginateResult, Origination

__all__ = [
    "ChannelLeg",
    "OriginateCallback",
    "OriginateRequest",
    "OriginateResult",
    "Origination",
    "bridging",
    "find_leg",
]
