"""R-POLICY-03: what a configuration needs of its account."""

from typing import Any

import pytest

from ami_backends.cli.needs import CLASSES, POWERFUL, Needs, in_order, mask_classes, needs_of, smallest
from ami_proto import Policy, ServerConfig, SetupAction
from conformance.mock.privileges import Privilege, parse_mask


def needs(
    *patterns: str, release: str | None = "22.10.1", may_originate: bool = True, **options: Any
) -> Needs:
    """Return the needs of a server with these options."""
    config = ServerConfig(key="pbx", host="10.0.0.5", username="ops", secret="s3cr3t", **options)
    return needs_of(config, patterns, release, may_originate=may_originate)


def one_of(*classes: str) -> frozenset[str]:
    return frozenset(classes)


@pytest.mark.parametrize(
    "mask", ["call", "system,call", "off", "No", "0", "1", "2", "131072", "none", "1023"]
)
def test_a_mask_has_the_classes_that_asterisk_reads(mask: str) -> None:
    """R-POLICY-03: numbers are sums of bits, and bit 14 has no class."""
    bits = parse_mask(mask)
    assert bits is not None
    expected = frozenset((each.name or "").lower() for each in Privilege if each & bits)
    assert mask_classes(mask) == expected


@pytest.mark.parametrize("mask", [None, "", "on", "YES", "true", "all", "call,all"])
def test_a_mask_of_everything_takes_what_the_user_may_read(mask: str | None) -> None:
    """R-POLICY-03."""
    assert mask_classes(mask) is None


def test_the_classes_are_those_of_asterisk() -> None:
    """R-POLICY-03: in its order."""
    assert [*CLASSES] == [(each.name or "").lower() for each in Privilege]
    assert in_order(["local", "call", "system"]) == ("system", "call", "local")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], set()),
        ([one_of()], set()),
        ([one_of("call")], {"call"}),
        ([one_of("system", "reporting")], {"reporting"}),
        ([one_of("system", "reporting"), one_of("system")], {"system"}),
        ([one_of("system", "call"), one_of("call", "reporting")], {"call"}),
        (
            [one_of("system", "reporting"), one_of("call", "reporting"), one_of("agent")],
            {"reporting", "agent"},
        ),
        ([one_of("system", "config"), one_of("system", "agi"), one_of("config", "agi")], {"agi", "config"}),
        ([one_of("local", "system")], {"system"}),
    ],
)
def test_the_smallest_set_has_the_least_power(given: list[frozenset[str]], expected: set[str]) -> None:
    """R-POLICY-03: first as few classes as can be, then those with the least power."""
    assert smallest({str(number): each for number, each in enumerate(given)}) == expected


def test_events_are_chosen_by_names_and_globs_of_this_release() -> None:
    """R-POLICY-03: in any case; an event of another release is none."""
    found = needs("newCHANNEL", "Queue*", wait_fully_booted=False, policy="observe")
    assert found.events["Newchannel"] == {"call"}
    assert found.events["QueueMemberStatus"] == {"agent"}
    assert not found.any_event
    assert set(needs("agentlogin", policy="observe").events) == {"AgentLogin", "FullyBooted"}
    assert set(needs("agentlogin", policy="observe", release="1.8.32").events) == {
        "Agentlogin",
        "FullyBooted",
    }
    assert needs("Hangup", "NoSuchEvent", "Foo*").unknown == ("NoSuchEvent", "Foo*")


def test_items_of_replies_need_no_class() -> None:
    """R-POLICY-03: Asterisk sends them with the reply."""
    found = needs("QueueMember", "BridgeList*", policy="observe")
    assert (set(found.events), found.unknown) == ({"FullyBooted"}, ())


def test_without_names_the_option_events_says_what_is_read() -> None:
    """R-POLICY-03: if it says anything."""
    found = needs(events="agent,call", policy="observe")
    assert found.events == {f"the option events ({each})": {each} for each in ("call", "agent")}
    assert not found.any_event
    assert needs(policy="observe").any_event
    assert not needs("Hangup", policy="observe").any_event


def test_events_that_the_option_leaves_out_are_named() -> None:
    """R-POLICY-03: no class of the account would bring them."""
    assert needs("Newchannel", "AgentLogin", events="agent").masked == ("Newchannel",)
    assert needs("Newchannel", "AgentLogin").masked == ()


@pytest.mark.parametrize(
    ("options", "waits"),
    [
        ({}, True),
        ({"events": "call"}, False),
        ({"events": "system"}, True),
        ({"wait_fully_booted": False}, False),
    ],
)
def test_the_wait_for_fully_booted_needs_system(options: dict[str, Any], waits: bool) -> None:
    """R-POLICY-03: only where the login waits for it."""
    assert ("FullyBooted" in needs("Hangup", **options).events) is waits


def test_a_policy_of_everything_places_calls_only_where_the_account_may() -> None:
    """R-POLICY-03: so an account without `originate` need not read the response."""
    assert "OriginateResponse" not in needs(policy="all", may_originate=False).events
    halls = Policy("operate", contexts=("hall",))
    assert "OriginateResponse" in needs(policy=halls, may_originate=False).events


@pytest.mark.parametrize(
    ("policy", "events", "told"),
    [
        ("all", None, True),
        ("all", "call", True),
        ("all", "agent", False),
        ("observe", None, False),
        ("operate", None, False),
        (Policy("operate", contexts=("hall",)), None, True),
    ],
)
def test_an_originate_needs_its_response(policy: Any, events: str | None, told: bool) -> None:
    """R-POLICY-03: where the policy can allow one, and the option `events` lets it through."""
    assert ("OriginateResponse" in needs(policy=policy, events=events).events) is told


def test_actions_are_those_of_the_policy_and_of_the_set_up() -> None:
    """R-POLICY-03: names of the policy's author are known from those of a profile."""
    setup = (SetupAction("Filter", (("Operation", "Add"), ("Filter", "Event: Hangup"))),)
    found = needs(policy=Policy(allow=("hangup", "VoterStatus")), setup=setup)
    assert found.actions == ("Hangup", "VoterStatus", "Filter")
    assert found.named == {"hangup", "voterstatus", "filter"}
    assert not found.any_action
    assert needs(setup=setup).actions == ("Filter",)
    assert needs().any_action


def test_a_command_needs_its_class_where_a_line_is_allowed() -> None:
    """R-POLICY-03."""
    assert "Command" in needs(policy=Policy("observe", commands=("core show version",))).actions
    assert "Command" not in needs(policy="observe").actions


def test_powerful_classes_are_classes() -> None:
    """R-POLICY-03."""
    assert {*POWERFUL} < {*CLASSES}
