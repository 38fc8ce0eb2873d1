"""The limits of a cluster (R-CONF-01)."""

import re
from dataclasses import asdict
from typing import Any

import pytest

from ami_proto import ConfigError
from ami_proto.config.limits import CLUSTER_BOUNDS, ClusterConfig


@pytest.mark.parametrize("name", CLUSTER_BOUNDS)
def test_each_limit_has_its_bounds(name: str) -> None:
    """R-CONF-01: the least and the most work, anything beyond is refused with key, value and rule."""
    low, high = CLUSTER_BOUNDS[name]
    whole = float if name == "connect_rate" else int
    values: list[Any] = [whole(low), whole(high)]
    for good in values:
        assert getattr(ClusterConfig(**{name: good}), name) == good
    refused: tuple[Any, ...] = (low / 2, high * 2, -1, True, None, "7")
    for wrong in refused:
        with pytest.raises(ConfigError, match=re.escape(f"between {low:g} and {high:g}")) as caught:
            ClusterConfig(**{name: wrong})
        assert caught.value.key == name


def test_the_limits_are_what_the_contract_says() -> None:
    """R-CLUSTER-03: each default, and the least and the most that a user may set."""
    bounds = {
        "connect_rate": (50.0, 0.001, 1_000_000),
        "connect_burst": (10, 1, 1_000_000),
        "connecting_max": (200, 1, 1_000_000),
        "round_bytes": (2**20, 2**10, 2**30),
        "round_frames": (1000, 1, 1_000_000),
        "round_messages": (1000, 1, 1_000_000),
    }
    limits = asdict(ClusterConfig())
    assert {name: (limits[name], *CLUSTER_BOUNDS[name]) for name in limits} == bounds


def test_counts_are_whole_numbers() -> None:
    """R-CONF-01: a rate may be a fraction, a count may not."""
    fraction: Any = 7.5
    assert ClusterConfig(connect_rate=fraction).connect_rate == 7.5
    with pytest.raises(ConfigError, match="must be a whole number between"):
        ClusterConfig(connect_burst=fraction)
    with pytest.raises(ConfigError, match="must be a number between"):
        ClusterConfig(connect_rate=0)
