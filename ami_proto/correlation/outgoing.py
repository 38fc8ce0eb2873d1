"""The bytes of one action on their way out, and how much of them the driver was shown."""

from ami_proto.values import Sent


class Outgoing:
    """One action's bytes, and those of the fence behind it: both go out, or neither.

    `shown` only grows: what was shown may have left the process.
    """

    __slots__ = ("_action_size", "committed", "data", "shown")

    def __init__(self, action: bytes, fence: bytes = b"") -> None:
        self.data = action + fence
        self._action_size = len(action)
        self.shown = 0
        self.committed = False
        """Shown in part, and the rest will follow whatever becomes of the action."""

    @property
    def sent(self) -> Sent:
        """How much of the action was shown, or is bound to be."""
        if self.shown == 0:
            return Sent.NO
        return Sent.FULLY if self.committed or self.shown >= self._action_size else Sent.PARTLY
