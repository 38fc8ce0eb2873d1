"""Write the pages of `docs/reference` that list every action and event."""

from typing import Final

from ami_proto.catalogue.action_record import ActionRecord
from ami_proto.catalogue.event_record import EventRecord
from ami_proto.catalogue.sentences import (
    argument_line,
    availability,
    call_line,
    ending,
    needed_class,
    receiving_class,
)
from tests.workshop.catalogue.facts import actions, events

_ACTIONS: Final = """# Every action

<!-- Written by `python -m tests.workshop.catalogue`. -->

These are the {count} actions of Asterisk 1.8 to master. Each is a function of `ami_proto.actions` that
returns an `Action` to send: `await pbx.send(queue_add("sales", "PJSIP/100", penalty=2))`. Arguments
before the `*` are required, and may be given by position. Durations are in seconds, whatever Asterisk
takes. For an action that is not here, use its name: `pbx.send("ItsName", Header="value")`.

`ami actions QueueAdd` shows the same on a terminal. [Every event](events.md) has a page of its own.

{entries}
"""

_EVENTS: Final = """# Every event

<!-- Written by `python -m tests.workshop.catalogue`. -->

These are the {count} events of Asterisk 1.8 to master. Each is a view in `ami_proto.events`, for type
checkers and subscriptions: `pbx.events(Newchannel, Hangup)`; `if is_event(event, Hangup):
print(event["Cause"])`. A header in brackets is left out where it has no value; one with `...` may be
repeated. A server may send others, which `event.get("Name")` reads.

`ami events Newchannel` shows the same on a terminal. [Every action](actions.md) has a page of its own.

{entries}
"""


def actions_page() -> str:
    """Return `docs/reference/actions.md`."""
    return _page(_ACTIONS, [_action(each) for each in actions()])


def events_page() -> str:
    """Return `docs/reference/events.md`."""
    return _page(_EVENTS, [_event(each) for each in events()])


def _page(text: str, entries: list[str]) -> str:
    return text.format(count=len(entries), entries="\n\n".join(entries))


def _action(action: ActionRecord) -> str:
    lines = [f"## {action.name}", "", f"`{call_line(action)}`", "", action.does, ""]
    lines += [f"* {argument_line(each)}" for each in action.parameters] + [""] * bool(action.parameters)
    facts = [ending(action, _link), needed_class(action), availability(action.branches, action.since)]
    return "\n".join([*lines, " ".join(facts)])


def _event(event: EventRecord) -> str:
    lines = [f"## {event.name}", "", event.means, ""]
    headers = ", ".join(
        ("[{}]" if each.optional else "{}").format(f"`{each.name}`" + " ..." * each.repeated)
        for each in event.headers
    )
    lines += [headers, ""] * bool(headers)
    facts = [receiving_class(event.classes), availability(event.branches, event.since)]
    return "\n".join([*lines, " ".join(filter(None, facts))])


def _link(name: str) -> str:
    """Return a name as code, linked to its entry if it is that of an event."""
    known = name in {each.name for each in events()}
    return f"[`{name}`](events.md#{name.lower()})" if known else f"`{name}`"
