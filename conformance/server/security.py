"""Security events (class `security`): the server's word on who came, and who asked for what.

SuccessfulAuth and RequestBadFormat are as captured; the others have the elements of main/security_events.c.
"""

from collections.abc import Sequence

from .events import Header, event_time
from .session import Session

LOCAL_ADDRESS = "IPV4/TCP/127.0.0.1/5038"

_INFORMATIONAL = frozenset({"SuccessfulAuth"})


def event(
    name: str, session: Session, headers: Sequence[Header], account: str, *, now: float, since: float
) -> list[Header]:
    """Build an event: its required elements, then SessionTV and, when it is optional, the account.

    `now`, and `since` when the session is there, are in seconds since 1970.
    """
    account = account or (session.user.name if session.user else "")
    account_is_optional = name == "RequestBadFormat"
    who: list[Header] = [("AccountID", account)] if account else []
    return [
        ("Event", name),
        ("EventTV", event_time(now)),
        ("Severity", "Informational" if name in _INFORMATIONAL else "Error"),
        ("Service", "AMI"),
        ("EventVersion", 1),
        *([] if account_is_optional else who),
        ("SessionID", f"0x7f11c{session.number:07x}"),
        ("LocalAddress", LOCAL_ADDRESS),
        ("RemoteAddress", session.peer),
        *headers,
        ("SessionTV", event_time(since)),
        *(who if account_is_optional else []),
    ]
