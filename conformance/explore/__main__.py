"""Explore every scenario, or those that are named."""

import sys

from conformance.explore import SCENARIOS, explore_all

if __name__ == "__main__":
    explore_all(*(sys.argv[1:] or SCENARIOS))
