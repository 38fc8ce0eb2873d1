"""The shared vocabulary: small frozen values."""

from dataclasses import is_dataclass

import pytest

import ami_proto
from ami_proto.values import Disconnect, Reason, Sent, SessionId, State


def test_a_session_is_named_by_server_and_number() -> None:
    assert str(SessionId("pbx", 3)) == "pbx#3"
    assert SessionId("pbx", 3) == SessionId("pbx", 3)
    assert SessionId("pbx", 3) != SessionId("pbx2", 3)


def test_only_what_was_shown_to_its_end_must_not_be_sent_again() -> None:
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
    """What is handed out is a value: nobody can change it, and nothing can be hung on it."""
    assert vars(kind)["__dataclass_params__"].frozen
    assert "__slots__" in vars(kind)
