"""The way of one byte: through how many calls and files of the core an event, a reply and a submit pass.

    python -m tests.workshop.path

The call comes from a driver or an application; everything that it calls in `ami_proto` is counted, until it
returns. It is the first thing that a newcomer has to follow, so it should be short.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import ami_proto
from ami_proto import Action, Ticket
from conformance.laws.playbook import Playbook, frame

CORE = str(Path(ami_proto.__file__).parent)


def count_calls(deed: Callable[[], object]) -> Counter[str]:
    """Return how often functions of each file of the core are called by a deed."""
    calls: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: Any) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(CORE):
            calls[str(Path(file).relative_to(CORE))] += 1

    sys.setprofile(note)
    try:
        deed()
    finally:
        sys.setprofile(None)
    return calls


def ways() -> Iterator[tuple[str, Counter[str]]]:
    """Yield the name and the calls of each way, on a connection where everything has happened once before."""
    play = Playbook().log_in()
    connection, session, action = play.connection, play.session, Action("Getvar", {"Variable": "X"})
    subscription = play.subscribe("Hangup")
    hangup = frame("Event: Hangup", "Privilege: call,all", "Channel: Local/1")
    play.receive(hangup).reply(play.submit(action), "Variable: X", "Value: 1")
    play.messages(subscription)
    yield "an event", count_calls(lambda: connection.handle_received(session, hangup, play.now))
    tickets: list[Ticket] = []
    yield "a submit", count_calls(lambda: tickets.append(connection.submit(action, play.now)))
    play.drain().write()
    (ticket,) = tickets
    reply = frame("Response: Success", f"ActionID: {ticket.action_id}", "Variable: X", "Value: 1")
    yield "a reply", count_calls(lambda: connection.handle_received(session, reply, play.now))


def main() -> None:
    """Print each way, and its files."""
    for name, calls in ways():
        print(f"{name}: {calls.total()} calls through {len(calls)} files")
        print("    " + ", ".join(f"{file} {count}" for file, count in calls.items()))


if __name__ == "__main__":
    main()
