"""How to verify a server, turned into an `ssl.SSLContext`."""

import ssl

from ami_proto import ConfigError, ServerConfig, Tls

Contexts = dict[Tls, ssl.SSLContext]


def tls_contexts(config: ServerConfig) -> Contexts:
    """Return what a machine of this configuration will ask for. Reads files. Raises `ConfigError`."""
    return {} if config.tls is None else {config.tls: tls_context(config.tls)}


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Return a client context: certificate and host name verified, unless `verify` is off.

    Raises `ConfigError` when the file of trusted certificates cannot be read, or the name be none.
    """
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
    except (OSError, ValueError) as error:
        raise ConfigError("ca_file", tls.ca_file, f"cannot be read as PEM: {error}") from error
    if tls.server_name:
        try:
            context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=tls.server_name)
        except (TypeError, ValueError) as error:
            raise ConfigError("server_name", tls.server_name, "is no host name") from error
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
