r"""Command output of Asterisk 13 and earlier: where it begins and where it ends.

    Response: Follows
    Privilege: Command
    ActionID: pbx:1
    output, with lines of any form
    --END COMMAND--

There is no empty line between the headers and the output (13:main/manager.c:5290), and only the last line
marks its end. Both are searched in windows of bounded size, so that the result does not depend on where the
stream is cut.
"""

import re
from typing import Final, NamedTuple

from ami_proto.wire.frame import END_COMMAND, LineStyle

# Longest header before the output: an echoed ActionID, which Asterisk reads with at most 1022 bytes. Without
# a limit, output without line ends would be buffered without bounds.
_HEADER_SIZE_MAX: Final = 1100

# Asterisk writes two headers before the output; a proxy may add a few.
_HEADERS_MAX: Final = 8

# Headers after the output are few and short: chan_sccp writes two, astmanproxy one.
_TRAILER_SIZE_MAX: Final = 2048

# Text, which `re` compiles at the first use: from Asterisk 14 on, nothing of this is needed.
_HEADER: Final = rb"([A-Za-z][\w-]*+)(?:[ \t]*+:|\Z)"
_ACTION_ID: Final = rb"(?i)ActionID\Z"

# As Asterisk and others write it: chan_sccp has `Priviledge`.
_PRIVILEGE: Final = rb"(?i)pr[ei]v[aei]l+[aei]d?ge\Z"

# A header after the output. `Event` and `Response` begin a frame, and after a real end there is an empty
# line before that.
_TRAILING: Final = rb"(?:(?!(?i:Event|Response):)[A-Za-z][\w-]*+:[^\r\n]*+%b)*+"
_REST: Final = {
    LineStyle.CRLF: rb"\r\n" + _TRAILING % rb"\r\n" + rb"\r\n",
    LineStyle.LF: rb"\r?\n" + _TRAILING % rb"\r?\n" + rb"\r?\n",
}
_BEGINNING_OF_REST: Final = {
    LineStyle.CRLF: rb"\r?\Z|\r\n" + _TRAILING % rb"\r\n" + rb"(?:\r?\Z|[A-Za-z][\w-]*+(?::[^\r\n]*+\r?)?\Z)",
    LineStyle.LF: rb"\r?\Z|\r?\n" + _TRAILING % rb"\r?\n" + rb"(?:\r?\Z|[A-Za-z][\w-]*+(?::[^\r\n]*+\r?)?\Z)",
}


class End(NamedTuple):
    """The end of command output, as far as it is known."""

    marker: int
    """The offset of `--END COMMAND--`; while `end` is None, the offset from which to search again."""
    end: int | None
    """The offset after the empty line that ends the frame."""


def find_body(data: bytes | bytearray, begin: int, style: LineStyle) -> int | None:
    """Return the offset at which the output begins; None if not known yet. `begin` is after the first line.

    Headers before the output are a `Privilege` and an `ActionID`, in any order, and whatever other headers
    come before the ActionID. In a frame of CRLF lines, a line that ends in LF belongs to the output.
    """
    body, named, privileged, plain = begin, False, False, True
    for _ in range(_HEADERS_MAX):
        end = data.find(b"\n", begin, begin + _HEADER_SIZE_MAX) + 1
        line = bytes(data[begin : end or begin + _HEADER_SIZE_MAX])
        header = re.match(_HEADER, line)
        if not end and len(line) < _HEADER_SIZE_MAX and (header or not line):
            return None
        if header is None or not line.endswith(b"\n" if style is LineStyle.LF else b"\r\n"):
            break
        if re.match(_ACTION_ID, header[1]) and not named:
            named, body = True, end
        elif re.match(_PRIVILEGE, header[1]) and not privileged:
            privileged, body = True, (end if plain or named else body)
        elif named:
            break
        else:
            plain = False  # a header if an ActionID follows, else output
        if named and privileged:
            break
        begin = end
    return body


def find_end(data: bytes | bytearray, scan: int, style: LineStyle) -> End:
    """Find the end of the output, searching from an offset on.

    After `--END COMMAND--` more headers may follow: chan_sccp's `SCCPConfigMetaData` has some, astmanproxy
    adds `Server`. Without an empty line after them, the marker is a part of the output.
    """
    while (marker := data.find(END_COMMAND, scan)) != -1:
        after = marker + len(END_COMMAND)
        found = re.compile(_REST[style]).match(data, after)
        if found and found.end() - after <= _TRAILER_SIZE_MAX:
            return End(marker, found.end())
        short = len(data) - after < _TRAILER_SIZE_MAX
        if short and re.compile(_BEGINNING_OF_REST[style]).match(data, after):
            return End(marker, None)
        scan = after
    return End(max(scan, len(data) - len(END_COMMAND) + 1), None)
