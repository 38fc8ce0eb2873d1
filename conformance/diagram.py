"""Draw the life of a connection from its transition table: `python -m conformance.diagram`.

Writes `docs/reference/lifecycle.md`; `--check` only says whether that is up to date.
"""

import sys
from itertools import groupby
from pathlib import Path

from ami_proto import LIFECYCLE, BreakerState, State
from ami_proto.connection.lifecycle import Effect, Input, Transition

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "lifecycle.md"

HEAD = """\
# The life of a connection

Drawn from the table in `ami_proto/connection/lifecycle.py` by `python -m conformance.diagram`; a test
fails when this page is stale. Each arrow says what happened, and what the connection does about it.
"""

TABLE_HEAD = """\
## Every pair

What happened stands on the left, the state in which it happened above. A cell holds the next state and
the effect; an empty one means that it cannot come there, comes twice, or changes nothing.
"""

BREAKER_HEAD = """\
## The breaker

It stands beside this life and holds back the next attempt (`ami_proto/connection/breaker.py`).
"""

BREAKER_ARROWS: dict[tuple[BreakerState, BreakerState], str] = {
    (BreakerState.CLOSED, BreakerState.OPEN): "breaker_threshold failures in a row",
    (BreakerState.OPEN, BreakerState.HALF_OPEN): "the cooldown is over / dial",
    (BreakerState.OPEN, BreakerState.CLOSED): "the connection ended",
    (BreakerState.HALF_OPEN, BreakerState.OPEN): "the probe failed",
    (BreakerState.HALF_OPEN, BreakerState.CLOSED): "stable for stable_after, or the connection ended",
}
"""Held against what the exploration (`conformance/explore`) has seen."""

Arrow = tuple[State, State, str]


def arrows() -> list[Arrow]:
    """Return every transition that does something, in the order of the table."""
    return [
        (old, step.state, f"{event.value} / {step.effect.value}")
        for (old, event), step in LIFECYCLE.items()
        if step.effect is not Effect.NOTHING
    ]


def diagram() -> str:
    """Return the table as a Mermaid diagram; arrows between the same two states are one."""
    order = list(State)
    between = sorted(arrows(), key=lambda each: (order.index(each[0]), order.index(each[1])))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.CLOSED.name}"]
    for (old, new), group in groupby(between, key=lambda each: each[:2]):
        labels = "<br/>".join(label for _, _, label in group)
        lines.append(f"    {old.name} --> {new.name} : {labels}")
    return "\n".join([*lines, "```", ""])


def table() -> str:
    """Return every pair of the table."""
    lines = [
        f"| | {' | '.join(state.name for state in State)} |",
        f"|---|{'---|' * len(State)}",
    ]
    for event in Input:
        cells = (_cell(LIFECYCLE[state, event]) for state in State)
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
    """Write the page, or compare it; return the exit code."""
    if "--check" not in arguments:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        print(f"{PAGE.name} is stale: run `python -m conformance.diagram`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
