"""Calls that the server places by itself."""

import pytest

from conformance.mock import CallTraffic, MockServer
from conformance.mock.fixtures import MockClient


def calls(client: MockClient, seconds: float) -> list[str]:
    received = client.pass_time(seconds)
    return [frame[0] for frame in received if frame[0] == "Event: Newchannel" and frame[3].endswith(";1")]


@pytest.mark.parametrize("per_minute", [1, 6, 60])
def test_traffic_places_so_many_calls_a_minute(per_minute: int) -> None:
    client = MockClient(MockServer())
    client.login()
    CallTraffic(client.server, per_minute)
    assert len(calls(client, 59.9)) == per_minute
    assert len(calls(client, 60.0)) == per_minute


def test_no_call_begins_after_the_stop() -> None:
    client = MockClient(MockServer())
    client.login()
    traffic = CallTraffic(client.server, 60)
    assert calls(client, 1.5)
    traffic.stop()
    assert calls(client, 60) == []
    assert client.request("Action: CoreShowChannels")[-1][-1] == "ListItems: 0"


def test_traffic_follows_from_the_seed() -> None:
    def day(seed: int) -> list[list[str]]:
        client = MockClient(MockServer(seed=seed))
        client.login()
        CallTraffic(client.server, 30)
        return client.pass_time(30)

    assert day(1) == day(1) != day(2)


def test_a_rate_is_above_zero() -> None:
    with pytest.raises(ValueError, match="calls_per_minute"):
        CallTraffic(MockServer(), 0)
