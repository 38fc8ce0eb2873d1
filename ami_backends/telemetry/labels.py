"""Labels of actions and outcomes, in metrics and logs.

The labels are a fixed set: each value is a time series that Prometheus keeps, and an application may send
actions of any name.
"""

from ami_proto import Outcome
from ami_proto.catalogue.action_record import ACTIONS

OTHER = "other"
"""The label of an action that Asterisk does not have."""

OUTCOMES = {
    "ActionFailed": "failed",
    "ActionTimeout": "timeout",
    "ActionLost": "lost",
    "ActionCancelled": "cancelled",
    "ActionUnconfirmed": "unconfirmed",
}
"""Labels by error; any other error is `broken`: a reply that cannot be used, or a strategy that raised."""


def action_label(name: str) -> str:
    """Return an action's name in Asterisk's spelling, or `other`."""
    record = ACTIONS.get(name.lower())
    return OTHER if record is None else record.name


def outcome_label(outcome: Outcome) -> str:
    """Return how an action ended, in one word: `success`, `failed`, `timeout`, `lost` ..."""
    error = outcome.error
    return "success" if error is None else OUTCOMES.get(type(error).__name__, "broken")
