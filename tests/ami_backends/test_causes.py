"""Exceptions of the network become causes in the engine's words."""

import errno
import os
import socket
import ssl

import pytest

from ami_backends._causes import cause_of
from ami_backends._tls import tls_context
from ami_proto import ConfigError, Disconnect, Reason, Tls


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
            Disconnect(Reason.TLS_FAILED, "wrong version number (does this port speak TLS?)"),
        ),
    ],
)
def test_each_exception_has_its_cause(exception: OSError, cause: Disconnect) -> None:
    assert cause_of(exception) == cause


@pytest.mark.parametrize("kind", [ssl.SSLZeroReturnError, ssl.SSLEOFError])
def test_the_end_of_a_tls_stream_is_an_end(kind: type[ssl.SSLError]) -> None:
    assert cause_of(kind(8, "EOF occurred in violation of protocol")).reason is Reason.EOF


def test_a_context_verifies_unless_told_otherwise() -> None:
    """R-AUTH-05."""
    strict, lax = tls_context(Tls()), tls_context(Tls(verify=False))
    assert strict.check_hostname
    assert strict.verify_mode is ssl.CERT_REQUIRED
    assert not lax.check_hostname
    assert lax.verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize("ca_file", ["/nonexistent/ca.pem", "/", __file__, "a\0b"])
def test_a_file_that_vouches_for_nobody_is_an_error_at_once(ca_file: str) -> None:
    """R-CONF-01."""
    with pytest.raises(ConfigError, match=r"ca_file = .*: cannot be read as PEM"):
        tls_context(Tls(ca_file=ca_file))


@pytest.mark.parametrize("name", ["a..b", ".pbx", "x" * 300, "a\0b"])
def test_a_name_no_certificate_can_carry_is_an_error_at_once(name: str) -> None:
    """R-CONF-01."""
    with pytest.raises(ConfigError, match=r"server_name = .*: is no host name"):
        tls_context(Tls(server_name=name))
