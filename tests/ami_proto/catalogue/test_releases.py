"""Which releases have an action, and what is said of one that lacks it."""

import pytest

from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.catalogue.releases import (
    RELEASE_LENGTH_MAX,
    clean_release,
    has_action,
    has_event,
    release_numbers,
    why_missing,
)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("22.10.1", (22, 10, 1)),
        ("16.28.0~dfsg-0+deb11u4", (16, 28, 0)),
        ("certified/18.9-cert3", (18, 9)),
        ("certified-20.7-cert1", (20, 7)),
        ("1.8.32.3", (1, 8, 32, 3)),
        (" 13.1-rc1 ", (13, 1)),
        ("GIT-master-1a2b3c", ()),
        ("SVN-trunk-r12345", ()),
        ("", ()),
        ("9" * 5000, ()),
        ("٢٢.1", ()),
    ],
)
def test_a_release_is_read_as_servers_write_it(text: str, numbers: tuple[int, ...]) -> None:
    """R-TYPE-06."""
    assert release_numbers(text) == numbers


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("22.10.1", "22.10.1"),
        ("16.28.0~dfsg-0+deb11u4", "16.28.0~dfsg-0+deb11u4"),
        ("GIT-master-1a2b3c", "GIT-master-1a2b3c"),
        (" 13.1 (grün) ", "13.1 (grün)"),
        ("9" * RELEASE_LENGTH_MAX, "9" * RELEASE_LENGTH_MAX),
        ("9" * (RELEASE_LENGTH_MAX + 1), None),
        ("9" * 1_000_000, None),
        ("16.1.0\nCRITICAL fake", None),
        ("16.1.0\x1b[2J", None),
        ("16.1.0\u202e", None),
        ("16.1.0\udcff", None),
        (" ", None),
        ("", None),
        (None, None),
    ],
)
def test_a_release_is_short_printable_text_or_unknown(text: str | None, release: str | None) -> None:
    """R-TYPE-06, R-OBS-04: it stands in errors and snapshots, and the server says what it likes."""
    assert clean_release(text) == release


@pytest.mark.parametrize(
    ("release", "action", "has"),
    [
        ("22.10.0", "PJSIPSetMaintenance", True),
        ("certified/20.20-cert1", "PJSIPSetMaintenance", True),
        ("certified/20.19-cert9", "PJSIPSetMaintenance", False),
        ("1.4.22", "DAHDIHangup", True),
        ("1.4.21", "DAHDIHangup", False),
        ("22.9.9", "pjsipsetmaintenance", False),
        ("21.99.0", "PJSIPSetMaintenance", False),
        ("20.20.0", "PJSIPSetMaintenance", True),
        ("24.0.0", "PJSIPSetMaintenance", True),
        ("16.28.0", "PJSIPSetMaintenance", False),
        ("17.9.0", "QueueWithdrawCaller", False),
        ("16.25.0", "QueueWithdrawCaller", True),
        ("19.2.9", "QueueWithdrawCaller", False),
        ("20.0.0", "QueueWithdrawCaller", True),
        ("20.1.0", "SIPpeers", True),
        ("21.0.0", "SIPpeers", False),
        ("1.8.32", "SIPpeers", True),
        ("10.12.0", "SIPpeers", True),
        ("14.0", "Queues", True),
        ("15.0", "Queues", False),
        ("1.8.32", "BridgeList", False),
        ("18", "CoreShowChannels", True),
        ("22.1.0", "OfAModuleFromElsewhere", None),
        ("GIT-master-1a2b3c", "SIPpeers", None),
    ],
)
def test_a_release_has_an_action_or_lacks_it(release: str, action: str, has: bool | None) -> None:
    """R-TYPE-06: exact where the release is known in which it appeared."""
    assert has_action(release, action) is has
    assert (why_missing(release, action) is not None) is (has is False)


@pytest.mark.parametrize(
    ("release", "action", "sentence"),
    [
        (
            "16.28.0",
            "pjsipsetmaintenance",
            "Asterisk 16.28.0 has no PJSIPSetMaintenance: it came with 20.20.0, 22.10.0 and 23.4.0",
        ),
        ("11.1.0", "BridgeList", "Asterisk 11.1.0 has no BridgeList: it came with 12.0.0"),
        ("22.1.0", "SIPpeers", "Asterisk 22.1.0 has no SIPpeers: only 1.8 to 20 have it"),
        ("18.0.0", "Queues", "Asterisk 18.0.0 has no Queues: only 1.8 to 14 have it"),
    ],
)
def test_the_sentence_says_when_it_came_or_ended(release: str, action: str, sentence: str) -> None:
    """R-TYPE-06."""
    assert why_missing(release, action) == sentence


@pytest.mark.parametrize("name", ACTIONS)
def test_each_action_is_somewhere(name: str) -> None:
    releases = (
        "1.8.32",
        "11.25.3",
        "13.38.3",
        "14.7.8",
        "16.30.1",
        "18.26.4",
        "20.20.1",
        "22.10.1",
        "23.5.0",
    )
    assert any(has_action(release, name) for release in releases)


@pytest.mark.parametrize(
    ("release", "event", "has"),
    [
        ("11.25.0", "Agentlogin", True),
        ("11.25.0", "AgentLogin", False),
        ("12.0.0", "AgentLogin", True),
        ("22.10.1", "Agentlogin", False),
        ("22.10.1", "agentlogin", None),
        ("GIT-master", "Hangup", None),
    ],
)
def test_a_release_has_events_too(release: str, event: str, has: bool | None) -> None:
    """R-POLICY-03: in Asterisk's spelling, because two of them differ in case only."""
    assert has_event(release, event) is has
