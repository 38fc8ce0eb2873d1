"""The suite's own harness: whatever a driver must not do fails a test, and drivers are chosen by name."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

GOOD = """
async def test_good(backend):
    await backend.sleep(0.01)
"""

BAD = """
import asyncio, socket, threading, time
import gevent, trio

KEPT = []

async def test_blocks(backend):
    time.sleep(2.7)

async def test_leaves_a_thread(backend):
    threading.Thread(target=time.sleep, args=(4.0,)).start()

async def test_leaves_a_descriptor(backend):
    KEPT.append(socket.socket())

async def test_leaves_a_task(backend):
    if backend.name == "trio":
        trio.lowlevel.spawn_system_task(trio.sleep_forever)
    elif backend.name == "gevent":
        KEPT.append(gevent.spawn(gevent.sleep, 60.0))
    else:
        KEPT.append(asyncio.get_running_loop().create_task(asyncio.sleep(60.0)))

async def test_asserts(backend):
    await fail_below(backend)

async def fail_below(backend):
    await backend.sleep(0)
    assert 1 == 2

async def test_what_was_spawned_raises(backend):
    task = await backend.spawn(fail_below, backend)
    await task.result()
"""


def run(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of programs in a process of its own."""
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    plugins = ["-p", "conformance.suite.plugin", "-p", "conformance.leaks", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", *plugins, *(arguments or ["test_it.py"])],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def results(run: subprocess.CompletedProcess[str]) -> set[tuple[str, str]]:
    """Return the outcome of each test, by its name and driver."""
    return set(re.findall(r"^(PASSED|FAILED|ERROR) test_it\.py::test_(\S+\])", run.stdout, re.MULTILINE))


def test_what_a_driver_must_not_do_fails(tmp_path: Path) -> None:
    """Invariant 2: what blocks a loop; and threads, descriptors, tasks and greenlets that are left."""
    wanted = {
        *(("FAILED", f"blocks[{name}]") for name in ("asyncio", "uvloop", "trio", "gevent")),
        ("ERROR", "leaves_a_thread[selectors]"),
        *(("ERROR", f"leaves_a_descriptor[{name}]") for name in ("selectors", "trio")),
        *(("FAILED", f"leaves_a_task[{name}]") for name in ("asyncio", "uvloop", "trio", "gevent")),
        *(("FAILED", f"asserts[{name}]") for name in ("selectors", "reactor", "trio", "gevent")),
        *(
            ("FAILED", f"what_was_spawned_raises[{name}]")
            for name in ("selectors", "reactor", "asyncio", "uvloop", "trio", "gevent")
        ),
    }
    ran = run(tmp_path, BAD, *(f"test_it.py::test_{name}" for _, name in sorted(wanted)))
    found = results(ran)
    assert wanted <= found, ran.stdout[-5_000:]
    assert {name for outcome, name in found if outcome == "PASSED"} == {
        name for outcome, name in wanted if outcome == "ERROR"
    }


def test_the_reason_is_told(tmp_path: Path) -> None:
    names = ["blocks[asyncio]", "blocks[trio]", "blocks[gevent]", "leaves_a_task[trio]"]
    said = run(tmp_path, BAD, *(f"test_it.py::test_{name}" for name in names)).stdout
    assert "Blocking call to time.sleep" in said
    assert "something blocked the loop for" in said
    assert "something blocked the hub for" in said
    assert "a task is left" in said


@pytest.mark.parametrize(
    ("chosen", "ids"),
    [
        ([], {"selectors", "reactor", "asyncio", "uvloop", "trio", "gevent"}),
        (["--backend", "trio", "--backend", "gevent"], {"trio", "gevent"}),
        (["--backend", "conformance.suite.threads:Threads"], {"conformance.suite.threads:Threads"}),
    ],
    ids=["all", "two", "one's own"],
)
def test_drivers_are_chosen_by_name(tmp_path: Path, chosen: list[str], ids: set[str]) -> None:
    ran = run(tmp_path, GOOD, "test_it.py", *chosen)
    assert ran.returncode == 0
    assert results(ran) == {("PASSED", f"good[{each}]") for each in ids}


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("nosuch", "--backend: no backend 'nosuch': selectors, reactor, asyncio, uvloop, trio, gevent"),
        (
            "conformance.suite.threads:NoSuch",
            "--backend: module 'conformance.suite.threads' has no attribute",
        ),
        ("nosuch.module:Backend", "--backend: No module named 'nosuch'"),
    ],
)
def test_an_unknown_driver_is_a_usage_error(tmp_path: Path, name: str, complaint: str) -> None:
    ran = run(tmp_path, GOOD, "test_it.py", "--backend", name)
    assert ran.returncode in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERRUPTED)
    assert complaint in ran.stdout + ran.stderr
