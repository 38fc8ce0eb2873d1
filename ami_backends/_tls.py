"""How to verify a server, turned into an `ssl.SSLContext`."""

import ssl

from ami_proto import ConfigError, Tls


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Return a client context: certificate and host name verified, unless `verify` is off.

    Raises `ConfigError` when the file of trusted certificates cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
    except OSError as error:
        raise ConfigError("ca_file", tls.ca_file, f"cannot be read as PEM: {error}") from error
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
