"""Write the calls of blocking clients from those of a loop's: `python -m tests.workshop.blocking_calls`.

The text is the same without `async` and `await`, and with results in place of coroutines.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
AWAITED: Final = ROOT / "ami_backends/clients/awaited_calls.py"
BLOCKING: Final = ROOT / "ami_backends/clients/blocking_calls.py"

_DOCSTRING: Final = '''"""The calls of a blocking client, with types of results, and methods for all programs.

Written from `awaited_calls` by `python -m tests.workshop.blocking_calls`: edit that one.
"""'''


def blocking_text() -> str:
    """Return the source of the blocking calls."""
    text = AWAITED.read_text("utf-8")
    text = re.sub(r'\A""".*?"""', _DOCSTRING, text, flags=re.DOTALL)
    text = re.sub(r"Coroutine\[Any, Any, (.*?)\](?=,|:|\)|$)", r"\1", text, flags=re.MULTILINE)
    text = text.replace("import Coroutine, Mapping", "import Mapping")
    text = text.replace("async def", "def").replace("await ", "")
    text = text.replace("AwaitedCalls", "BlockingCalls").replace("calls on a loop", "calls, which block")
    return formatted(text)


def formatted(source: str) -> str:
    """Return the source as ruff lays it out, whose lines are longer where words are gone."""
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(BLOCKING), "-"]
    return subprocess.run(ruff, input=source, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    BLOCKING.write_text(blocking_text(), "utf-8")
