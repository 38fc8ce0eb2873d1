"""A few words of what a peer sent, fit for a log: nothing secret, printable ASCII, and not too many."""

from ami_proto.lines import LINE_SIZE_MAX
from ami_proto.message.message import Message
from ami_proto.message.redact import Redaction

CHARACTERS_MAX = 60
"""How much of a strange line an error shows."""
BYTES_MAX = 4 * CHARACTERS_MAX + LINE_SIZE_MAX
"""How much of it is looked at: a secret that begins within what is shown is seen whole, for it fitted
into a line of the login."""


class Excerpts:
    """Quote what a peer sent. What is secret is masked first: half of it would not be known any more."""

    __slots__ = ("_redaction",)

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction

    def of(self, message: Message) -> str:
        """Return the beginning of the message's first line."""
        return self.quote(message.raw[:BYTES_MAX].split(b"\n", 1)[0])

    def quote(self, line: bytes) -> str:
        """Return a line as printable ASCII, what is not in it escaped, cut to a length."""
        text = self._redaction.text(line[:BYTES_MAX].strip().decode("utf-8", "backslashreplace"))
        escaped = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
        return escaped.encode("ascii", "backslashreplace").decode()[:CHARACTERS_MAX]
