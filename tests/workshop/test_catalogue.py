"""The generated files are those that the facts and the words give, and the facts agree with each other."""

import json
from pathlib import Path

import pytest

from ami_proto import Decoder, Kind
from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.catalogue.event_record import EVENTS
from ami_proto.message.arguments import FORMS
from conformance.corpus import captures
from tests.workshop.blocking_calls import BLOCKING, blocking_text
from tests.workshop.catalogue.__main__ import ROOT, written
from tests.workshop.catalogue.facts import (
    HERE,
    actions,
    common_headers,
    events,
    has_any_header,
    snake_case,
)

ASTERISK = json.loads((HERE / "asterisk.json").read_text("utf-8"))


@pytest.mark.parametrize("path", written(), ids=lambda path: path.name)
def test_each_generated_file_is_fresh(path: Path) -> None:
    """`python -m tests.workshop.catalogue` writes them."""
    assert path.read_text("utf-8") == written()[path], f"{path.relative_to(ROOT)} is stale"


def test_the_blocking_calls_are_fresh() -> None:
    """`python -m tests.workshop.blocking_calls` writes them."""
    assert BLOCKING.read_text("utf-8") == blocking_text()


def test_nothing_is_left_out() -> None:
    """R-TYPE-04."""
    assert [each.name for each in actions()] == sorted(ASTERISK["actions"], key=str.lower)
    assert [each.name for each in events()] == sorted(ASTERISK["events"], key=str.lower)
    assert (len(ACTIONS), len(EVENTS)) == (172, 273)


def test_each_action_has_a_function_of_its_own() -> None:
    assert len({each.function for each in actions()}) == len(actions())
    assert len({each.view for each in events()}) == len(events())
    assert all(each.function.isidentifier() for each in actions())
    assert all(each.view.isidentifier() for each in events())


def test_each_argument_has_a_form_that_can_be_written() -> None:
    forms = {each.form for action in actions() for each in action.parameters}
    assert forms == {*FORMS, "mapping"}, "a form that no action has is dead code"


def test_the_lists_that_were_not_marked_are_those_of_the_sources() -> None:
    """R-CORR-02: `start=None` in the sources of a branch before 13 says so."""
    unmarked = {
        name
        for name, facts in ASTERISK["actions"].items()
        if any(rule["rule"].startswith("start=None") for rule in facts.get("list_protocol", ()))
    }
    found = {each.name for each in actions() if each.completion in ("unmarked", "wait")}
    assert found - {"IAXpeerlist"} == unmarked - {"IAXpeerlist"}


def test_each_list_has_the_end_of_the_sources() -> None:
    for action in actions():
        for rule in ASTERISK["actions"][action.name].get("list_protocol", ()):
            end = rule["rule"].partition("complete=")[2].split()[0]
            assert end in (action.end, "%sComplete") or action.completion == "wait", action.name


def test_the_views_have_every_header_of_every_capture() -> None:
    """R-TYPE-02: else a type checker would call a header an error that Asterisk sends."""
    known = {
        each.name.lower(): {*map(str.lower, (*common_headers(), *(header.name for header in each.headers)))}
        for each in events()
        if not has_any_header(each.name)
    }
    for capture in captures():
        for message in Decoder().feed(capture.data):
            if message.kind is Kind.EVENT and (message.name or "").lower() in known:
                names = {(name or "").lower().partition("(")[0] for name, _ in message.pairs()}
                unknown = names - known[(message.name or "").lower()] - {"variable", "chanvariable"}
                assert {name for name in unknown if not name.endswith("chanvariable")} == set(), message


@pytest.mark.parametrize(
    ("wire", "argument"),
    [
        ("ChannelId", "channel_id"),
        ("CallerID", "caller_id"),
        ("Channel1", "channel1"),
        ("Call-ID", "call_id"),
        ("PreDialGoSub", "pre_dial_go_sub"),
        ("Base64Body", "base64_body"),
        ("From", "from_"),
        ("Async", "async_"),
        ("AOCBillingId", "aoc_billing_id"),
    ],
)
def test_names_are_python_s(wire: str, argument: str) -> None:
    assert snake_case(wire) == argument


def test_each_description_is_one_short_sentence() -> None:
    for action in actions():
        for text in (action.does, *(each.means for each in action.parameters)):
            assert text.endswith(".")
            assert len(text) <= 100
    for event in events():
        assert event.means.endswith(".")
