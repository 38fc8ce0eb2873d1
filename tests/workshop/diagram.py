"""Draw the state diagram of a connection from its transition table: `python -m tests.workshop.diagram`.

Writes `docs/reference/lifecycle.md`; `--check` only reports whether that is up to date.

"""

import sys
from itertools import groupby
from pathlib import Path

from ami_proto import BreakerState, State
from ami_proto.connection.transitions import Effect, Input, Transition
from ami_proto.drivers import TRANSITIONS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "lifecycle.md"

HEAD = """\
# The life of a connection

`python -m tests.workshop.diagram` draws this page from the table in `ami_proto/connection/transitions.py`;
a test fails if the page is stale. The label of an arrow is the input, and the effect that it has.
"""

TABLE_HEAD = """\
## Every pair

A row is an input, a column is the state in which it comes. A cell holds the next state and the effect; an
empty cell means that the input cannot come in that state, repeats an earlier one, or changes nothing.
"""

BREAKER_HEAD = """\
## The breaker

The breaker has states of its own and delays the next attempt (`ami_proto/connection/breaker.py`).
"""

BREAKER_ARROWS: dict[tuple[BreakerState, BreakerState], str] = {
    (BreakerState.CLOSED, BreakerState.OPEN): "breaker_threshold failures in a row",
    (BreakerState.OPEN, BreakerState.HALF_OPEN): "the cooldown is over / dial",
    (BreakerState.OPEN, BreakerState.CLOSED): "the connection ended",
    (BreakerState.HALF_OPEN, BreakerState.OPEN): "the probe failed",
    (BreakerState.HALF_OPEN, BreakerState.CLOSED): "stable for stable_after, or the connection ended",
}
"""A test compares these with the transitions that the exploration (`tests/workshop/explore`) saw."""

Arrow = tuple[State, State, str]


def arrows() -> list[Arrow]:
    """Return every transition with an effect, in the order of the table."""
    return [
        (old, step.state, f"{event.value} / {step.effect.value}")
        for (old, event), step in TRANSITIONS.items()
        if step.effect is not Effect.NOTHING
    ]


def diagram() -> str:
    """Return the table as a Mermaid diagram; arrows between the same two states are merged."""
    order = list(State)
    between = sorted(arrows(), key=lambda each: (order.index(each[0]), order.index(each[1])))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.CLOSED.name}"]
    for (old, new), group in groupby(between, key=lambda each: each[:2]):
        labels = "<br/>".join(label for _, _, label in group)
        lines.append(f"    {old.name} --> {new.name} : {labels}")
    return "\n".join([*lines, "```", ""])


def table() -> str:
    """Return every pair of state and input."""
    lines = [
        f"| | {' | '.join(state.name for state in State)} |",
        f"|---|{'---|' * len(State)}",
    ]
    for event in Input:
        cells = (_cell(TRANSITIONS[state, event]) for state in State)
        lines.append(f"| **{event.value}** | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def breaker() -> str:
    """Return the breaker as a Mermaid diagram."""
    lines = [f"    {old.name} --> {new.name} : {why}" for (old, new), why in BREAKER_ARROWS.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> CLOSED", *lines, "```", ""])


def page() -> str:
    """Return the whole page."""
    parts = (HEAD, diagram(), TABLE_HEAD, table(), BREAKER_HEAD, breaker())
    return "\n".join(parts)


def _cell(step: Transition) -> str:
    return "" if step.effect is Effect.NOTHING else f"{step.state.name}: {step.effect.value}"


def main(*arguments: str) -> int:
    """Write the page, or compare it; return the exit status."""
    if "--check" not in arguments:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        print(f"{PAGE.name} is stale: run `python -m tests.workshop.diagram`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
