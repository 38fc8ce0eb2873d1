"""`ami listen -v` and `--metrics-port`: what an operator sees of it while it runs."""

import re
import subprocess
import sys
import urllib.request

import pytest
from cli_harness import PATIENCE, ami, chatter, environment, mock, start, url


def test_metrics_are_served_while_it_listens() -> None:
    """R-OBS-03: on this machine only, and gone at the end."""
    with mock() as server, chatter(server), start("listen", url(server), "--metrics-port", "0") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        said = process.stderr.readline().decode()
        found = re.fullmatch(r"ami: metrics at (http://127\.0\.0\.1:\d+/metrics)\n", said)
        assert found is not None, said
        with urllib.request.urlopen(found[1], timeout=PATIENCE) as response:
            told = response.read().decode()
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert 'ami_connections{state="ready"} 1.0' in told
    assert f'ami_up{{server="127.0.0.1:{server.port}"}} 1.0' in told
    assert "s3cr3t" not in told


@pytest.mark.parametrize("backend", ["asyncio", "gevent"])
def test_on_other_drivers_too(backend: str) -> None:
    with mock() as server, chatter(server):
        options = ["--metrics-port", "0", "--backend", backend, "--count", "1"]
        done = ami("listen", url(server), *options)
    assert done.status == 0, done
    assert done.complaint.startswith("metrics at http://127.0.0.1:")


def test_a_port_that_is_taken_is_a_usage_problem() -> None:
    with mock() as server:
        done = ami("listen", url(server), "--metrics-port", str(server.port))
    assert done.status == 2
    assert done.complaint == f"--metrics-port {server.port}: Address already in use"


def test_verbose_logs_to_stderr() -> None:
    """Once for what an operator watches, twice for every action; never a secret (R-OBS-04)."""
    with mock() as server, chatter(server):
        quiet = ami("listen", url(server), "--count", "1")
        once = ami("listen", url(server), "--count", "1", "-v")
        twice = ami("listen", url(server), "--count", "1", "-vv")
    name = f"127.0.0.1:{server.port}"
    assert quiet.err == ""
    assert once.err.splitlines()[0] == f"ami: info: {name}: ready"
    assert f"ami: debug: {name}: authenticating" in twice.err.splitlines()
    assert all(line.startswith("ami: ") for line in twice.err.splitlines())
    assert "s3cr3t" not in once.err + twice.err


def test_without_the_package_it_says_what_to_install() -> None:
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
