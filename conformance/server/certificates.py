"""A certificate authority for one test or one run, so that TLS can be tried with verification on."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

NAMES = ("localhost", "127.0.0.1", "::1")
"""What the servers that it certifies are called."""


class TlsUnavailable(Exception):
    """The library that makes certificates is not installed."""


class Authority:
    """Somebody whom clients trust and who certifies servers on this machine."""

    def __init__(self) -> None:
        try:
            import trustme
        except ModuleNotFoundError as missing:
            raise TlsUnavailable(f'TLS needs {missing.name}: pip install "ami-proto[conformance]"') from None
        self._authority = trustme.CA()

    def server_context(self, *names: str, expired: bool = False) -> ssl.SSLContext:
        """Give the context of a server that is reached under one of these names; without any, of `NAMES`."""
        yesterday = datetime.now(UTC) - timedelta(days=1)
        certificate = self._authority.issue_cert(*names or NAMES, not_after=yesterday if expired else None)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(context)
        return context

    def self_signed_context(self) -> ssl.SSLContext:
        """Give the context of a server that vouches for itself: with the authority's own certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        with self._authority.private_key_pem.tempfile() as key, self._authority.cert_pem.tempfile() as mine:
            context.load_cert_chain(mine, key)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Give the context of a client that trusts nobody else."""
        context = ssl.create_default_context()
        self._authority.configure_trust(context)
        return context

    def write(self, path: Path) -> Path:
        """Write the certificate that clients need to verify, in PEM; give the path back."""
        self._authority.cert_pem.write_to_path(str(path))
        return path
