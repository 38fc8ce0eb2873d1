"""The picture of the demo can be drawn, and holds nothing of the machine that drew it."""

from pathlib import Path
from xml.etree import ElementTree

from tests.workshop import picture


def test_the_picture_shows_the_demo() -> None:
    drawn = picture.picture(picture.terminal_output())
    words = " ".join(ElementTree.fromstring(drawn).itertext()).replace("\xa0", " ")
    for shown in ("127.0.0.1:5038", "12:00:00", "Newchannel", "-- gap --", "ActionFailed"):
        assert shown in words, shown
    assert "ami listen ami://" not in words, "the second call and the end are left out"
    assert len(drawn) < 60_000
    assert str(Path.home()) not in drawn
    assert "url(http" not in drawn.replace('"', "")


def test_clock_and_port_are_the_same_in_every_picture() -> None:
    line = "\x1b[2m{} \x1b[0m\x1b[1mHangup\x1b[0m  127.0.0.1:{}\r\n"
    first = line.format("23:59:59", 40001) + line.format("23:59:59", 40001)
    second = line.format("08:00:00", 40002) + line.format("08:00:00", 40002)
    assert picture.picture(first) == picture.picture(second)
    assert picture.picture(first) != picture.picture(first.replace("Hangup", "Holdup"))
