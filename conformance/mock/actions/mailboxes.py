"""Mailboxes: their message counts, and the actions of voicemail's own modules, if these are loaded."""

import re
from collections.abc import Iterable

from conformance.mock.event_headers import HeaderPair
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.inventory import VoicemailBox
from conformance.mock.inventory.header_templates import HeaderTemplate

from .answers import ActionHandler, ActionIdPlace, ListItem, list_handler, require, send_items

VOICEMAIL_MODULE = "app_voicemail.so"
MWI_MODULE = "res_mwi_external_ami.so"

NO_MAILBOX = "Need 'Context' and 'Mailbox' parameters."

VOICEMAIL_USER = HeaderTemplate(
    """
    VMContext:
    VoiceMailbox:
    Fullname:
    Email:
    Pager:
    ServerEmail: asterisk
    FromString:
    MailCommand: /usr/sbin/sendmail -t
    Language:
    TimeZone:
    Callback:
    Dialout:
    UniqueID:
    ExitContext:
    SayDurationMinimum: 2
    SayEnvelope: Yes
    SayCID: No
    AttachMessage: Yes
    AttachmentFormat:
    DeleteMessage: No
    VolumeGain: 0.00
    CanReview: No
    CanMarkUrgent: Yes
    CallOperator: No
    MaxMessageCount: 100
    MaxMessageLength: 0
    NewMessageCount: 0
    OldMessageCount: 0
    """
)
"""A user of voicemail (apps/app_voicemail.c), as in 22.10."""


def mailbox_count(exchange: Exchange) -> None:
    """Send the message counts of a mailbox; for an unknown mailbox they are 0 (main/manager.c)."""
    name, mailbox = _requested_mailbox(exchange)
    exchange.respond(
        "Success",
        ("Message", "Mailbox Message Count"),
        ("Mailbox", name),
        ("UrgMessages", mailbox.urgent),
        ("NewMessages", mailbox.new),
        ("OldMessages", mailbox.old),
    )


def mailbox_status(exchange: Exchange) -> None:
    """Send whether a mailbox has new messages."""
    name, mailbox = _requested_mailbox(exchange)
    waiting = int(mailbox.new > 0)
    exchange.respond("Success", ("Message", "Mailbox Status"), ("Mailbox", name), ("Waiting", waiting))


def voicemail_users(exchange: Exchange) -> None:
    """List the users. Without any, the answer is a plain success."""
    mailboxes = exchange.server.state.inventory.mailboxes.values()
    if not mailboxes:
        exchange.ack("There are no voicemail users currently defined.")
        return
    exchange.list_start("Voicemail user list will follow")
    send_items(exchange, [("VoicemailUserEntry", _user_headers(mailbox)) for mailbox in mailboxes])
    exchange.list_complete("VoicemailUserEntryComplete", len(mailboxes))


def voicemail_user_status(exchange: Exchange) -> None:
    """List one user. An unknown user gets a plain success."""
    mailbox = _requested_user(exchange)
    if mailbox is None:
        exchange.ack("There is no voicemail user of the given info.")
        return
    exchange.list_start("Voicemail user detail will follow")
    exchange.item("VoicemailUserDetail", _user_headers(mailbox))
    exchange.list_complete("VoicemailUserDetailComplete", 1)


def voicemail_box_summary(exchange: Exchange) -> None:
    """List the messages of one user: always none, because the mock has only their counts."""
    if _requested_user(exchange) is None:
        exchange.ack("There is no voicemail user matching the given user.")
        return
    exchange.list_start("Voicemail box detail will follow")
    exchange.list_complete("VoicemailBoxDetailComplete", 0)


def mwi_mailboxes(exchange: Exchange) -> Iterable[ListItem]:
    """List the mailboxes with a name, or with a pattern in slashes (res/res_mwi_external_ami.c)."""
    wanted = require(exchange, "Mailbox", "Missing mailbox parameter in request")
    pattern = re.compile(wanted.strip("/") if wanted.startswith("/") else re.escape(wanted) + "$")
    for name, mailbox in exchange.server.state.inventory.mailboxes.items():
        if pattern.match(name):
            yield "MWIGet", [("Mailbox", name), ("OldMessages", mailbox.old), ("NewMessages", mailbox.new)]


def _requested_mailbox(exchange: Exchange) -> tuple[str, VoicemailBox]:
    name = require(exchange, "Mailbox", "Mailbox not specified")
    return name, exchange.server.state.inventory.mailboxes.get(name, VoicemailBox(name))


def _requested_user(exchange: Exchange) -> VoicemailBox | None:
    context, number = (require(exchange, name, NO_MAILBOX) for name in ("Context", "Mailbox"))
    return exchange.server.state.inventory.mailboxes.get(f"{number}@{context}")


def _user_headers(mailbox: VoicemailBox) -> list[HeaderPair]:
    return VOICEMAIL_USER.fill(
        {
            "VMContext": mailbox.context,
            "VoiceMailbox": mailbox.number,
            "Fullname": mailbox.full_name,
            "Email": mailbox.email,
            "NewMessageCount": mailbox.new,
            "OldMessageCount": mailbox.old,
        }
    )


def _voicemail(name: str, handler: ActionHandler, synopsis: str, since: int = 0) -> MockAction:
    return MockAction(name, handler, "call,reporting", synopsis, since=since, module=VOICEMAIL_MODULE)


MAILBOX_ACTIONS = (
    MockAction("MailboxCount", mailbox_count, "call,reporting", "Check Mailbox Message Count."),
    MockAction("MailboxStatus", mailbox_status, "call,reporting", "Check mailbox."),
    MockAction(
        "MWIGet",
        list_handler("Mailboxes will follow", "MWIGetComplete", mwi_mailboxes, place=ActionIdPlace.LAST),
        "call,reporting",
        "Get selected mailboxes with message counts.",
        module=MWI_MODULE,
    ),
    _voicemail(
        "VoicemailBoxSummary", voicemail_box_summary, "Show the mailbox contents of given voicemail user.", 18
    ),
    _voicemail(
        "VoicemailUserStatus", voicemail_user_status, "Show the status of given voicemail user's info."
    ),
    _voicemail("VoicemailUsersList", voicemail_users, "List All Voicemail User Information."),
)
