"""The page, its plots and the recorded report: all of them say the same.

`recorded.json` is the source. The tables of `docs/explanation/performance.md` and the pictures beside it are
made of it, and a test fails when they differ.
"""

import json
import re
from pathlib import Path

from tests.workshop.bench.peers import plots
from tests.workshop.bench.peers.environments import ROOT
from tests.workshop.bench.peers.ratios import Figures
from tests.workshop.bench.peers.rounds import Report
from tests.workshop.bench.peers.table import found_text
from tests.workshop.bench.peers.targets import Verdict, verdicts

RECORDED = Path(__file__).parent / "recorded.json"
PAGE = ROOT / "docs" / "explanation" / "performance.md"
IMAGES = ROOT / "docs" / "images"

_MADE = re.compile(r"(?<=<!-- made: begin -->\n).*?(?=<!-- made: end -->)", re.DOTALL)


def recorded() -> Figures:
    """Return the recorded figures, by the clock that they were recorded for."""
    report = json.loads(RECORDED.read_text(encoding="utf-8"))
    return Figures(report, report["clock"])


def record(report: Report, clock: str, path: Path = RECORDED) -> None:
    """Write a report as JSON."""
    text = json.dumps({"clock": clock, **report}, indent=1)
    # one line for each sample: a thousand short ones hide what changed
    path.write_text(re.sub(r"\n {5,}\s*|\n {4}(?=\})", " ", text) + "\n", encoding="utf-8")


def write() -> list[Path]:
    """Write the page's tables and the pictures from the recorded report; return the files."""
    figures = recorded()
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")
    for name, picture in plots.pictures(figures).items():
        (IMAGES / name).write_text(picture, encoding="utf-8")
    return [PAGE, *(IMAGES / name for name in plots.pictures(figures))]


def with_tables(page: str, figures: Figures) -> str:
    """Return the page with the tables of these figures."""
    tables = "\n".join([about(figures), "", *_rows(_of_the_report(figures))]) + "\n"
    return _MADE.sub(lambda _: tables, page)


def about(figures: Figures) -> str:
    """Return a sentence that says when and on what the figures were found."""
    report = figures.report
    peers = ", ".join(f"{peer} {version}" for peer, version in report["peers"].items())
    return (
        f"Measured on {report['date']} with Python {report['python']} on {report['machine']}, in"
        f" {report['rounds']} rounds, by {CLOCK_WORDS[figures.clock]}, beside {peers}."
    )


CLOCK_WORDS = {
    "wall": "the clock on the wall",
    "processor": "processor time, because other work shared the machine",
}
WORDS = {"aim": "aim reached", "reached": "reached", "missed": "**missed**"}


def _of_the_report(figures: Figures) -> list[Verdict]:
    """Return the verdicts about contenders that took part, measured or failed: a compiled build need not."""
    judged = verdicts(figures)
    return [one for one in judged if one.target.contender in figures.contenders(one.target.workload)]


def _rows(judged: list[Verdict]) -> list[str]:
    head = "| what | who | ratio: median (lowest to highest round) | against | at least | aim | |"
    return [head, "|---|---|---|---|---|---|---|"] + [
        f"| {each.target.title} | {each.target.contender} | {found_text(each)} | {each.against} |"
        f" {each.target.limit()} | {each.target.wish()} | {WORDS.get(each.word, each.word)} |"
        for each in judged
    ]
