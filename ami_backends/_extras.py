"""Packages that only one driver needs, and what to say where they are missing."""


def missing_extra(missing: ModuleNotFoundError, extra: str) -> ImportError:
    """Return what to raise: how to install the extra of this name, or what was missing besides."""
    if (missing.name or "").partition(".")[0] != extra:
        return missing
    advice = f'ami_backends.{extra} needs the extra "{extra}": pip install "ami-proto[{extra}]"'
    return ImportError(advice, name=missing.name)
