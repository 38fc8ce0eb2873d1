"""`docs/examples/dialer.py`: a list of numbers over two servers, through deaths of a server and of itself."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.laws.peer import PATIENCE
from conformance.mock import LoopbackServer, MockAction, MockServer
from conformance.mock.actions.originate import originate_call
from conformance.mock.exchange import Exchange
from conformance.mock.fixtures import MockServerFactory

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "docs/examples/dialer.py"
NUMBERS = [str(number) for number in range(5_550_000, 5_550_060)]


class Exchanges:
    """Two servers that know the numbers, and every call that they were asked for."""

    def __init__(self, make: MockServerFactory) -> None:
        self.asked: list[str] = []
        self.hosts: list[LoopbackServer] = []
        for _ in range(2):
            core = MockServer()
            core.state.dialplan |= dict.fromkeys(NUMBERS[::2], core.state.dialplan["1000"])
            core.add_action(MockAction("Originate", self._originate))
            self.hosts.append(make(core))

    def _originate(self, exchange: Exchange) -> None:
        self.asked.append(exchange.get("Channel").removeprefix("Local/").removesuffix("@default"))
        originate_call(exchange)

    def write_files(self, folder: Path) -> None:
        (folder / "numbers.txt").write_text("\n".join(NUMBERS))
        servers = [
            f'[servers.pbx{host.port}]\nhost = "127.0.0.1"\nport = {host.port}\n' for host in self.hosts
        ]
        defaults = '[defaults]\nusername = "admin"\nsecret = "s3cr3t"\nreconnect_min = 0.05\n'
        (folder / "servers.toml").write_text("\n".join([defaults, *servers]))


@pytest.fixture
def exchanges(mock_server_factory: MockServerFactory, tmp_path: Path) -> Exchanges:
    made = Exchanges(mock_server_factory)
    made.write_files(tmp_path)
    return made


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Return a function that starts the program; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(EXAMPLE), "servers.toml", "numbers.txt", "calls.jsonl"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for each in started:
        with each:
            each.kill()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def report_of(process: subprocess.Popen[str]) -> Counter[str]:
    """Wait for the program; return its report."""
    said, errors = process.communicate(timeout=50.0)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    rows = (line.strip().partition(" ") for line in said.splitlines())
    return Counter({state: int(count) for count, _, state in rows})


def test_no_number_is_called_twice_whatever_dies(
    exchanges: Exchanges, start: Callable[[], subprocess.Popen[str]]
) -> None:
    """R-CLUSTER-05, R-CORR-07: a server dies, the program is killed, and a second run ends the list."""
    first = start()
    wait_for(lambda: len(exchanges.asked) >= 8)
    exchanges.hosts[0].stop()
    wait_for(lambda: len(exchanges.asked) >= 25)
    first.send_signal(signal.SIGKILL)
    first.wait(PATIENCE)
    report = report_of(start())
    assert max(Counter(exchanges.asked).values()) == 1
    assert report.total() == len(NUMBERS)
    assert set(report) <= {"answered", "failed", "unknown"}
    assert report["answered"] > 10
    assert report["failed"] > 10
    assert report["unknown"] <= 20


def test_a_program_that_is_stopped_goes_on_later(
    exchanges: Exchanges, start: Callable[[], subprocess.Popen[str]]
) -> None:
    """Calls that ring are waited for, and the others are reported as not called."""
    first = start()
    wait_for(lambda: len(exchanges.asked) >= 10)
    first.send_signal(signal.SIGTERM)
    report = report_of(first)
    assert report["unknown"] == 0
    assert report["not called"] > 10
    assert report.total() == len(NUMBERS)
    whole = report_of(start())
    assert whole == Counter({"answered": len(NUMBERS) // 2, "failed": len(NUMBERS) // 2})
    assert Counter(exchanges.asked) == Counter(NUMBERS)


def test_the_program_is_short() -> None:
    """An example that people read at once."""
    assert len(EXAMPLE.read_text("utf-8").splitlines()) <= 150
