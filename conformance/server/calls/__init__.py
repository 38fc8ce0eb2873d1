"""Calls: what happens, and is told, when channels are made, talk and end.

Read it in this order: `line`, the thread that serves one channel; `applications`, what it can run;
`outgoing`, a Local channel that is being dialled, by `origination` (the action Originate), `dialling` (the
application Dial) or `queueing` (the application Queue); `bridging`, `conferences` and `parking`, where
channels meet. The events and their order on each channel are those of the captures `call-mix` (Asterisk 16
and 22) and of the conversations in tests/asterisk.
"""

from . import bridging
from .line import Line, find_line
from .origination import Order, Origination, Outcome, Report

__all__ = ["Line", "Order", "Origination", "Outcome", "Report", "bridging", "find_line"]
