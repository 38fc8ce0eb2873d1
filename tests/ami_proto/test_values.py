"""The shared vocabulary: small frozen values, and a secret that no output shows."""

import copy
import json
import pickle
import traceback
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ami_proto
from ami_proto.values import Disconnect, Reason, Secret, Sent, SessionId, State


def test_a_session_is_named_by_server_and_number() -> None:
    assert str(SessionId("pbx", 3)) == "pbx#3"
    assert SessionId("pbx", 3) == SessionId("pbx", 3)
    assert SessionId("pbx", 3) != SessionId("pbx2", 3)


def test_an_action_that_was_fully_sent_must_not_be_sent_again() -> None:
    assert Sent.NO.retryable
    assert Sent.PARTLY.retryable
    assert not Sent.FULLY.retryable


@pytest.mark.parametrize("state", State)
def test_actions_are_sent_in_ready_and_degraded_only(state: State) -> None:
    """R-LIFE-03: and nowhere else."""
    assert state.sending == (state in (State.READY, State.DEGRADED))


@pytest.mark.parametrize("reason", Reason)
def test_a_disconnect_reads_as_one_line(reason: Reason) -> None:
    assert str(Disconnect(reason)) == reason.value
    assert str(Disconnect(reason, "it said so")) == f"{reason.value}: it said so"


PUBLIC = [each for each in vars(ami_proto).values() if isinstance(each, type) and is_dataclass(each)]


@pytest.mark.parametrize("kind", PUBLIC)
def test_values_are_frozen_and_small(kind: type) -> None:
    """A value that is handed out cannot be changed, and takes no further attributes."""
    assert vars(kind)["__dataclass_params__"].frozen
    assert "__slots__" in vars(kind)


# -- R-OBS-04: `Secret`

HUNTER = Secret("hunter2")


@given(st.text(st.characters() | st.sampled_from("\udc80\udcff")))
def test_a_secret_returns_the_text_that_it_was_given(text: str) -> None:
    """Quotes, backslashes, control characters and lone surrogates (bytes that are not UTF-8) too."""
    secret = Secret(text)
    assert secret.reveal() == text
    assert str(secret) == repr(secret) == f"{secret}" == "***"


def test_no_format_shows_a_secret() -> None:
    old_style = ["%s" % HUNTER, "%r" % HUNTER]  # noqa: UP031
    assert old_style == ["***", "***"]
    assert [f"{HUNTER:>8}", format(HUNTER), f"{HUNTER!a}", repr([HUNTER])] == [
        "     ***",
        "***",
        "***",
        "[***]",
    ]


def test_a_dataclass_that_holds_a_secret_does_not_show_it() -> None:
    """`asdict` takes dataclasses apart; this is not one."""

    @dataclass
    class Holder:
        secret: Secret

    assert asdict(Holder(HUNTER)) == {"secret": HUNTER}
    assert "hunter2" not in f"{Holder(HUNTER)} {asdict(Holder(HUNTER))}"


@pytest.mark.parametrize(
    "use",
    [len, iter, list, json.dumps, vars, lambda s: s[1:], lambda s: s + "x", lambda s: "x" + s,
     lambda s: "u" in s],
)  # fmt: skip
def test_a_secret_is_not_text(use: Any) -> None:
    with pytest.raises(TypeError) as refused:
        use(HUNTER)
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


def test_a_secret_equals_a_secret_of_the_same_text_and_nothing_else() -> None:
    assert Secret("hunter2") == HUNTER
    assert hash(Secret("hunter2")) == hash(HUNTER)
    assert Secret(HUNTER) == HUNTER
    assert Secret("hunter3") != HUNTER
    assert HUNTER != "hunter2"
    assert {HUNTER, Secret("hunter2")} == {HUNTER}


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda secret: pickle.loads(pickle.dumps(secret))]
)
def test_a_secret_can_be_copied_and_pickled(again: Any) -> None:
    assert again(HUNTER) == HUNTER
    assert type(again(HUNTER)) is Secret


def test_a_secret_cannot_be_changed() -> None:
    secret: Any = Secret("hunter2")
    with pytest.raises(AttributeError, match="cannot be changed"):
        secret._text = "x"
    with pytest.raises(AttributeError, match="cannot be changed"):
        secret.note = 1
    with pytest.raises(AttributeError, match="cannot be changed"):
        del secret._text
    assert secret.reveal() == "hunter2"


@pytest.mark.parametrize("text", [None, 5, b"hunter2", ["hunter2"]])
def test_a_secret_is_made_of_text(text: Any) -> None:
    with pytest.raises(TypeError, match=f"a secret must be text, not {type(text).__name__}"):
        Secret(text)
