"""Faults in the fast ways to decode: what they give would differ from what the careful way gives."""

from typing import Final

from tests.workshop.fault_record import PlantedFault

HEADERS: Final = "ami_proto/message/headers.py"

DECODING_FAULTS: Final[tuple[PlantedFault, ...]] = (
    PlantedFault(
        "a learned shape takes names in another case for its own",
        HEADERS,
        "        self.match = re.compile(pattern).fullmatch\n",
        "        self.match = re.compile(pattern, re.IGNORECASE).fullmatch\n",
        ("tests/ami_proto/message/test_headers.py",),
    ),
    PlantedFault(
        "of a name that comes twice, in two spellings, a learned shape gives the second value",
        HEADERS,
        "            self.index[name] = self.index[name.lower()]\n",
        "            self.index[name] = names.index(name)\n",
        ("tests/ami_proto/message/test_headers.py",),
    ),
    PlantedFault(
        "a learned shape overlooks that a bare LF ends a line, too, in one event",
        HEADERS,
        " or first.leading or first.style is not LineStyle.CRLF:",
        " or first.leading or first.style is LineStyle.LF:",
        ("tests/ami_proto/message/test_headers.py",),
    ),
    PlantedFault(
        "a server that makes up names fills the memory with shapes",
        HEADERS,
        "    if held + shape.size > SHAPES_SIZE_MAX:\n",
        "    if shape.size > SHAPES_SIZE_MAX:\n",
        ("tests/ami_proto/message/test_headers.py",),
    ),
    PlantedFault(
        "one value of a message keeps LFs at its end, which all values together lose",
        "ami_proto/message/message.py",
        'return values[place].rstrip("\\n") if place',
        "return values[place] if place",
        ("tests/ami_proto/message/test_headers.py",),
    ),
    PlantedFault(
        "a read that ends as a frame does is taken for one frame",
        "ami_proto/wire/plain.py",
        r"(?:\r\n[^\r\n]++)*+)\r\n\r\n",
        r"(?:\r\n[^\r\n]*+)*)\r\n\r\n",
        ("tests/ami_proto/wire/test_plain.py",),
    ),
)
