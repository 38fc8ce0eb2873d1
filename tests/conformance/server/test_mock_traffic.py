"""Calls by themselves."""

import pytest

from conformance.server import MockServer, Traffic
from conformance.server.fixtures import Talk


def calls(talk: Talk, seconds: float) -> list[str]:
    heard = talk.pass_time(seconds)
    return [frame[0] for frame in heard if frame[0] == "Event: Newchannel" and frame[3].endswith(";1")]


@pytest.mark.parametrize("per_minute", [1, 6, 60])
def test_so_many_calls_begin_in_a_minute(per_minute: int) -> None:
    talk = Talk(MockServer())
    talk.login()
    Traffic(talk.server, per_minute)
    assert len(calls(talk, 59.9)) == per_minute
    assert len(calls(talk, 60.0)) == per_minute


def test_no_call_begins_after_the_stop() -> None:
    talk = Talk(MockServer())
    talk.login()
    traffic = Traffic(talk.server, 60)
    assert calls(talk, 1.5)
    traffic.stop()
    assert calls(talk, 60) == []
    assert talk.say("Action: CoreShowChannels")[-1][-1] == "ListItems: 0"


def test_traffic_follows_from_the_seed() -> None:
    def day(seed: int) -> list[list[str]]:
        talk = Talk(MockServer(seed=seed))
        talk.login()
        Traffic(talk.server, 30)
        return talk.pass_time(30)

    assert day(1) == day(1) != day(2)


def test_a_rate_is_above_zero() -> None:
    with pytest.raises(ValueError, match="calls_per_minute"):
        Traffic(MockServer(), 0)
