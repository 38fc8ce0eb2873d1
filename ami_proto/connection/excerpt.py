"""A few words of what a peer sent, fit for a log: printable ASCII, and not too many."""

from ami_proto.message.message import Message

CHARACTERS_MAX = 60
"""How much of a strange line an error shows."""


def excerpt(message: Message) -> str:
    """Return the beginning of the message's first line."""
    return readable(message.raw[: CHARACTERS_MAX * 4].split(b"\n", 1)[0])


def readable(line: bytes) -> str:
    """Return a line as printable ASCII, what is not in it escaped, cut to a length."""
    text = line.strip().decode("utf-8", "backslashreplace")
    escaped = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
    return escaped.encode("ascii", "backslashreplace").decode()[:CHARACTERS_MAX]
