"""Unreachable peers, peers that are not Asterisk, peers that hang up: a status and one sentence, in time."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from conformance.mock import LoopbackServer, MockServer
from tests.cli_harness import ami, chatter, mock, peer, url

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html><body>no</body></html>\r\n"


def test_a_wrong_password_is_status_4_with_asterisks_message() -> None:
    with mock() as server:
        ended = ami("send", url(server), "Ping", env={"AMI_SECRET": "wrong"})
        listening = ami("listen", url(server), env={"AMI_SECRET": "wrong"})
    assert ended.status == listening.status == 4, (ended, listening)
    assert ended.complaint == f"login at 127.0.0.1:{server.port} refused: Authentication failed"
    assert listening.complaint == ended.complaint


def test_a_refused_port_is_status_3() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    ended = ami("send", f"ami://admin@localhost:{port}", "Ping")
    assert ended.status == 3, ended
    assert ended.complaint == f"no connection to localhost:{port}: connection refused"


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 80, "a..b"])
def test_an_unknown_host_name_is_status_3(host: str) -> None:
    ended = ami("send", f"ami://admin@{host}", "Ping")
    assert ended.status == 3, ended
    assert "host name not resolved" in ended.complaint


def test_a_silent_server_is_status_3_in_time() -> None:
    with peer(lambda link: _read(link)) as port:
        began = time.monotonic()
        ended = ami("listen", f"ami://admin@127.0.0.1:{port}", "--connect-timeout", "0.3")
        took = time.monotonic() - began
    assert ended.status == 3, ended
    assert "no banner" in ended.complaint
    assert took < 5


@pytest.mark.parametrize(
    "greeting", [HTTP, b"\x16\x03\x01\x02\x00\x01\xff\r\n" * 50, b"\0" * 100_000, b"220 mail\r\n"]
)
def test_a_peer_that_is_not_asterisk_is_status_3(greeting: bytes) -> None:
    with peer(lambda link: _send(link, greeting)) as port:
        ended = ami("send", f"ami://admin@127.0.0.1:{port}", "Ping", "--connect-timeout", "0.5")
    assert ended.status == 3, ended
    assert ended.complaint.startswith(f"no connection to 127.0.0.1:{port}: ")


def test_an_http_server_that_waits_for_a_request_is_status_3() -> None:
    def serve(link: socket.socket) -> None:
        _read(link, once=True)
        _send(link, HTTP)

    with peer(serve) as port:
        ended = ami("send", f"ami://admin@127.0.0.1:{port}", "Ping", "--connect-timeout", "0.3")
    assert ended.status == 3, ended


@pytest.mark.parametrize(
    "words",
    [
        b"",
        BANNER[:10],
        BANNER,
        BANNER + b"Response: Success\r\nActionID: ",
        BANNER + b"Response: Error\r\nMessage: Permission denied\r\n\r\n",
    ],
)
def test_a_peer_that_hangs_up_before_ready_is_status_3(words: bytes) -> None:
    with peer(lambda link: _send(link, words, wait=False)) as port:
        ended = ami("send", f"ami://admin@127.0.0.1:{port}", "Ping")
    assert ended.status == 3, ended
    assert ended.complaint.startswith(f"no connection to 127.0.0.1:{port}: ")


@pytest.mark.parametrize("count", [0, 1, 31, 60, 120, 200, 300])
def test_a_server_that_hangs_up_after_some_bytes_is_status_3(count: int) -> None:
    with mock() as server:
        server.hang_up_after(count)
        ended = ami("command", url(server), "module show")
    assert ended.status == 3, ended
    assert ended.complaint


def test_a_server_that_stops_during_an_action_is_status_3() -> None:
    with mock() as server:
        ended = ami("command", url(server), "core stop now")
    assert ended.status == 3, ended
    assert "connection lost" in ended.complaint


# -- TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def authority_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Callable[[str], LoopbackServer]]:
    """Return a function that starts a TLS server with a certificate for a name."""
    servers: list[LoopbackServer] = []

    def begin(name: str) -> LoopbackServer:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name).configure_cert(context)
        servers.append(LoopbackServer(MockServer(), tls_context=context).start())
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


def test_tls_with_the_right_certificate(
    secure: Callable[[str], LoopbackServer], authority_file: Path
) -> None:
    server = secure("localhost")
    ended = ami(
        "command", f"amis://admin@localhost:{server.port}", "module show", "--ca", str(authority_file)
    )
    assert ended.status == 0, ended
    assert ended.out.endswith("364 modules loaded\n")


@pytest.mark.parametrize("words", [["send", "Ping"], ["command", "module show"], ["listen", "--count", "1"]])
def test_tls_by_environment(
    words: list[str], secure: Callable[[str], LoopbackServer], authority_file: Path
) -> None:
    """Every command that connects reads the same variables, with a URL or without."""
    server = secure("pbx.example.org")
    tls = {"AMI_TLS_CA_FILE": str(authority_file), "AMI_TLS_SERVER_NAME": "pbx.example.org"}
    place = {"AMI_HOST": "127.0.0.1", "AMI_PORT": str(server.port), "AMI_USERNAME": "admin", "AMI_TLS": "1"}
    with chatter(server):
        for done in (
            ami(*words, env=tls | place),
            ami(words[0], f"amis://admin@127.0.0.1:{server.port}", *words[1:], env=tls),
        ):
            assert (done.status, done.err) == (0, ""), done


@pytest.mark.parametrize("words", [["send", "Ping"], ["command", "module show"], ["listen", "--count", "1"]])
def test_options_override_the_variables_of_tls(
    words: list[str], secure: Callable[[str], LoopbackServer], authority_file: Path
) -> None:
    server = secure("pbx.example.org")
    wrong = {"AMI_TLS_CA_FILE": "/no/such.pem", "AMI_TLS_SERVER_NAME": "other", "AMI_TLS_VERIFY": "no"}
    right = ("--ca", str(authority_file), "--server-name", "pbx.example.org")
    target = f"amis://admin@127.0.0.1:{server.port}"
    with chatter(server):
        done = ami(words[0], target, *words[1:], *right, env=wrong)
        unverified = ami(words[0], target, *words[1:], "--insecure", env=wrong)
        without = ami(words[0], target, *words[1:], env=wrong)
        verified = ami(words[0], target, *words[1:], *right[:2], env=wrong)
    assert (done.status, done.err) == (unverified.status, unverified.err) == (0, ""), (done, unverified)
    assert (without.status, without.complaint) == (2, "/no/such.pem: No such file or directory")
    assert verified.status == 3, "--ca asks for verification, and the name is wrong"


def test_an_unknown_authority_is_status_3_unless_insecure(secure: Callable[[str], LoopbackServer]) -> None:
    server = secure("localhost")
    target = f"amis://admin@localhost:{server.port}"
    strict, lax = ami("send", target, "Ping"), ami("send", target, "Ping", "--insecure")
    assert (strict.status, lax.status) == (3, 0), (strict, lax)
    assert "certificate" in strict.complaint


def test_a_certificate_for_another_name_is_status_3(
    secure: Callable[[str], LoopbackServer], authority_file: Path
) -> None:
    server = secure("other.example")
    ended = ami("send", f"amis://admin@localhost:{server.port}", "Ping", "--ca", str(authority_file))
    assert ended.status == 3, ended
    assert "localhost" in ended.complaint


def test_a_file_that_holds_no_certificates_is_status_2(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate\n")
    ended = ami("send", "amis://admin@127.0.0.1:1", "Ping", "--ca", str(tmp_path / "ca.pem"))
    assert ended.status == 2, ended
    assert "ca_file" in ended.complaint


def test_tls_to_a_plain_port_is_status_3() -> None:
    with mock() as server:
        ended = ami("send", f"amis://admin@127.0.0.1:{server.port}", "Ping", "--connect-timeout", "1")
    assert ended.status == 3, ended
    assert "TLS" in ended.complaint


def test_plain_to_a_tls_port_is_status_3(secure: Callable[[str], LoopbackServer]) -> None:
    server = secure("localhost")
    ended = ami("send", url(server), "Ping", "--connect-timeout", "0.5")
    assert ended.status == 3, ended


def _read(link: socket.socket, *, once: bool = False) -> None:
    link.settimeout(2)
    while link.recv(4096) and not once:
        pass


def _send(link: socket.socket, words: bytes, *, wait: bool = True) -> None:
    link.sendall(words)
    if wait:
        _read(link)
