"""The actions that the mock knows: a module for each area, joined here.

Each module has handlers and one tuple of rows, `ACTIONS`; `table` says what a row is and how a request is
run. Classes and synopses are as captured from ListCommands.
"""

from conformance.server.exchange import Action

from . import (
    agi,
    bridges,
    channels,
    configuration,
    core,
    database,
    dialplan,
    fax,
    mailboxes,
    media,
    members,
    modules,
    originate,
    parking,
    peers,
    people,
    pjsip,
    queues,
    reloading,
    routing,
    sessions,
    states,
    variables,
)
from .table import perform

__all__ = ["ACTIONS", "Action", "perform"]

ACTIONS: tuple[Action, ...] = (
    *agi.ACTIONS,
    *bridges.ACTIONS,
    *channels.ACTIONS,
    *configuration.ACTIONS,
    *core.ACTIONS,
    *database.ACTIONS,
    *dialplan.ACTIONS,
    *fax.ACTIONS,
    *mailboxes.ACTIONS,
    *media.ACTIONS,
    *members.ACTIONS,
    *modules.ACTIONS,
    *originate.ACTIONS,
    *parking.ACTIONS,
    *peers.ACTIONS,
    *people.ACTIONS,
    *pjsip.ACTIONS,
    *queues.ACTIONS,
    *reloading.ACTIONS,
    *routing.ACTIONS,
    *sessions.ACTIONS,
    *states.ACTIONS,
    *variables.ACTIONS,
)
"""All of them; ListCommands sorts."""
