"""The secret in a file: its first line, so that neither configuration nor command line need hold it."""

import os

SECRET_SIZE_MAX = 4096
"""More than Asterisk takes in one line, four times over: a file without line ends is no secret."""


def read_first_line(path: str | os.PathLike[str]) -> bytes:
    """Return the first line of a file, no more of it than a secret can have. Raises `OSError`."""
    with open(path, "rb") as file:
        return file.readline(SECRET_SIZE_MAX)


def secret_of(line: bytes) -> str:
    """Return the secret that a line is. Raises `ValueError` for an empty one."""
    if not (secret := line.rstrip(b"\r\n")):
        raise ValueError("the first line of the secret file is empty")
    return secret.decode("utf-8", "surrogateescape")
