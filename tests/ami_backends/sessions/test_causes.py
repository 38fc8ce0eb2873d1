"""Exceptions of the network become causes, and TLS options contexts."""

import errno
import os
import socket
import ssl

import pytest

from ami_backends.sessions.causes import cause_of, connect_failed
from ami_backends.sessions.tls import tls_context, tls_contexts
from ami_proto import ConfigError, Disconnect, Reason, Tls
from tests.peers import config


def error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def tls_error(kind: type[ssl.SSLError], reason: str) -> ssl.SSLError:
    made = kind(1, f"[SSL: {reason}] (_ssl.c:1000)")
    made.reason = reason
    return made


@pytest.mark.parametrize(
    ("exception", "cause"),
    [
        (error(errno.ECONNREFUSED), Disconnect(Reason.REFUSED)),
        (error(errno.ECONNRESET), Disconnect(Reason.RESET)),
        (error(errno.EPIPE), Disconnect(Reason.RESET, "Broken pipe")),
        (error(errno.ECONNABORTED), Disconnect(Reason.RESET, "Software caused connection abort")),
        (error(errno.EHOSTUNREACH), Disconnect(Reason.UNREACHABLE, "No route to host")),
        (error(errno.ENETUNREACH), Disconnect(Reason.UNREACHABLE, "Network is unreachable")),
        (error(errno.ETIMEDOUT), Disconnect(Reason.UNREACHABLE, "Connection timed out")),
        (error(errno.EMFILE), Disconnect(Reason.NETWORK, "Too many open files")),
        (OSError("no number at all"), Disconnect(Reason.NETWORK, "no number at all")),
        (
            socket.gaierror(socket.EAI_NONAME, "Name not known"),
            Disconnect(Reason.UNRESOLVED, "Name not known"),
        ),
        (
            tls_error(ssl.SSLError, "WRONG_VERSION_NUMBER"),
            Disconnect(
                Reason.TLS_FAILED,
                "wrong version number: this port does not speak TLS,"
                " it may be the plain AMI port, 5038 by default",
            ),
        ),
        (
            tls_error(ssl.SSLError, "TLSV1_ALERT_INTERNAL_ERROR"),
            Disconnect(Reason.TLS_FAILED, "tlsv1 alert internal error (does this port speak TLS?)"),
        ),
    ],
)
def test_each_exception_has_its_cause(exception: OSError, cause: Disconnect) -> None:
    assert cause_of(exception) == cause


@pytest.mark.parametrize("kind", [ssl.SSLZeroReturnError, ssl.SSLEOFError])
def test_the_end_of_a_tls_stream_is_an_end(kind: type[ssl.SSLError]) -> None:
    assert cause_of(kind(8, "EOF occurred in violation of protocol")).reason is Reason.EOF


def test_servers_with_equal_tls_share_a_context() -> None:
    """R-AUTH-05: each distinct `Tls` of a machine has one."""
    lax = Tls(verify=False)
    wanted = {"a": None, "b": Tls(), "c": lax, "d": Tls()}
    servers = {key: config(1, key=key, tls=tls) for key, tls in wanted.items()}
    contexts = tls_contexts(servers)
    assert list(contexts) == [Tls(), lax]
    assert contexts[Tls()].verify_mode is not contexts[lax].verify_mode


def test_a_context_verifies_unless_told_otherwise() -> None:
    """R-AUTH-05."""
    strict, lax = tls_context(Tls()), tls_context(Tls(verify=False))
    assert strict.check_hostname
    assert strict.verify_mode is ssl.CERT_REQUIRED
    assert not lax.check_hostname
    assert lax.verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize("ca_file", ["/nonexistent/ca.pem", "/", __file__, "a\0b"])
def test_a_file_without_certificates_is_an_error_at_once(ca_file: str) -> None:
    """R-CONF-01."""
    with pytest.raises(ConfigError, match=r"^ca_file: cannot be read as PEM"):
        tls_context(Tls(ca_file=ca_file))


@pytest.mark.parametrize("name", ["a..b", ".pbx", "x" * 300, "a\0b"])
def test_a_name_no_certificate_can_carry_is_an_error_at_once(name: str) -> None:
    """R-CONF-01."""
    with pytest.raises(ConfigError, match=r"^server_name: is not a host name$"):
        tls_context(Tls(server_name=name))


def test_an_error_about_a_thousand_servers_is_one_line() -> None:
    """R-AUTH-08: it names the first few."""
    error = connect_failed(
        [f"pbx{number}" for number in range(1_000)], OSError(errno.EMFILE, "too many files")
    )
    assert str(error).startswith("servers 'pbx0', 'pbx1', 'pbx2', 'pbx3', 'pbx4' and 995 more: ")
