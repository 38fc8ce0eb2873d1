"""Drivers for `ami_proto`: they own sockets, clock and waiting, and know no rule of the protocol."""


def missing_extra(missing: ModuleNotFoundError, extra: str, package: str | None = None) -> ImportError:
    """Return the error to raise when a driver's import failed: it says how to install the extra.

    `package` is the name of the package that the extra installs, if it differs. An error about any other
    module is returned as it is.
    """
    if (missing.name or "").partition(".")[0] != (package or extra):
        return missing
    advice = f'ami_backends.{extra} needs the extra "{extra}": pip install "ami-proto[{extra}]"'
    return ImportError(advice, name=missing.name)
