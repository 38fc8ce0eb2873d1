"""Packages that only one part needs, and what to say where they are missing."""


def missing_extra(missing: ModuleNotFoundError, extra: str, package: str | None = None) -> ImportError:
    """Return what to raise: how to install the extra of this name, or what was missing besides.

    `package` is what the extra brings, where that has another name.
    """
    if (missing.name or "").partition(".")[0] != (package or extra):
        return missing
    advice = f'ami_backends.{extra} needs the extra "{extra}": pip install "ami-proto[{extra}]"'
    return ImportError(advice, name=missing.name)
