"""Exceptions of the network -> `Disconnect`: why a session ended, in the core's words."""

import errno
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ami_proto import AmiError, ConnectFailed, Disconnect, Reason
from ami_proto.drivers import ServerKey, connect_error

_REASONS = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.ECONNRESET: Reason.RESET,
    errno.ECONNABORTED: Reason.RESET,
    errno.EPIPE: Reason.RESET,
    errno.EHOSTUNREACH: Reason.UNREACHABLE,
    errno.EHOSTDOWN: Reason.UNREACHABLE,
    errno.ENETUNREACH: Reason.UNREACHABLE,
    errno.ENETDOWN: Reason.UNREACHABLE,
    errno.ETIMEDOUT: Reason.UNREACHABLE,
}


_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST")
"""What OpenSSL says, by its version, of a peer whose first bytes are not TLS."""


def cause_of(exception: OSError) -> Disconnect:
    """Return the reason and one line of detail for an exception of a socket."""
    detail = _detail(exception)
    # A TLS peer that closes without its close_notify looks the same as one that sends it: the session is
    # over, and AMI frames have their own end, so a cut one is noticed anyway.
    if isinstance(exception, ssl.SSLZeroReturnError | ssl.SSLEOFError):
        return Disconnect(Reason.EOF, detail)
    if isinstance(exception, ssl.SSLError):
        return Disconnect(Reason.TLS_FAILED, detail)
    if isinstance(exception, socket.gaierror):
        return Disconnect(Reason.UNRESOLVED, detail)
    reason = _REASONS.get(exception.errno or 0, Reason.NETWORK)
    # `Disconnect` puts the reason first: "connection refused: Connection refused" would say it twice.
    return Disconnect(reason, "" if detail.lower().startswith(reason.value) else detail)


@contextmanager
def as_connect_failed(servers: Iterable[ServerKey]) -> Iterator[None]:
    """Raise an `OSError` of the block as `ConnectFailed`: every error of the library is an `AmiError`."""
    try:
        yield
    except AmiError:  # some are `OSError` as well
        raise
    except OSError as error:
        raise connect_failed(servers, error) from error


def connect_failed(servers: Iterable[ServerKey], error: OSError) -> ConnectFailed:
    """Return the error for a driver that the operating system refuses what it needs."""
    failed = connect_error(list(servers), cause_of(error))
    failed.__cause__ = error
    return failed


def _detail(exception: OSError) -> str:
    if isinstance(exception, ssl.SSLCertVerificationError):
        return exception.verify_message
    if isinstance(exception, ssl.SSLError) and (reason := getattr(exception, "reason", None)):
        words = reason.replace("_", " ").lower()
        if reason in _NOT_TLS:
            return f"{words}: this port does not speak TLS, it may be the plain AMI port, 5038 by default"
        return f"{words} (does this port speak TLS?)"
    return exception.strerror or str(exception)
