"""A planted fault: an old text and a new one, and the tests that should see the change."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """One wrong change of one function."""

    sentence: str
    """Says what goes wrong."""
    path: str
    """Of the module, from the root of the tree."""
    old: str
    """One or two lines that are in the module exactly once."""
    new: str
    judges: tuple[str, ...]
    """Files or tests, as pytest takes them."""
    select: str = ""
    """Which of their cases: an expression for pytest's `-k`."""
