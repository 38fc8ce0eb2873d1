"""A certificate authority for one test or one run, so that clients can verify the mock over TLS."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
"""The names in a server certificate by default."""


class TlsUnavailable(Exception):
    """The library that makes certificates is not installed."""


class CertificateAuthority:
    """An authority that certifies servers on this machine."""

    def __init__(self) -> None:
        try:
            import trustme
        except ModuleNotFoundError as missing:
            raise TlsUnavailable(f'TLS needs {missing.name}: pip install "ami-conformance[suite]"') from None
        self._authority = trustme.CA()

    def server_context(self, *names: str, expired: bool = False) -> ssl.SSLContext:
        """Return a context with a certificate for these names, by default `LOOPBACK_NAMES`."""
        yesterday = datetime.now(UTC) - timedelta(days=1)
        certificate = self._authority.issue_cert(
            *names or LOOPBACK_NAMES, not_after=yesterday if expired else None
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(context)
        return context

    def self_signed_context(self) -> ssl.SSLContext:
        """Return a server context with a self-signed certificate: the authority's own."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        with self._authority.private_key_pem.tempfile() as key, self._authority.cert_pem.tempfile() as mine:
            context.load_cert_chain(mine, key)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Return a client context that trusts this authority only."""
        context = ssl.create_default_context()
        self._authority.configure_trust(context)
        return context

    def write(self, path: Path) -> Path:
        """Write the authority's certificate as PEM, for clients; return the path."""
        self._authority.cert_pem.write_to_path(str(path))
        return path
