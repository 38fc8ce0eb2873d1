"""`ami mock`, and the mock as a process that can be stopped, killed and restarted."""

import shutil
import signal
import socket
import ssl
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ami_backends.selectors import connect
from ami_proto import Tls
from conformance import corpus
from conformance.corpus import capture
from conformance.mock import LoopbackServer, MockProcess, MockServer
from conformance.mock.process import ProcessFailed
from tests.cli_harness import PATIENCE, ami, environment, start

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
PING = b"Action: Ping\r\n\r\n"


def dial(server: MockProcess) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=PATIENCE)


def read_line(link: socket.socket) -> bytes:
    with link.makefile("rb") as stream:
        return stream.readline()


def test_it_serves_and_ends() -> None:
    with MockProcess() as server, closing(dial(server)) as link:
        assert read_line(link) == BANNER
    assert server.pid is None
    with pytest.raises(ConnectionRefusedError):
        dial(server)


def test_a_stopped_process_is_silent_until_it_continues() -> None:
    with MockProcess() as server, closing(dial(server)) as link:
        assert read_line(link) == BANNER
        for _ in range(3):
            server.stop_process()
            with closing(dial(server)) as late:  # the kernel accepts
                late.settimeout(0.2)
                with pytest.raises(TimeoutError):
                    late.recv(1)
                server.continue_process()
                late.settimeout(PATIENCE)
                assert read_line(late) == BANNER


def test_a_killed_process_comes_back_on_its_port() -> None:
    with MockProcess() as server:
        port = server.port
        with closing(dial(server)) as link:
            assert read_line(link) == BANNER
            server.kill()
            with pytest.raises(ConnectionRefusedError):
                dial(server)
            assert link.recv(1) == b""
        server.start()
        with closing(dial(server)) as link:
            assert (server.port, read_line(link)) == (port, BANNER)
            server.restart()
        with closing(dial(server)) as link:
            assert (server.port, read_line(link)) == (port, BANNER)


def test_a_stopped_process_still_ends() -> None:
    with MockProcess() as server:
        server.stop_process()
    with pytest.raises(RuntimeError):
        server.stop_process()


def test_options_are_those_of_the_command() -> None:
    with MockProcess("--tls", "--asterisk", "16", "--user", "me", "--secret", "mine") as server:
        context = ssl.create_default_context(cafile=server.ca_file)
        with context.wrap_socket(dial(server), server_hostname="127.0.0.1") as link:
            assert read_line(link) == BANNER.replace(b"11.0.0", b"5.0.4")
        with connect(
            server.host, server.port, username="me", secret="mine", tls=Tls(ca_file=server.ca_file)
        ) as client:
            assert client.send("Ping")["Ping"] == "Pong"


def test_a_process_that_cannot_start_raises() -> None:
    with pytest.raises(ProcessFailed):
        MockProcess("--asterisk", "1.8").start()


def test_the_process_places_calls() -> None:
    with (
        MockProcess("--calls", "600") as server,
        connect(server.host, server.port, username="admin", secret="s3cr3t") as client,
        client.events("Newchannel") as events,
    ):
        assert events.get(timeout=PATIENCE).name == "Newchannel"


def test_a_capture_is_played() -> None:
    record = capture("asterisk-16.28.0/login-wrong")
    with MockProcess("--capture", record.name, "--pace", "0") as server, closing(dial(server)) as link:
        link.sendall("".join(text for _, text in record.sent).encode())
        received = b""
        while more := link.recv(4096):
            received += more
    assert received == record.data


def test_a_capture_of_your_own_is_played(tmp_path: Path) -> None:
    record = capture("asterisk-22.10.1/login-wrong")
    folder = Path(corpus.__file__).parent / "asterisk-22.10.1"
    for suffix in ("ami", "json"):
        shutil.copy(folder / f"login-wrong.{suffix}", tmp_path / f"mine.{suffix}")
    with MockProcess("--capture", str(tmp_path / "mine.ami")) as server, closing(dial(server)) as link:
        assert read_line(link) == record.data.partition(b"\n")[0] + b"\n"


# the command


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--asterisk", "1.8"], "--asterisk must be one of 22, 20, 18, 16, 13"),
        (["--user", "me"], "--user and --secret go together"),
        (["--ca-out", "ca.pem"], "--ca-out needs --tls"),
        (["--capture", "none"], "no capture is called 'none'"),
        (["--capture", "none.ami"], "none.json is missing: a capture is NAME.ami and NAME.json"),
        (["--capture", "asterisk-22.10.1/call-mix", "--calls", "5"], "--calls exclude each other"),
        (["--port", "99999"], "port"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_usage_error_is_one_line(arguments: list[str], complaint: str) -> None:
    ended = ami("mock", *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert complaint in ended.complaint


def test_a_port_in_use_is_one_line_of_error() -> None:
    with LoopbackServer(MockServer()) as taken:
        ended = ami("mock", "--port", str(taken.port))
    assert ended.status == 1
    assert ended.complaint == f"cannot listen on 127.0.0.1:{taken.port}: Address already in use"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_without_output(number: int, status: int, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    with start("mock", "--port", "0", "--tls", "--ca-out", str(ca_file)) as process:
        assert process.stdout is not None
        output = process.stdout.readline().decode()
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    assert output.startswith("mock AMI server on 127.0.0.1:")
    assert f"certificate authority {ca_file}; users admin/s3cr3t, readonly/readonly" in output
    assert (process.returncode, out, err) == (status, b"", b"")
    assert ca_file.read_text().startswith("-----BEGIN CERTIFICATE-----")


def test_tls_without_its_library_is_one_line_of_error(tmp_path: Path) -> None:
    (tmp_path / "trustme.py").write_text("raise ModuleNotFoundError(name='trustme')")
    path = f"{tmp_path}:{environment()['PYTHONPATH']}"
    ended = ami("mock", "--port", "0", "--tls", env={"PYTHONPATH": path})
    assert ended.status == 2
    assert ended.complaint == 'TLS needs trustme: pip install "ami-conformance[suite]"'


def test_an_outsider_gets_the_fixtures_by_name(tmp_path: Path) -> None:
    """`pytest -p conformance.mock.fixtures`, outside this suite and its configuration."""
    (tmp_path / "test_outside.py").write_text(
        "import socket\n"
        "def test_it(mock_server, mock_tls_server, mock_server_factory, mock_ca_file):\n"
        "    for server in (mock_server, mock_server_factory()):\n"
        "        with socket.create_connection((server.host, server.port), timeout=20) as link:\n"
        "            assert link.recv(8) == b'Asterisk'\n"
        "    assert mock_ca_file.exists() and mock_tls_server.port\n"
    )
    plugins = ["-p", "conformance.mock.fixtures", "-p", "no:cacheprovider"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "1 passed" in ended.stdout, ended
