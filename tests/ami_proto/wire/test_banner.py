import pytest

from ami_proto.wire.banner import parse_banner, version_tuple


@pytest.mark.parametrize(
    ("line", "version"),
    [
        (b"Asterisk Call Manager/13.0.0", "13.0.0"),
        (b"Asterisk Call Manager/1.1\r\n", "1.1"),
        (b"Asterisk Call Manager/ proxy \xff", "proxy \udcff"),
        (b"Asterisk Call Manager/", ""),
        (b"Asterisk Call Manager Proxy/1.30.0", "1.30.0"),
        (b"Asterisk Manager Proxy/1.0", "1.0"),
        (b"OpenPBX Call Manager/1.0", "1.0"),
        (b"CallWeaver Call Manager/1.2 (x)", "1.2 (x)"),
        (b"My-PBX 2.0 Call Manager/7", "7"),
        (b"asterisk call manager/1.0", "1.0"),
        (b"Call Manager/1.0", "1.0"),
        (b"Asterisk Call Manager 1.1", "1.1"),
        (b"Asterisk Call Manager v1.1", "1.1"),
        (b"Asterisk Call Manager", None),
        (b"Asterisk Call Manager busy", None),
        (b"Asterisk Call Managers/1.0", None),
        (b"Recall Manager/1.0", None),
        (b" Asterisk Call Manager/1.0", None),
        (b"SSH-2.0-OpenSSH_9.2", None),
        (b"220 mail Call Manager ESMTP", None),
        (b"Call Manager/" + b"1" * 300, None),
        (b"", None),
    ],
)
def test_the_version_of_a_banner(line: bytes, version: str | None) -> None:
    """R-WIRE-03: the version is parsed; any text after the slash is accepted."""
    assert parse_banner(line) == version


@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("13.0.0", (13, 0, 0)),
        ("1.1", (1, 1)),
        ("2.10.6", (2, 10, 6)),
        ("9.x.1", (9,)),
        ("x", ()),
        ("", ()),
        ("1.-2", (1,)),
        ("1.²", (1,)),
        ("1234567890123", (123456789,)),
    ],
)
def test_the_leading_numbers_of_a_version(version: str, numbers: tuple[int, ...]) -> None:
    assert version_tuple(version) == numbers


def test_versions_compare_as_numbers() -> None:
    assert version_tuple("2.10.6") > version_tuple("2.9.0")
    assert len(str(version_tuple("9" * 5000)[0])) < 20
