"""A small world for one machine: virtual time, a virtual link, and everything that goes wrong, from one seed.

    World(seed=7).run()          # a Report, or an AssertionError with the end of the story

Read it in this order: `weather` (what can go wrong, and what a run has of it), `link` and `network` (TCP,
as far as a program can see it), `driver` (the five questions, asked well or badly), `application`
(somebody's program), `world` (a run: live, heal, converge). At the far end is the mock server's own core;
the machine stands under `conformance.laws`, which checks every step. Nothing here reads a clock or opens
a socket, so a run that went wrong goes wrong again: `python -m conformance.world --seed N`.
"""

from .weather import Weather
from .world import Report, World

__all__ = ["Report", "Weather", "World"]
