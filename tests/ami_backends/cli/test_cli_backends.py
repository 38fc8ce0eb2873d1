"""`--backend`: commands behave the same on every driver, however they end."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from ami_backends.cli.exits import Terminated, sentence_of, status_of
from conformance.mock import MockServer
from tests.cli_harness import PATIENCE, ami, chatter, environment, mock, running, url

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
    """R-DRIVER-05: it logs off, and prints nothing."""
    command = ("listen", "--backend", backend)
    with mock() as server, chatter(server), running(*command, url(server)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(number)
        assert process.wait(PATIENCE) == status
        assert process.stderr.read() == b""


@pytest.mark.parametrize("backend", BACKENDS)
def test_sigterm_while_it_connects_ends_listen(backend: str) -> None:
    command = ("listen", "--backend", backend)
    wrong = {"AMI_SECRET": "wrong", "PYTHONUNBUFFERED": "1"}
    with (
        mock(MockServer(login_refusal_delay=30.0)) as server,
        running(*command, url(server), env=wrong) as process,
    ):
        while not server.accepted:
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


IN_GEVENT = """
import signal, sys
import gevent
from ami_backends.cli.backends import BackendName, run_program

where, number = sys.argv[1], signal.Signals[sys.argv[2]]
hub = gevent.get_hub()
handle_error = hub.handle_error
ends = []

def end(number, frame):
    ends.append(number)
    raise KeyboardInterrupt

def end_again(*words):
    signal.raise_signal(number)
    handle_error(*words)

def send():
    signal.raise_signal(number)
    print("went on")

async def program(connect):
    hub.handle_error = end_again
    if where == "hub":
        hub.loop.run_callback(send)
    elif where == "greenlet":
        gevent.spawn(send)
    else:
        send()
    gevent.sleep(10)
    print("not interrupted")

signal.signal(number, end)
try:
    run_program(BackendName.GEVENT, program)
except KeyboardInterrupt:
    print("ended", len(ends))
"""


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    ("where", "said"),
    [("hub", "went on\nended 1\n"), ("greenlet", "went on\nended 1\n"), ("main", "ended 1\n")],
)
def test_a_signal_ends_the_main_greenlet_and_no_other(where: str, said: str, number: str) -> None:
    """R-DRIVER-05: gevent lost both of two signals, when the second arrived while it reported the first."""
    done = subprocess.run(
        [sys.executable, "-c", IN_GEVENT, where, number],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert (done.stdout, done.stderr) == (said, "")


INTERRUPTED = """
import signal, sys
from ami_backends.cli import interrupts
from ami_backends.cli.backends import BackendName, run_program

interrupts.REPEAT_MAX = float(sys.argv[2])
number = signal.Signals[sys.argv[3]]

def end(number, frame):
    raise KeyboardInterrupt

async def program(connect):
    try:
        signal.raise_signal(number)
        if backend in (BackendName.ASYNCIO, BackendName.TRIO):
            import anyio
            await anyio.sleep(20)
    finally:
        signal.raise_signal(number)
        print("logged off")

backend = BackendName(sys.argv[1])
if number is not signal.SIGINT:
    signal.signal(number, end)
try:
    run_program(backend, program)
except KeyboardInterrupt:
    signal.raise_signal(number)
    print("ended")
"""


def interrupted(backend: str, repeat_max: float, number: str) -> subprocess.CompletedProcess[str]:
    """Run a program that raises a signal, and raises it again while it logs off."""
    return subprocess.run(
        [sys.executable, "-c", INTERRUPTED, backend, str(repeat_max), number],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_second_signal_does_not_interrupt_the_logoff(backend: str, number: str) -> None:
    """R-DRIVER-05: raised in whichever task ran, it made asyncio wait for ever in one of forty runs."""
    done = interrupted(backend, 60.0, number)
    assert (done.stdout, done.stderr, done.returncode) == ("logged off\nended\n", "", 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_second_signal_much_later_ends_the_process(backend: str) -> None:
    done = interrupted(backend, -1.0, "SIGINT")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", -signal.SIGINT)


def test_an_interrupt_inside_an_exception_group_is_not_a_bug() -> None:
    """A signal handler may raise in a task of the driver, and the loop wraps that in groups."""
    wrapped = BaseExceptionGroup("tasks", [BaseExceptionGroup("more", [KeyboardInterrupt(), ValueError()])])
    assert (status_of(wrapped), sentence_of(wrapped)) == (130, "")
    assert status_of(BaseExceptionGroup("tasks", [Terminated()])) == 143
    assert status_of(ExceptionGroup("tasks", [ValueError()])) == 70
    between_tasks = trio.TrioInternalError("internal error in Trio - please file a bug!")
    assert status_of(between_tasks) == 70
    between_tasks.__cause__ = KeyboardInterrupt()
    assert (status_of(between_tasks), sentence_of(between_tasks)) == (130, "")


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
