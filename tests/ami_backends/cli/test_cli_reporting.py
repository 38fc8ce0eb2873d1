"""`ami listen -v` and `--metrics-port`: log lines and metrics while it runs."""

import re
import subprocess
import sys
import urllib.request

import pytest

from tests.cli_harness import PATIENCE, TIME, ami, chatter, environment, mock, start, url


def test_metrics_are_served_while_it_listens() -> None:
    """R-OBS-03: on 127.0.0.1."""
    with mock() as server, chatter(server), start("listen", url(server), "--metrics-port", "0") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        said = process.stderr.readline().decode()
        found = re.fullmatch(r"ami: metrics at (http://127\.0\.0\.1:\d+/metrics)\n", said)
        assert found is not None, said
        with urllib.request.urlopen(found[1], timeout=PATIENCE) as response:
            served = response.read().decode()
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert 'ami_connections{state="ready"} 1.0' in served
    assert f'ami_up{{server="127.0.0.1:{server.port}"}} 1.0' in served
    assert "s3cr3t" not in served


@pytest.mark.parametrize("backend", ["asyncio", "gevent"])
def test_metrics_are_served_on_other_drivers(backend: str) -> None:
    with mock() as server, chatter(server):
        options = ["--metrics-port", "0", "--backend", backend, "--count", "1"]
        done = ami("listen", url(server), *options)
    assert done.status == 0, done
    assert done.complaint.startswith("metrics at http://127.0.0.1:")


def test_a_port_in_use_is_status_2() -> None:
    with mock() as server:
        done = ami("listen", url(server), "--metrics-port", str(server.port))
    assert done.status == 2
    assert done.complaint == f"--metrics-port {server.port}: Address already in use"


def test_verbose_logs_to_stderr() -> None:
    """R-OBS-04, R-AUTH-08: -v logs states, -vv every action too, each with its time, none the secret."""
    with mock() as server, chatter(server):
        quiet = ami("listen", url(server), "--count", "1")
        once = ami("listen", url(server), "--count", "1", "-v")
        twice = ami("listen", url(server), "--count", "1", "-vv")
    name = f"127.0.0.1:{server.port}"
    assert quiet.err == ""
    assert re.fullmatch(f"ami: {TIME} info: {name}: ready", once.err.splitlines()[0])
    assert all(re.match(f"ami: {TIME} ", line) for line in twice.err.splitlines())
    assert f" debug: {name}: authenticating\n" in twice.err
    assert "s3cr3t" not in once.err + twice.err


def test_without_prometheus_client_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['prometheus_client'] = None; from ami_backends.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "listen", "ami://u@h", "--metrics-port", "0"],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        'ami: --metrics-port needs prometheus_client: pip install "ami-proto[telemetry]"\n'
    )
