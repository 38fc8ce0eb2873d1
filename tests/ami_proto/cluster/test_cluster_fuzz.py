"""A cluster and as many connections live through the same random stories, and say the same."""

import pytest

from tests.ami_proto.cluster.stories import Story

STORIES = 60
STEPS = 150


@pytest.mark.parametrize("seed", range(STORIES))
def test_a_cluster_says_what_connections_alone_would_say(seed: int) -> None:
    """R-CLUSTER-08, L2 to L7: states, outcomes, bytes, messages, deadlines, snapshots; and all recover."""
    Story(seed).live(STEPS)


def test_the_stories_are_about_something() -> None:
    """They hear messages, end actions, and have servers rest and dial."""
    told = [Story(seed) for seed in range(10)]
    for each in told:
        each.live(STEPS)
    assert sum(each.messages for each in told) > 50
    assert sum(each.outcomes for each in told) > 20
    assert sum(each.rests for each in told) > 5
    assert sum(len(each.dials) for each in told) > 50
