"""When servers may dial: the pace, the order, and the bound on dials under way."""

import pytest

from ami_proto.cluster.throttle import DialThrottle


def grants(throttle: DialThrottle, now: float) -> list[str]:
    """Return the servers that may dial now; each dial is under way from then on."""
    granted = []
    while (server := throttle.grant(now)) is not None:
        throttle.note(server, wants=False, connecting=True)
        granted.append(server)
    return granted


def asking(throttle: DialThrottle, servers: list[str]) -> DialThrottle:
    for server in servers:
        throttle.note(server, wants=True, connecting=False)
    return throttle


def test_one_dial_at_a_time_gives_each_server_its_turn() -> None:
    """R-CLUSTER-03: three servers that always fail, one at a time: one, one and one."""
    throttle = asking(DialThrottle(1000.0, 1, 1), ["a", "b", "c"])
    order = []
    for step in range(9):
        (server,) = grants(throttle, step * 1.0)
        assert throttle.next_deadline() is None, "no other dial while one is under way"
        order.append(server)
        throttle.note(server, wants=True, connecting=False)
    assert order == ["a", "b", "c"] * 3


def test_fifty_servers_five_at_a_time_are_equal_within_one() -> None:
    """R-CLUSTER-03: also when the looping is uneven."""
    servers = [f"pbx{number}" for number in range(50)]
    throttle, counts = asking(DialThrottle(100.0, 5, 5), servers), dict.fromkeys(servers, 0)
    now = 0.0
    for step in range(2_000):
        now += (0.001, 0.4, 0.03)[step % 3]
        for server in grants(throttle, now):
            counts[server] += 1
            throttle.note(server, wants=True, connecting=False)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert min(counts.values()) > 10


@pytest.mark.parametrize("rate", [3.0, 7.0, 50.0, 1 / 3])
@pytest.mark.parametrize("burst", [1, 4])
def test_the_pace_is_that_of_the_clock(rate: float, burst: int) -> None:
    """R-CLUSTER-03: at its own deadline a grant is due, and never more than the rate allows."""
    throttle, times = DialThrottle(rate, burst, 1_000_000), []
    asking(throttle, [f"pbx{number}" for number in range(200)])
    now = 5.0
    while throttle.waiting:
        due = throttle.next_deadline()
        assert due is not None
        now = max(now, due)
        granted = grants(throttle, now)
        assert granted, "due, and nothing is granted: a driver would spin"
        times += [now] * len(granted)
    for number, time in enumerate(times):
        later = [each for each in times[number:] if each < time + 1.0]
        assert len(later) <= rate + burst + 1e-6
    assert times[-1] - times[0] == pytest.approx((200 - burst) / rate)


def test_a_rest_allows_one_burst_and_no_more() -> None:
    """R-CLUSTER-03."""
    throttle = DialThrottle(1.0, 3, 100)
    assert grants(asking(throttle, ["a"]), 0.0) == ["a"]
    asking(throttle, ["b", "c", "d", "e", "f"])
    assert grants(throttle, 1000.0) == ["b", "c", "d"]
    assert throttle.next_deadline() == 1001.0
    assert grants(throttle, 1001.0) == ["e"]


def test_who_asks_no_more_is_not_granted() -> None:
    """R-CLUSTER-09: a server that is removed while it waits."""
    throttle = asking(DialThrottle(1.0, 1, 1), ["a", "b"])
    throttle.note("a", wants=False, connecting=False)
    assert grants(throttle, 0.0) == ["b"]
    throttle.note("b", wants=False, connecting=False)
    assert throttle.next_deadline() is None


def test_a_server_that_asks_again_and_again_keeps_its_place() -> None:
    """R-CLUSTER-03: first come, first served."""
    throttle = asking(DialThrottle(1.0, 1, 1), ["a", "b", "a", "a"])
    assert grants(throttle, 0.0) == ["a"]
