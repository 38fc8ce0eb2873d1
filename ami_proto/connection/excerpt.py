"""Words for a log: nothing secret, one printable line, and not too many. A peer may say anything."""

from ami_proto.lines import LINE_SIZE_MAX
from ami_proto.message.message import Message
from ami_proto.message.redact import Redaction

CHARACTERS_MAX = 60
"""How much of a strange line is quoted."""
DETAIL_SIZE_MAX = 500
"""Characters of a whole report: a server's message can be as long as a frame."""
BYTES_MAX = 4 * CHARACTERS_MAX + LINE_SIZE_MAX
"""How much of a strange line is looked at: a secret that begins within what is shown is seen whole, for
it fitted into a line of the login. Of a report, likewise."""


class Excerpts:
    """Cut words to their size. What is secret is masked first: half of it would not be known any more."""

    __slots__ = ("_redaction",)

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction

    def of(self, message: Message) -> str:
        """Return the beginning of the message's first line."""
        return self.quote(message.raw[:BYTES_MAX].split(b"\n", 1)[0])

    def quote(self, line: bytes) -> str:
        """Return a line as printable ASCII, what is not in it escaped, cut to a length."""
        text = line[:BYTES_MAX].strip().decode("utf-8", "backslashreplace")
        return self._shown(text).encode("ascii", "backslashreplace").decode()[:CHARACTERS_MAX]

    def detail(self, text: str) -> str:
        """Return a report as one printable line, cut to a length."""
        return self._shown(text[: DETAIL_SIZE_MAX + LINE_SIZE_MAX])[:DETAIL_SIZE_MAX]

    def _shown(self, text: str) -> str:
        masked = self._redaction.text(text)
        return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in masked)
