"""Actions as functions: their arguments become headers, and a wrong one is refused."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import ami_proto.actions
from ami_proto import Action, InvalidAction
from ami_proto.actions import (
    absolute_timeout,
    aoc_message,
    confbridge_mute,
    getvar,
    message_send,
    mix_monitor_mute,
    originate,
    play_dtmf,
    queue_add,
    redirect,
    update_config,
    user_event,
    wait_event,
)
from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.drivers import Scalar

anyhow: Any = ami_proto.actions
"""The functions for a program that nobody has checked."""


@pytest.mark.parametrize(
    ("action", "headers"),
    [
        (getvar("X"), [("Variable", "X")]),
        (getvar("X", channel="PJSIP/1-1"), [("Variable", "X"), ("Channel", "PJSIP/1-1")]),
        (getvar(variable="X"), [("Variable", "X")]),
        (queue_add("sales", "PJSIP/1", penalty=2, paused=True), ["sales", "PJSIP/1", "2", "true"]),
        (queue_add("sales", "PJSIP/1", paused=False), ["sales", "PJSIP/1", "false"]),
        (redirect("PJSIP/1-1", "100", "default", 1), ["PJSIP/1-1", "100", "default", "1"]),
        (absolute_timeout("PJSIP/1-1", 0.2), ["PJSIP/1-1", "1"]),
        (play_dtmf("PJSIP/1-1", "5", duration=0.25), ["PJSIP/1-1", "5", "250"]),
        (wait_event(timeout=30), ["30"]),
        (mix_monitor_mute("PJSIP/1-1", "both", True), ["PJSIP/1-1", "both", "1"]),
        (user_event("Note", headers={"A": 1, "B": ["x", "y"]}), ["Note", "1", "x", "y"]),
        (redirect("PJSIP/1-1", "100", "default", "start"), ["PJSIP/1-1", "100", "default", "start"]),
        (anyhow.redirect("PJSIP/1-1", "100", "default", 2.0), ["PJSIP/1-1", "100", "default", "2"]),
        (anyhow.queue_add("a", "b", penalty="12"), ["a", "b", "12"]),
        (anyhow.queue_add("a", "b", penalty="-1"), ["a", "b", "-1"]),
        (anyhow.queue_add("a", "b", penalty=3.0), ["a", "b", "3"]),
        (anyhow.setvar("a", 4711), ["a", "4711"]),
        (anyhow.setvar("a", 0.5), ["a", "0.5"]),
        (originate("a", timeout=2147483), ["a", "2147483000", "true"]),
        (absolute_timeout("a", 2**31 - 1), ["a", "2147483647"]),
        (wait_event(timeout=0), ["0"]),
        (anyhow.update_config("a", "b", changes=[{"Action": 0, "Cat": 0}]), ["a", "b", "0", "0"]),
        (message_send(from_="a", to="b", variables={"X": "1,2"}), ["b", "a", "X=1\\,2"]),
    ],
)
def test_arguments_become_headers(action: Action, headers: list[Any]) -> None:
    """R-TYPE-01: values are written as Asterisk reads them."""
    if isinstance(headers[0], str):
        assert [value for _, value in action.headers] == headers
    else:
        assert list(action.headers) == headers


def test_an_originate_is_what_its_headers_would_make() -> None:
    """R-TYPE-01: seconds become milliseconds, and nothing else is added."""
    made = originate(
        "PJSIP/100",
        context="default",
        exten="200",
        priority=1,
        timeout=20.0,
        codecs=["ulaw", "alaw"],
        early_media=True,
        variables={"A": "1"},
    )
    headers = {
        "Channel": "PJSIP/100",
        "Exten": "200",
        "Context": "default",
        "Priority": "1",
        "Timeout": "20000",
    }
    plain = Action(
        "Originate", {**headers, "EarlyMedia": "true", "Codecs": "ulaw,alaw"}, variables={"A": "1"}
    )
    assert dict(made.headers) == dict(plain.headers)


def test_what_is_numbered_on_the_wire_is_a_sequence() -> None:
    """R-TYPE-01: `UnitAmount(0)`, and one set of `Action-000000`, `Cat-000000` for each change."""
    action = aoc_message("D", channel="PJSIP/1", unit_amount=[5, 7])
    assert ("UnitAmount(0)", "5") in action.headers
    assert ("UnitAmount(1)", "7") in action.headers
    changes: list[dict[str, Scalar]] = [
        {"action": "NewCat", "Cat": "a"},
        {"Action": "Append", "Cat": "a", "Var": "x", "Value": 1},
    ]
    assert update_config("a.conf", "b.conf", changes=changes).headers[2:] == (
        *(("Action-000000", "NewCat"), ("Cat-000000", "a")),
        *(("Action-000001", "Append"), ("Cat-000001", "a"), ("Var-000001", "x"), ("Value-000001", "1")),
    )


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: anyhow.queue_add("sales"), "queue_add needs interface"),
        (lambda: anyhow.queue_add(), "queue_add needs queue and interface"),
        (lambda: anyhow.queue_add("sales", None), "queue_add needs interface"),
        (lambda: anyhow.queue_add("a", "b", 3), "queue_add takes 2 arguments by position, not 3"),
        (lambda: anyhow.queue_add("a", "b", queue="c"), "queue_add: 'queue' is given twice"),
        (lambda: anyhow.queue_add("a", "b", pennalty=1), "did you mean 'penalty'?"),
        (lambda: anyhow.queue_add("a", "b", zzz=1), "queue_add has no argument 'zzz'"),
        (lambda: anyhow.queue_add("a", "b", paused="yes"), "paused takes True or False, not str"),
        (lambda: anyhow.queue_add("a", b"b"), "interface takes text, not bytes"),
        (lambda: anyhow.originate("a", timeout="20"), "timeout takes a number of seconds, not str"),
        (lambda: anyhow.originate("a", timeout=True), "timeout takes a number of seconds, not bool"),
        (
            lambda: anyhow.originate("a", timeout=-1),
            "timeout: must be a number of seconds, from 0 to 2147483",
        ),
        (lambda: anyhow.originate("a", timeout=float("nan")), "must be a number of seconds, from 0"),
        *(
            (
                lambda seconds=seconds: anyhow.originate("a", timeout=seconds),
                "timeout: must be a number of seconds, from 0 to 2147483",
            )
            for seconds in (float("inf"), 1e306, 10**5000, -(10**5000), 2147484, 2147483.001)
        ),
        (
            lambda: anyhow.absolute_timeout("a", 2**31),
            "timeout: must be a number of seconds, from 0 to 2147483647",
        ),
        (lambda: anyhow.setvar("a", True), "value takes text, not bool"),
        (lambda: anyhow.queue_add("a", "b", penalty=True), "penalty takes a whole number, not bool"),
        (lambda: anyhow.queue_add("a", "b", penalty=1.5), "penalty takes a whole number, not float"),
        (lambda: anyhow.queue_add("a", "b", penalty=float("inf")), "penalty takes a whole number, not float"),
        (lambda: anyhow.queue_add("a", "b", penalty=[1]), "penalty takes a whole number, not list"),
        *(
            (lambda text=text: anyhow.queue_add("a", "b", penalty=text), "penalty: must be a whole number")
            for text in ("", "high", "1.5", "1_0", " 1", "1\n", "１", "+", "--1")
        ),
        (
            lambda: anyhow.redirect("a", "100", "default", 1.5),
            "priority takes a whole number or a label, not float",
        ),
        (
            lambda: anyhow.redirect("a", "100", "default", True),
            "priority takes a whole number or a label, not bool",
        ),
        (
            lambda: anyhow.redirect("a", "100", "default", b"1"),
            "priority takes a whole number or a label, not bytes",
        ),
        (lambda: anyhow.hangup("x", cause=10**5000), "the number has more digits than a line can hold"),
        (lambda: anyhow.hangup("x", cause=-(10**5000)), "the number has more digits than a line can hold"),
        (lambda: anyhow.originate("a", codecs=[10]), "codecs takes text or a sequence of texts, not int"),
        (
            lambda: anyhow.aoc_message("D", unit_amount=[True]),
            "unit_amount takes text or a sequence of texts, not bool",
        ),
        (lambda: anyhow.originate("a", codecs=3), "codecs takes text or a sequence of texts, not int"),
        (
            lambda: anyhow.originate("a", codecs=b"ulaw"),
            "codecs takes text or a sequence of texts, not bytes",
        ),
        (
            lambda: anyhow.originate("a", codecs=[None]),
            "codecs takes text or a sequence of texts, not NoneType",
        ),
        (lambda: anyhow.originate("a", codecs=["ulaw,alaw", "gsm"]), "codecs: a value has a comma"),
        (
            lambda: anyhow.originate("a", variables="A=1"),
            "variables takes a mapping of names and values, not str",
        ),
        (
            lambda: anyhow.user_event("N", headers={1: "x"}),
            "headers takes a mapping of names and values, not int",
        ),
        (lambda: anyhow.user_event("N", headers=[]), "headers takes a mapping of names and values, not list"),
        (
            lambda: anyhow.update_config("a", "b", changes="x"),
            "changes takes a sequence of mappings, not str",
        ),
        (lambda: anyhow.update_config("a", "b", changes=[{"Actoin": "x"}]), "a change has Action, Cat, Var,"),
        *(
            (lambda changes=changes: anyhow.update_config("a", "b", changes=changes), f"changes{sentence}")
            for changes, sentence in (
                ([{}], ": change 1 has no Action"),
                ([{"Cat": "a"}], ": change 1 has no Action"),
                ([{"Action": "", "Cat": "a"}], ": change 1 has no Action"),
                ([{"Action": "NewCat", "Cat": "a"}, {"Action": "Append"}], ": change 2 has no Cat"),
                ([{"Action": "NewCat", "Cat": ""}], ": change 1 has no Cat"),
                ([{"Action": "NewCat", "Cat": "a", "action": "x"}], ": change 1 has Action twice"),
                ([{"Action": [], "Cat": "a"}], " takes text for the Action of a change, not list"),
            )
        ),
        (lambda: anyhow.getvar("X\r\nAction: Logoff"), "CR, LF or NUL"),
    ],
)
def test_a_wrong_argument_is_refused(call: Callable[..., Action], sentence: str) -> None:
    """R-TYPE-01: typed, and one sentence."""
    with pytest.raises(InvalidAction) as caught:
        call()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_function_is_an_attribute_error_with_a_hint() -> None:
    with pytest.raises(AttributeError, match="did you mean 'originate'"):
        _ = ami_proto.actions.orginate  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"has no action 'zzz'$"):
        _ = ami_proto.actions.zzz  # type: ignore[attr-defined]


@pytest.mark.parametrize("record", ACTIONS.values(), ids=lambda record: record.name)
def test_each_action_can_be_made_and_explains_itself(record: Any) -> None:
    """R-TYPE-01: with its required arguments alone; `help` names each header as on the wire."""
    function = getattr(ami_proto.actions, record.function)
    samples = {
        "bool": True,
        "0 or 1": True,
        "yes or no": True,
        "seconds": 1,
        "milliseconds": 1,
        "int": 1,
        "mapping": {"A": "1"},
    }
    required = [samples.get(each.form, "on") for each in record.parameters if each.required]
    action = function(*required)
    assert action.name == record.name
    assert len(action.headers) == len(required) + (record.name == "Originate")  # its `Async`
    assert function.__doc__.startswith(record.does)
    for parameter in record.parameters:
        for header in parameter.header.split():
            assert header in function.__doc__
    arguments = list(inspect.signature(function).parameters.values())
    assert [each.name for each in arguments] == [each.argument for each in record.parameters]
    assert [each.name for each in arguments if each.default is each.empty] == [
        each.argument for each in record.parameters if each.required
    ]


def test_a_function_is_made_once_and_listed() -> None:
    assert confbridge_mute is ami_proto.actions.confbridge_mute
    assert len(dir(ami_proto.actions)) == len(ACTIONS)


def test_threads_that_ask_at_once_get_the_same_function() -> None:
    """Each makes one; the first that is kept is everyone's."""
    assert ami_proto.actions.__getattr__("hangup") is ami_proto.actions.__getattr__("hangup")
    assert ami_proto.actions.hangup is ami_proto.actions.__getattr__("hangup")


def test_a_star_gives_the_functions_and_nothing_else() -> None:
    """R-TYPE-01."""
    given: dict[str, Any] = {}
    exec("from ami_proto.actions import *", given)
    del given["__builtins__"]
    assert given.keys() == {record.function for record in ACTIONS.values()}
    assert given["hangup"] is ami_proto.actions.hangup
