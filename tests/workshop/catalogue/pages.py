"""Write the pages of `docs/reference` that list every action and event."""

from collections.abc import Iterable
from typing import Final

from ami_proto.catalogue.action_record import ActionRecord
from ami_proto.catalogue.event_record import EventRecord
from ami_proto.message.action_functions import argument_line, availability, needed_class
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

_COMPLETIONS: Final = {
    "response": "one response",
    "output": "one response with the command's output",
    "list": "a list",
    "unmarked": "a list",
    "event": "a response, and then the event `{end}`",
    "event only": "the event `{end}`, without a response",
    "fence": "no recognisable end: a `Ping` is sent after it",
    "fence only": "no recognisable end, and perhaps no response: a `Ping` is sent after it",
    "originate": "a response, and then the event `{end}` unless it is synchronous",
    "wait": "the events of the session, then `WaitEventComplete`",
}
"""How an action ends, in words."""


def actions_page() -> str:
    """Return `docs/reference/actions.md`."""
    return _page(_ACTIONS, [_action(each) for each in actions()])


def events_page() -> str:
    """Return `docs/reference/events.md`."""
    return _page(_EVENTS, [_event(each) for each in events()])


def _page(text: str, entries: list[str]) -> str:
    return text.format(count=len(entries), entries="\n\n".join(entries))


def _action(action: ActionRecord) -> str:
    required = [each.argument for each in action.parameters if each.required]
    optional = [each.argument for each in action.parameters if not each.required]
    arguments = ", ".join([*required, *(["*", *optional] if optional else [])])
    lines = [f"## {action.name}", "", f"`{action.function}({arguments})`", "", action.does, ""]
    lines += [f"* {argument_line(each)}" for each in action.parameters] + [""] * bool(action.parameters)
    answer = _COMPLETIONS[action.completion].format(end=action.end)
    if action.items:
        answer += f" of {_links(action.items)}, ended by `{action.end}`"
    if action.completion == "unmarked":
        answer += ", without `EventList` headers before 13.2"
    facts = [f"Answered by {answer}.", needed_class(action), availability(action.branches, action.since)]
    return "\n".join([*lines, " ".join(facts)])


def _event(event: EventRecord) -> str:
    lines = [f"## {event.name}", "", event.means, ""]
    headers = ", ".join(
        ("[{}]" if each.optional else "{}").format(f"`{each.name}`" + " ..." * each.repeated)
        for each in event.headers
    )
    lines += [headers, ""] * bool(headers)
    classes = f"Sent to users with the class {' or '.join(event.classes)}. " if event.classes else ""
    return "\n".join([*lines, classes + availability(event.branches, event.since)])


def _links(names: Iterable[str]) -> str:
    known = {each.name for each in events()}
    return ", ".join(
        f"[`{name}`](events.md#{name.lower()})" if name in known else f"`{name}`" for name in names
    )
