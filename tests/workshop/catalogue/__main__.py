"""Write everything that comes of the facts, the words and the rules."""

from pathlib import Path
from typing import Final

from tests.workshop.catalogue.examples import example_frames
from tests.workshop.catalogue.pages import actions_page, events_page
from tests.workshop.catalogue.stubs import action_stub, event_stub
from tests.workshop.catalogue.tables import action_table, event_table

ROOT: Final = Path(__file__).resolve().parents[3]


def written() -> dict[Path, str]:
    """Return the text of each file that is generated."""
    core = ROOT / "ami_proto"
    return {
        core / "catalogue" / "action_table.py": action_table(),
        core / "catalogue" / "event_table.py": event_table(),
        core / "actions.pyi": action_stub(),
        core / "events.pyi": event_stub(),
        ROOT / "ami_backends/cli/examples.txt": example_frames(),
        ROOT / "docs/reference/actions.md": actions_page(),
        ROOT / "docs/reference/events.md": events_page(),
    }


if __name__ == "__main__":
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {len(text):,} characters")
