"""Bytes before verdicts (R-TIME-02): a process that was stopped reads first and judges after that.

The client runs in a process of its own, which the test stops and continues like a debugger, a suspended
laptop or an overloaded host would.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONNECT = (
    "'127.0.0.1', int(sys.argv[1]), username='a', secret='s3cr3t', auth='plain',"
    " wait_fully_booted=False, ask_release=False, {options}"
)
ASK = "print('answered', ({wait}pbx.send('Getvar', Variable='X', timeout=0.6))['Value'], flush=True)"

BLOCKING = """
import sys, time
from ami_backends.{name} import connect
with connect({connect}) as pbx:
    print("ready", flush=True)
    {program}
"""
ASYNC = """
import sys, time
import anyio
import ami_backends.anyio as ami

async def main():
    async with ami.connect({connect}) as pbx:
        print("ready", flush=True)
        {program}

anyio.run(main, backend="{name}")
"""
DRIVERS = ["selectors", "gevent", "asyncio", "trio"]

Script = Callable[[socket.socket], None]


def program(driver: str, text: str, options: str = "") -> str:
    """Return a program that connects on a driver and runs `text`, whose `{wait}` is `await` or nothing."""
    blocking = driver in ("selectors", "gevent")
    text = text.replace("{wait}", "" if blocking else "await ")
    connect = CONNECT.format(options=options)
    return (BLOCKING if blocking else ASYNC).format(name=driver, connect=connect, program=text)


@contextmanager
def server(script: Script) -> Iterator[int]:
    """Serve one connection: log it in, then run the script. Give the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError), listener.accept()[0] as link:
            link.sendall(b"Asterisk Call Manager/11.0.0\r\n")
            answer(link, receive_action(link))
            script(link)
            while link.recv(65_536):
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def receive_action(link: socket.socket) -> bytes:
    """Return the ActionID of the next action."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        data += link.recv(65_536)
    return data.split(b"ActionID: ")[1].split(b"\r\n")[0]


def answer(link: socket.socket, action_id: bytes) -> None:
    link.sendall(b"Response: Success\r\nActionID: " + action_id + b"\r\nVariable: X\r\nValue: 1\r\n\r\n")


def answer_late(link: socket.socket) -> None:
    action_id = receive_action(link)
    time.sleep(0.2)
    answer(link, action_id)


@contextmanager
def client(text: str, port: int) -> Iterator[subprocess.Popen[str]]:
    """Run a client's program in a process of its own, up to its login."""
    process = subprocess.Popen(
        [sys.executable, "-c", text, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


def suspend(process: subprocess.Popen[str], seconds: float) -> None:
    process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("seconds", [0.7, 2.0])
@pytest.mark.parametrize("driver", DRIVERS)
def test_an_answer_that_came_in_time_counts_although_the_process_was_stopped(
    driver: str, seconds: float
) -> None:
    """R-TIME-02: stopped past the timeout; the answer has been in the kernel since 0.2 s."""
    text = program(driver, ASK)
    with server(answer_late) as port, client(text, port) as process:
        time.sleep(0.05)
        suspend(process, seconds)
        out, err = process.communicate(timeout=20)
    assert out == "answered 1\n", err


IN_A_TASK = """async with anyio.create_task_group() as tasks:
            async def block():
                await anyio.sleep(0.1)
                time.sleep(1.5)
            tasks.start_soon(block)
            {ask}"""
BLOCKED = {
    # The loop has a thread of its own, in which listeners are called: one that sleeps blocks it.
    "selectors": ("events = pbx.events()\n    {ask}", "on_notice=nap"),
    "gevent": ("import gevent; gevent.spawn_later(0.1, time.sleep, 1.5)\n    {ask}", ""),
    "asyncio": (IN_A_TASK, ""),
    "trio": (IN_A_TASK, ""),
}
"""Programs that block their loop for 1.5 seconds while an action is open, and options of `connect`."""
NAP = """
def nap(notice):
    if type(notice).__name__ == "MessagesWaiting":
        time.sleep(1.5)
"""


@pytest.mark.parametrize("driver", DRIVERS)
def test_an_answer_that_came_in_time_counts_although_the_program_blocked(driver: str) -> None:
    """R-TIME-02: a program that blocks its own loop for longer than the timeout."""

    def tell_then_answer(link: socket.socket) -> None:
        action_id = receive_action(link)
        link.sendall(b"Event: Tick\r\nPrivilege: system,all\r\n\r\n")
        time.sleep(0.2)
        answer(link, action_id)

    text, options = BLOCKED[driver]
    source = program(driver, text.replace("{ask}", ASK), options)
    source = source.replace("import sys, time\n", "import sys, time\n" + NAP, 1)
    with server(tell_then_answer) as port, client(source, port) as process:
        out, err = process.communicate(timeout=20)
    assert out == "answered 1\n", err


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_session_lives_on_although_its_process_was_stopped_past_the_read_timeout(driver: str) -> None:
    """R-TIME-02, R-HEALTH-02: events lie in the kernel; nothing says that the peer was silent."""

    def answer_pings(link: socket.socket) -> None:
        with suppress(OSError, IndexError):
            while True:
                answer(link, receive_action(link))

    def chatter(link: socket.socket) -> None:
        threading.Thread(target=answer_pings, args=(link,), daemon=True).start()
        for _ in range(40):
            link.sendall(b"Event: Tick\r\nPrivilege: system,all\r\n\r\n")
            time.sleep(0.1)

    text = program(
        driver,
        "seen = 0\n{indent}with pbx.events('Tick') as events:\n{indent}    {for_} event in events:\n"
        "{indent}        seen += 1\n{indent}        if seen == 35: break\n"
        "{indent}print(pbx.snapshot().session.number, pbx.snapshot().last_cause, flush=True)".replace(
            "{indent}", "    " if driver in ("selectors", "gevent") else "        "
        ).replace("{for_}", "for" if driver in ("selectors", "gevent") else "async for"),
        "heartbeat_interval=0.3, heartbeat_timeout=0.2, read_timeout=1.0",
    )
    with server(chatter) as port, client(text, port) as process:
        time.sleep(0.5)
        suspend(process, 2.0)
        out, err = process.communicate(timeout=20)
    assert out == "1 None\n", err


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_flood_delays_no_verdict_for_ever(driver: str) -> None:
    """R-TIME-02: events without a pause and no answer; the action still times out."""
    stopped = threading.Event()

    def flood(link: socket.socket) -> None:
        receive_action(link)
        block = b"Event: Tick\r\nPrivilege: system,all\r\nPadding: " + b"x" * 8000 + b"\r\n\r\n"
        with suppress(OSError):
            while not stopped.is_set():
                link.sendall(block * 16)

    text = program(
        driver,
        f"try: {ASK}\n    except TimeoutError as error: print('late', flush=True)".replace(
            "\n    ", "\n    " if driver in ("selectors", "gevent") else "\n        "
        ),
    )
    with server(flood) as port, client(text, port) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        stopped.set()
    assert line == "late\n"
