"""Mailboxes: what anyone may ask, and what voicemail's own modules tell once they are loaded."""

import re
from collections.abc import Iterable

from conformance.server.events import Header
from conformance.server.exchange import Action, Exchange
from conformance.server.inventory import Mailbox
from conformance.server.inventory.sheets import Sheet

from .answers import Handler, IdPlace, Item, listing, need, send_items

VOICEMAIL = "app_voicemail.so"
MWI = "res_mwi_external_ami.so"

NO_MAILBOX = "Need 'Context' and 'Mailbox' parameters."

USER = Sheet(
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
"""A user of voicemail (apps/app_voicemail.c); as 22.10 told it."""


def count(exchange: Exchange) -> None:
    """Tell how many messages there are, which for a mailbox that is not there is none (main/manager.c)."""
    name, mailbox = _asked(exchange)
    exchange.respond(
        "Success",
        ("Message", "Mailbox Message Count"),
        ("Mailbox", name),
        ("UrgMessages", mailbox.urgent),
        ("NewMessages", mailbox.new),
        ("OldMessages", mailbox.old),
    )


def status(exchange: Exchange) -> None:
    """Tell whether messages wait."""
    name, mailbox = _asked(exchange)
    waiting = int(mailbox.new > 0)
    exchange.respond("Success", ("Message", "Mailbox Status"), ("Mailbox", name), ("Waiting", waiting))


def users(exchange: Exchange) -> None:
    """List who has a mailbox; without any, the success is no list."""
    mailboxes = exchange.server.world.inventory.mailboxes.values()
    if not mailboxes:
        exchange.ack("There are no voicemail users currently defined.")
        return
    exchange.list_start("Voicemail user list will follow")
    send_items(exchange, [("VoicemailUserEntry", _user(mailbox)) for mailbox in mailboxes])
    exchange.list_complete("VoicemailUserEntryComplete", len(mailboxes))


def user_status(exchange: Exchange) -> None:
    """List one user."""
    mailbox = _user_asked(exchange)
    if mailbox is None:
        exchange.ack("There is no voicemail user of the given info.")
        return
    exchange.list_start("Voicemail user detail will follow")
    exchange.item("VoicemailUserDetail", _user(mailbox))
    exchange.list_complete("VoicemailUserDetailComplete", 1)


def box_summary(exchange: Exchange) -> None:
    """List the messages of one user, of which the mock keeps only the number."""
    if _user_asked(exchange) is None:
        exchange.ack("There is no voicemail user matching the given user.")
        return
    exchange.list_start("Voicemail box detail will follow")
    exchange.list_complete("VoicemailBoxDetailComplete", 0)


def external(exchange: Exchange) -> Iterable[Item]:
    """Give the mailboxes of a name, or of a pattern between slashes (res/res_mwi_external_ami.c)."""
    wanted = need(exchange, "Mailbox", "Missing mailbox parameter in request")
    pattern = re.compile(wanted.strip("/") if wanted.startswith("/") else re.escape(wanted) + "$")
    for name, mailbox in exchange.server.world.inventory.mailboxes.items():
        if pattern.match(name):
            yield "MWIGet", [("Mailbox", name), ("OldMessages", mailbox.old), ("NewMessages", mailbox.new)]


def _asked(exchange: Exchange) -> tuple[str, Mailbox]:
    name = need(exchange, "Mailbox", "Mailbox not specified")
    return name, exchange.server.world.inventory.mailboxes.get(name, Mailbox(name))


def _user_asked(exchange: Exchange) -> Mailbox | None:
    context, number = (need(exchange, name, NO_MAILBOX) for name in ("Context", "Mailbox"))
    return exchange.server.world.inventory.mailboxes.get(f"{number}@{context}")


def _user(mailbox: Mailbox) -> list[Header]:
    return USER.fill(
        {
            "VMContext": mailbox.context,
            "VoiceMailbox": mailbox.number,
            "Fullname": mailbox.full_name,
            "Email": mailbox.email,
            "NewMessageCount": mailbox.new,
            "OldMessageCount": mailbox.old,
        }
    )


def _voicemail(name: str, handler: Handler, synopsis: str, since: int = 0) -> Action:
    return Action(name, handler, "call,reporting", synopsis, since=since, module=VOICEMAIL)


ACTIONS = (
    Action("MailboxCount", count, "call,reporting", "Check Mailbox Message Count."),
    Action("MailboxStatus", status, "call,reporting", "Check mailbox."),
    Action(
        "MWIGet",
        listing("Mailboxes will follow", "MWIGetComplete", external, place=IdPlace.LAST),
        "call,reporting",
        "Get selected mailboxes with message counts.",
        module=MWI,
    ),
    _voicemail("VoicemailBoxSummary", box_summary, "Show the mailbox contents of given voicemail user.", 18),
    _voicemail("VoicemailUserStatus", user_status, "Show the status of given voicemail user's info."),
    _voicemail("VoicemailUsersList", users, "List All Voicemail User Information."),
)
