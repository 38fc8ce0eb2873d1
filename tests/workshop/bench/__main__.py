"""Print every figure, or those of the named modules: `python -m tests.workshop.bench decoder`."""

import sys
from importlib import import_module

FIGURES = ("decoder", "backlog", "pending", "memory", "idle", "end_to_end", "size", "peers")
"""Modules and packages of this package; each has `figures()`, which yields lines."""


def main(names: list[str]) -> None:
    """Print the figures of these modules, or of all."""
    for name in names or FIGURES:
        print(f"-- {name}")
        for line in import_module(f"tests.workshop.bench.{name}").figures():
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
