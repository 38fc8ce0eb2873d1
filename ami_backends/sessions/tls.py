"""How to verify a server, turned into an `ssl.SSLContext`."""

import ssl
from collections.abc import Mapping

from ami_proto import ConfigError, ServerConfig, Tls
from ami_proto.drivers import ServerKey

Contexts = dict[Tls, ssl.SSLContext]


def tls_contexts(servers: Mapping[ServerKey, ServerConfig]) -> Contexts:
    """Return a context for each distinct `Tls` of these servers. Reads files. Raises `ConfigError`.

    Servers with equal settings share a context, because each context reads its own certificates.
    """
    wanted = dict.fromkeys(config.tls for config in servers.values())
    return {tls: tls_context(tls) for tls in wanted if tls is not None}


def context_of(contexts: Contexts, tls: Tls) -> ssl.SSLContext:
    """Return the context of these settings. Reads files if a machine got its server without its client.

    Raises `ConfigError`.
    """
    if tls not in contexts:
        contexts[tls] = tls_context(tls)
    return contexts[tls]


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Return a client context that verifies certificate and host name, unless `verify` is off.

    Raises `ConfigError` when the file of trusted certificates cannot be read, or the name is not a host name.
    """
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
    except (OSError, ValueError) as error:
        raise ConfigError("ca_file", f"cannot be read as PEM: {error}") from error
    if tls.server_name:
        # `ssl` checks a name only when it makes a TLS object. Make one here, so that a bad name is a wrong
        # option at once and not a failed connection at each dial.
        try:
            context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=tls.server_name)
        except (TypeError, ValueError):
            raise ConfigError("server_name", "is not a host name") from None
    if not tls.verify:
        context.check_hostname = False  # first: OpenSSL refuses CERT_NONE while names are checked
        context.verify_mode = ssl.CERT_NONE
    return context
