"""Words for a log: nothing secret, one printable line, and not too many. A peer may say anything."""

from ami_proto.errors import described
from ami_proto.message.message import Message
from ami_proto.message.redact import Redaction

CHARACTERS_MAX = 60
"""How much of a strange line is quoted."""
DETAIL_SIZE_MAX = 500
"""Characters of a whole report: a server's message can be as long as a frame."""


class Excerpts:
    """Cut words to their size. What is secret is masked first: half of it would not be known any more."""

    __slots__ = ("_redaction",)

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction

    def of(self, message: Message) -> str:
        """Return the beginning of the message's first line."""
        return self.quote(message.raw.partition(b"\n")[0])

    def quote(self, line: bytes) -> str:
        """Return the beginning of a line as printable ASCII, what is not in it escaped."""
        text = line.strip().decode(errors="backslashreplace")
        shown = _printable(self._redaction.beginning(text, CHARACTERS_MAX))
        return shown.encode("ascii", "backslashreplace").decode()[:CHARACTERS_MAX]

    def detail(self, report: object) -> str:
        """Return a report as one printable line, cut to a length. A driver may give an exception for one."""
        text = report if isinstance(report, str) else described(report)
        return _printable(self._redaction.beginning(text, DETAIL_SIZE_MAX))[:DETAIL_SIZE_MAX]


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
