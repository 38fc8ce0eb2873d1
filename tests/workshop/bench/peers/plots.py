"""Bars of each workload as SVG, written by hand: the same report gives the same bytes.

The text takes the colour scheme of its reader, and the bars are legible on light and on dark.
"""

from collections.abc import Iterator
from html import escape

from tests.workshop.bench.peers.contest import WORKLOADS, Workload
from tests.workshop.bench.peers.ratios import Figures, Spread

PICTURES = {
    "performance-flood.svg": "flood",
    "performance-decoder.svg": "decode",
    "performance-calls.svg": "calls",
}
"""Files, and the kind of workload that each shows."""

WIDTH, NAMES, VALUES = 760, 190, 110
"""Pixels: the whole, the names on the left, the figures on the right."""
ROW, BAR, TITLE = 20, 12, 34
COLOURS = {"ours": "#2f81f7", "peer": "#c9713a", "beside": "#8b949e"}
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1f2328}.t{font-weight:600;font-size:13px}"
    ".s{stroke:#1f2328}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{stroke:#e6edf3}}"
)


def pictures(figures: Figures) -> dict[str, str]:
    """Return each picture by the name of its file."""
    return {name: picture(figures, kind) for name, kind in PICTURES.items()}


def picture(figures: Figures, kind: str) -> str:
    """Return the bars of the workloads of a kind, one panel below the other."""
    y = 0
    parts: list[str] = []
    for workload in WORKLOADS:
        if workload.kind == kind:
            shown = [
                each
                for each in figures.contenders(workload.name)
                if figures.failure(workload.name, each) is None
            ]
            parts += _panel(figures, workload, shown, y)
            y += TITLE + ROW * len(shown)
    size = f'viewBox="0 0 {WIDTH} {y + ROW}" width="{WIDTH}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    return "\n".join([head, f"<style>{STYLE}</style>", *parts, *_legend(y), "</svg>"]) + "\n"


def _panel(figures: Figures, workload: Workload, shown: list[str], top: int) -> Iterator[str]:
    yield f'<text class="t" x="0" y="{top + 22}">{escape(workload.title)}, {workload.unit}</text>'
    spreads = {each: Spread.of(figures.rates(workload.name, each)) for each in shown}
    most = max((spreads[each].high for each in shown if _sets_scale(figures, workload, each)), default=1.0)
    for row, contender in enumerate(shown):
        colour = COLOURS[figures.side(workload.name, contender)]
        yield from _bar(contender, spreads[contender], most, colour, top + TITLE + ROW * row)


def _sets_scale(figures: Figures, workload: Workload, contender: str) -> bool:
    """Tell whether the widest bar may be this one: a floor far above all would make them short."""
    return figures.side(workload.name, contender) != "beside"


def _bar(name: str, rate: Spread, most: float, colour: str, top: int) -> Iterator[str]:
    space = WIDTH - NAMES - VALUES
    length, low, high = (min(1.0, each / most) * space for each in (rate.middle, rate.low, rate.high))
    middle = top + ROW // 2 - 3
    cut = " (cut)" if rate.middle > most else ""
    yield f'<text x="{NAMES - 8}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>'
    yield f'<rect x="{NAMES}" y="{middle - BAR // 2}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>'
    yield (
        f'<path class="s" d="M{NAMES + low:.1f} {middle}H{NAMES + high:.1f}"/>'
        f'<text x="{NAMES + max(length, high) + 6:.1f}" y="{middle + 4}">{rate.middle:,.0f}{cut}</text>'
    )


def _legend(top: int) -> Iterator[str]:
    words = {"ours": "this library", "peer": "other clients", "beside": "floors; a client without timeout"}
    for number, (side, word) in enumerate(words.items()):
        x = NAMES + 150 * number
        yield f'<rect x="{x}" y="{top + 4}" width="{BAR}" height="{BAR}" fill="{COLOURS[side]}"/>'
        yield f'<text x="{x + BAR + 5}" y="{top + 14}">{word}</text>'
