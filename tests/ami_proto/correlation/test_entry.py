"""What an outcome says about how much of an action was shown."""

import pytest

from ami_proto import Sent
from ami_proto.correlation.entry import ActionBytes


@pytest.mark.parametrize(
    ("shown", "committed", "sent"),
    [
        (0, False, Sent.NO),
        (1, False, Sent.PARTLY),
        (9, False, Sent.PARTLY),
        (10, False, Sent.FULLY),
        (1, True, Sent.FULLY),
        (10, True, Sent.FULLY),
    ],
)
def test_what_was_shown_was_sent(shown: int, committed: bool, sent: Sent) -> None:
    """NO, PARTLY, FULLY; bytes that are bound to follow count as sent."""
    outgoing = ActionBytes(b"0123456789")
    outgoing.shown, outgoing.committed = shown, committed
    assert outgoing.sent is sent
