"""Frames that are almost like a given one, to compare a fast way to read them with the careful one."""

from collections.abc import Iterator
from random import Random

PIECES = (
    *(b"\n", b"\r", b"\r\n", b"\n\r\n", b"\r\n\n", b"\r\r\n", b"\0", b":", b": ", b" ", b"\t", b"(", b"): "),
    *(b"\xff", b"\xc3\xa9", b"\xc3", b"\xe2\x84\xaa", b"\xc4\xb0", b"\xed\xb2\x80", b"\x85", b"\xe2\x80\xa8"),
    *(b"\nEvent: B", b"\r\nEvent: B", b"\r\nActionID: 1", b"\nResponse:1", b"\r\n eventlist\t:Complete"),
    *(b"ChanVariable(", b"\r\nChanVariable(a:b): c=d", b"\r\nDestChanVariable: c=d", b"\r\nno colon"),
)


def mutants(raw: bytes, draw: Random) -> Iterator[bytes]:
    """Yield frames like this one: lines and bytes lost, doubled, swapped, changed, or put in."""
    lines = raw.split(b"\r\n")[:-2]
    for _ in range(30):
        changed = list(lines)
        at, other = draw.randrange(len(lines)), draw.randrange(len(lines))
        match draw.randrange(7):
            case 0:
                changed.insert(at, lines[other])
            case 1:
                changed[at], changed[other] = changed[other], changed[at]
            case 2:
                del changed[at]
            case 3:
                changed[at] = draw.choice((bytes.swapcase, bytes.lower, bytes.upper))(lines[at])
            case 4:
                changed[at : at + 2] = [b"\n".join(changed[at : at + 2])]
            case 5:
                name, _, value = lines[at].partition(b": ")
                changed[at] = name + draw.choice((b":", b":  ", b" : ", b": \t", b":\n")) + value
            case _:
                place = draw.randrange(len(lines[at]) + 1)
                size = draw.choice((0, 0, 1, 2))
                changed[at] = lines[at][:place] + draw.choice(PIECES) + lines[at][place + size :]
        yield b"\r\n".join([*changed, b"", b""])
