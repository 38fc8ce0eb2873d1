"""The whole suite again, in a process whose standard library gevent has patched."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PATCHED = """
from gevent import monkey
monkey.patch_all()
import sys, pytest
sys.exit(pytest.main(sys.argv[1:]))
"""

SUITE_FOLDER = Path(__file__).parent


@pytest.mark.timeout(600)
def test_the_suite_passes_with_gevent_monkey_patched(request: pytest.FixtureRequest) -> None:
    """R-DRIVER-07: in a process of its own, because patching comes before every other import."""
    if request.config.getoption("--backend"):
        pytest.skip("drivers were chosen by --backend; choose gevent-patched in a patched process")
    files = [str(path) for path in sorted(SUITE_FOLDER.glob("test_*.py")) if path != Path(__file__)]
    options = ["-q", "--backend", "gevent-patched", "-p", "no:cacheprovider", "-o", "timeout=60"]
    run = subprocess.run(
        [sys.executable, "-c", PATCHED, *options, *files],
        cwd=request.config.rootpath,
        env={**os.environ, "PYTHONPATH": str(SUITE_FOLDER.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-10_000:] + run.stderr[-2_000:]
    assert " passed" in run.stdout
