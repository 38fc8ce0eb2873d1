"""Write an example of each action and event that a capture has: a request with its response, or an event."""

from collections.abc import Iterable, Iterator
from typing import Final

from ami_proto import Decoder, Kind, Message
from ami_proto.drivers import Redaction
from conformance.corpus import Capture, captures
from tests.workshop.catalogue.facts import actions, events

LINES_MAX: Final = 12
"""Lines of a response: that of `ListCommands` has a hundred."""

_MASKED_IN_LOGIN: Final = "key"


def example_frames() -> str:
    """Return `ami_backends/cli/examples.txt`: frames as on the wire, with an empty line after each."""
    known_actions, known_events = ({each.name for each in known} for known in (actions(), events()))
    requests: dict[str, str] = {}
    seen: dict[str, str] = {}
    for capture in sorted(captures(), key=_release, reverse=True):  # the newest first
        messages = list(Decoder(sent=capture.action_ids).feed(capture.data))
        for name, frames in _exchanges(capture, messages):
            if name in known_actions:
                requests.setdefault(name, frames)
        for message in messages:
            if message.kind is Kind.EVENT and message.name in known_events:
                seen.setdefault(message.name, _lines(str(message).splitlines()))
    return "\n\n".join([*_by_name(requests), *_by_name(seen)]) + "\n"


def _release(capture: Capture) -> str:
    return capture.name.partition("/")[0]


def _by_name(frames: dict[str, str]) -> list[str]:
    return [frames[name] for name in sorted(frames, key=str.lower)]


def _exchanges(capture: Capture, messages: Iterable[Message]) -> Iterator[tuple[str, str]]:
    """Yield the name of each action that was accepted, and its request and response as they are shown."""
    accepted = {
        each.action_id: each
        for each in messages
        if each.kind is Kind.RESPONSE and each.action_id and (each.name or "").lower() != "error"
    }
    for _, sent in capture.sent:
        (name, first), *pairs = _pairs(sent)
        action_id = next((value for header, value in pairs if header.lower() == "actionid"), None)
        if name == "Action" and action_id in accepted:
            response = str(accepted[action_id]).splitlines()
            cut = ["..."] * (len(response) > LINES_MAX)
            request = [(name, first), *((header, _shown(first, header, value)) for header, value in pairs)]
            lines = [f"{header}: {value}" for header, value in request]
            frames = map(_without_action_id, (lines, response[:LINES_MAX] + cut))
            yield first, "\n\n".join(map(_lines, frames))


def _pairs(sent: str) -> list[tuple[str, str]]:
    lines = sent.encode("latin-1").decode("utf-8", "backslashreplace").split("\n")
    parts = (line.strip().partition(":") for line in lines if line.strip())
    return [(name, value.strip()) for name, _, value in parts]


def _shown(action: str, header: str, value: str) -> str:
    hidden = Redaction().hides(header) or (action == "Login" and header.lower() == _MASKED_IN_LOGIN)
    return "***" if hidden else value


def _without_action_id(lines: Iterable[str]) -> list[str]:
    """Leave out the ActionID of an exchange: the library gives one."""
    return [line for line in lines if not line.lower().startswith("actionid:")]


def _lines(lines: Iterable[str]) -> str:
    """Join the lines of a frame, of which an empty one would be the end."""
    return "\n".join(line.rstrip() for line in lines if line.strip())
