"""The suite's own harness: a driver's misbehaviour fails a test, and drivers are chosen by name."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.suite.backends import DRIVER_NAMES

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

async def test_computes(backend):
    end = time.monotonic() + 2.7
    while time.monotonic() < end:
        pass

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
    found = len("four")
    assert found == 3

async def test_what_was_spawned_raises(backend):
    task = await backend.spawn(fail_below, backend)
    await task.result()
"""


def run(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of programs in a process of its own."""
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    plugins = ["-p", "conformance.suite.plugin", "-p", "conformance.suite.leaks", "-p", "no:cacheprovider"]
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
    """Invariant 2: blocking a loop; leaving threads, descriptors, tasks or greenlets."""
    wanted = {
        *(("FAILED", f"blocks[{name}]") for name in ("asyncio", "uvloop", "trio", "gevent")),
        ("ERROR", "leaves_a_thread[selectors]"),
        *(("ERROR", f"leaves_a_descriptor[{name}]") for name in ("selectors", "trio")),
        *(("FAILED", f"leaves_a_task[{name}]") for name in ("asyncio", "uvloop", "trio", "gevent")),
        *(("FAILED", f"asserts[{name}]") for name in DRIVER_NAMES),
        *(("FAILED", f"what_was_spawned_raises[{name}]") for name in DRIVER_NAMES),
    }
    ran = run(tmp_path, BAD, *(f"test_it.py::test_{name}" for _, name in sorted(wanted)))
    found = results(ran)
    assert wanted <= found, ran.stdout[-5_000:]
    assert {name for outcome, name in found if outcome == "PASSED"} == {
        name for outcome, name in wanted if outcome == "ERROR"
    }


def test_the_reason_is_told(tmp_path: Path) -> None:
    names = ["blocks[asyncio]", "blocks[trio]", "blocks[gevent]", "computes[trio]", "computes[gevent]"]
    names.append("leaves_a_task[trio]")
    said = run(tmp_path, BAD, *(f"test_it.py::test_{name}" for name in names)).stdout
    assert said.count("BlockingCall: time.sleep blocks the loop's thread") >= 3
    assert "something blocked the loop for" in said
    assert "something blocked the hub for" in said
    assert "a task is left" in said


@pytest.mark.parametrize("name", DRIVER_NAMES)
def test_a_failed_assertion_shows_its_values(tmp_path: Path, name: str) -> None:
    """Also where calls block, and in what was spawned: pytest rewrites the text that runs."""
    tests = [f"test_it.py::test_{test}[{name}]" for test in ("asserts", "what_was_spawned_raises")]
    ran = run(tmp_path, BAD, *tests)
    assert len(re.findall(r"^E .*assert 4 == 3$", ran.stdout, re.MULTILINE)) == 2, ran.stdout


HELPED = """
from conformance.suite.failures import failed_connect
from conformance.laws.peer import closed_port

async def test_it(backend):
    await failed_connect(backend, closed_port(), key="mine")
"""


@pytest.mark.parametrize("name", ["selectors", "gevent"])
def test_an_assertion_of_the_suites_helpers_shows_its_values(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where pytest does not load plugins by itself, and so does not know what to rewrite."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    ran = run(tmp_path, HELPED, "test_it.py", "--backend", name)
    assert "where False = <built-in method startswith of str object" in ran.stdout, ran.stdout


@pytest.mark.parametrize(
    ("chosen", "ids"),
    [
        ([], {*DRIVER_NAMES, "selectors-lawful", "asyncio-lawful", "trio-lawful", "gevent-lawful"}),
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
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert (ran.stdout + ran.stderr).count(complaint) == 1
    (folder := tmp_path / "more").mkdir()
    for each in "abc":
        (folder / f"test_{each}.py").write_text(GOOD, encoding="utf-8")
    ran = run(tmp_path, GOOD, "more", "--backend", name)
    assert (ran.stdout + ran.stderr).count("--backend: ") == 1, "one error, and not one for each file"
