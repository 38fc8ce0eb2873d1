"""Draw what `ami demo` shows on a terminal: `python -m tests.workshop.picture` writes `docs/images/demo.svg`.

The picture is drawn anew by hand when the demo's output changes. No test compares it: the delay of the
reconnect differs from run to run.
"""

import io
import os
import pty
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "images" / "demo.svg"

WIDTH = 92
"""Columns: more are too small to read in a README."""

LAST_LINE = "ActionFailed"
"""The picture ends with the line that begins so: the demo goes on with a second call, much like the first."""

_TIME = re.compile(r"\d\d:\d\d:\d\d")
_PORT = re.compile(r"(127\.0\.0\.1):\d+")
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""rich loads a font from a public server. A README may not, and the picture has the same width without it."""


def main() -> None:
    """Run the demo and write the picture."""
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture(terminal_output()), encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size} bytes")


def terminal_output(seconds: float = 5.0) -> str:
    """Run the demo on a terminal of its own, and return its output with the escape sequences for colours.

    In less time, a busy machine may show the gap only after the last line of the picture.
    """
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "ami_backends.cli", "demo", "--for", str(seconds)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        env={**os.environ, "COLUMNS": str(WIDTH), "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"},
    ) as process:
        os.close(theirs)
        data = b""
        try:
            while more := os.read(ours, 65_536):
                data += more
        except OSError:  # Linux reports the closed end of a terminal as EIO
            pass
        os.close(ours)
    if process.returncode:
        raise SystemExit(f"ami demo ended with status {process.returncode}")
    return data.decode()


def picture(output: str) -> str:
    """Return the demo's terminal output as an SVG, without what differs from run to run: clock and port."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    started: datetime | None = None
    for text in output.splitlines():
        if (found := _TIME.search(text)) is not None:
            now = datetime.strptime(found[0], "%H:%M:%S")
            started = now if started is None else started
            noon = datetime(now.year, now.month, now.day, hour=12)
            text = text.replace(found[0], f"{noon + (now - started):%H:%M:%S}", 1)
        line = Text.from_ansi(_PORT.sub(r"\1:5038", text))
        console.print(line, no_wrap=True, overflow="crop", highlight=False)
        if line.plain.startswith(LAST_LINE):
            break
    return _FONT.sub("", console.export_svg(title="ami demo", unique_id="demo"))


if __name__ == "__main__":
    main()
