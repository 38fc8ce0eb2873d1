"""`--backend`: the same commands on every driver, to every end."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_harness import PATIENCE, ami, chatter, environment, mock, start, url

from conformance.server import MockServer

BACKENDS = ("selectors", "asyncio", "trio", "gevent")


@pytest.mark.parametrize("backend", BACKENDS)
def test_listen_shows_events_on_every_driver(backend: str) -> None:
    """R-DRIVER-07."""
    with mock() as server, chatter(server):
        done = ami("listen", url(server), "--count", "3", "--event", "New*", "--backend", backend)
    assert (done.status, done.err) == (0, ""), done
    assert len(done.out.splitlines()) == 3


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_listen_on_every_driver(backend: str, number: signal.Signals, status: int) -> None:
    """R-DRIVER-05: it logs off, and says nothing."""
    with mock() as server, chatter(server):
        process = start("listen", url(server), "--backend", backend)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(number)
        assert process.wait(PATIENCE) == status
        assert process.stderr.read() == b""
        process.communicate()


@pytest.mark.parametrize("backend", BACKENDS)
def test_sigterm_while_it_connects_ends_listen(backend: str) -> None:
    with mock(MockServer(login_refusal_delay=30.0)) as server:
        process = start(
            "listen", url(server), "--backend", backend, env={"AMI_SECRET": "wrong", "PYTHONUNBUFFERED": "1"}
        )
        while not server.accepted:
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) in (0, 143)
        process.communicate()


def test_sigterm_in_the_hub_of_gevent_is_quiet() -> None:
    """R-DRIVER-05: raised in a callback of the loop's, it ends the program; it was printed, and went by."""
    program = """
import gevent
from ami_backends.cli.backends import Backend, run
from ami_backends.cli.exits import Terminated

def raise_it():
    raise Terminated

async def program(connect):
    gevent.get_hub().loop.run_callback(raise_it)
    gevent.sleep(20)

try:
    run(Backend.GEVENT, program)
except Terminated:
    print("ended")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment(), check=False
    )
    assert (done.stdout, done.stderr) == ("ended\n", "")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_wrong_password_is_refused_on_every_driver(backend: str) -> None:
    with mock() as server:
        done = ami("listen", url(server), "--backend", backend, env={"AMI_SECRET": "wrong"})
    assert done.status == 4
    assert "refused: Authentication failed" in done.complaint


@pytest.mark.parametrize(
    ("backend", "missing", "extra"),
    [("asyncio", "anyio", "anyio"), ("trio", "trio", "trio"), ("gevent", "gevent", "gevent")],
)
def test_a_driver_that_is_not_installed_says_what_to_install(
    backend: str, missing: str, extra: str, tmp_path: Path
) -> None:
    (tmp_path / f"{missing}.py").write_text(f"raise ModuleNotFoundError('none', name='{missing}')\n")
    path = f"{tmp_path}:{Path(__file__).parents[3]}"
    done = ami("listen", "ami://admin@127.0.0.1:1", "--backend", backend, env={"PYTHONPATH": path})
    assert done.status == 2
    assert f'pip install "ami-proto[{extra}]"' in done.complaint
