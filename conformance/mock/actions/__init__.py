"""The actions of the mock: a module for each area.

Each module has handlers and one tuple of `MockAction`s, such as `DATABASE_ACTIONS`; `ACTIONS` here joins them
all. Classes and synopses are as captured from ListCommands. `dispatch` runs a request; `answers` has the
handlers of plain lists and acknowledgements.
"""

from conformance.mock.exchange import MockAction

from . import (
    authentication,
    bridges,
    channels,
    database,
    device_states,
    dialplan,
    event_flow,
    get_config,
    iax_and_sip,
    mailboxes,
    media,
    messaging,
    modules,
    originate,
    parking,
    pjsip,
    queue_lists,
    queue_members,
    routing,
    server_status,
    variables,
)
from .dispatch import perform

__all__ = ["ACTIONS", "perform"]

ACTIONS: tuple[MockAction, ...] = (
    *authentication.AUTHENTICATION_ACTIONS,
    *bridges.BRIDGE_ACTIONS,
    *channels.CHANNEL_ACTIONS,
    *get_config.CONFIG_FILE_ACTIONS,
    *server_status.SERVER_ACTIONS,
    *database.DATABASE_ACTIONS,
    *dialplan.DIALPLAN_ACTIONS,
    *mailboxes.MAILBOX_ACTIONS,
    *media.MEDIA_ACTIONS,
    *queue_members.QUEUE_MEMBER_ACTIONS,
    *modules.MODULE_ACTIONS,
    *originate.ORIGINATE_ACTIONS,
    *parking.PARKING_ACTIONS,
    *iax_and_sip.IAX_AND_SIP_ACTIONS,
    *messaging.MESSAGING_ACTIONS,
    *pjsip.PJSIP_ACTIONS,
    *queue_lists.QUEUE_LIST_ACTIONS,
    *routing.ROUTING_ACTIONS,
    *event_flow.SESSION_ACTIONS,
    *device_states.DEVICE_STATE_ACTIONS,
    *variables.VARIABLE_ACTIONS,
)
"""All actions of all releases; their order does not matter, because every list sorts them."""
