"""Exceptions of the network -> why a session ended, in the engine's words."""

import errno
import socket
import ssl

from ami_proto import Disconnect, Reason

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


def cause_of(exception: OSError) -> Disconnect:
    """Return the cause that an exception of a socket stands for."""
    detail = _detail(exception)
    if isinstance(exception, ssl.SSLZeroReturnError | ssl.SSLEOFError):
        return Disconnect(Reason.EOF, detail)
    if isinstance(exception, ssl.SSLError):
        return Disconnect(Reason.TLS_FAILED, detail)
    if isinstance(exception, socket.gaierror):
        return Disconnect(Reason.UNRESOLVED, detail)
    reason = _REASONS.get(exception.errno or 0, Reason.NETWORK)
    return Disconnect(reason, "" if detail.lower().startswith(reason.value) else detail)


def _detail(exception: OSError) -> str:
    if isinstance(exception, ssl.SSLCertVerificationError):
        return exception.verify_message
    if isinstance(exception, ssl.SSLError) and (reason := getattr(exception, "reason", None)):
        return f"{reason.replace('_', ' ').lower()} (does this port speak TLS?)"
    return exception.strerror or str(exception)
