"""Memory between equal points of a run: what the machine leads to, and what the process has allocated.

Neither figure depends on how busy the computer is. Bytes of the machine are counted exactly, its queues and
buffers included; blocks of the process also show what is kept where the machine does not lead to, a cache of
a module. Blocks are those of Python's allocator: objects of up to 512 bytes.
"""

import gc
import sys
from types import BuiltinFunctionType, FunctionType, ModuleType

import ami_proto as ami

from .account import Findings

GROWTH_MAX = 1.05
"""Times that the machine may grow between two equal points: a dict is enlarged in steps."""
BLOCKS_ONCE = 2000
BLOCKS_SERVER = 60
BLOCKS_DIAL = 0.25
"""Blocks by which the process may grow: once (caches), for each server (its counts become large numbers), and
for each dial, for what caches keep of some. One object that stays of each session is more."""


def weigh(root: object) -> int:
    """Return the bytes of an object and of all that it leads to, but for classes, functions, modules."""
    seen: set[int] = set()
    waiting, total = [root], 0
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, type | ModuleType | FunctionType | BuiltinFunctionType):
            continue
        seen.add(id(each))
        total += sys.getsizeof(each)
        waiting += gc.get_referents(each)
    return total


class HeapUse:
    """Look at the memory at equal points of a run."""

    def __init__(self, machine: ami.Cluster, findings: Findings, *, laws: bool) -> None:
        """With `laws` the process is not judged: those who watch the machine keep books."""
        self.points: list[tuple[int, int, int]] = []
        """Bytes of the machine, blocks of the process and dials so far at each point."""
        self._machine = machine
        self._findings = findings
        self._laws = laws

    def look(self, dials: int) -> None:
        """Take the memory of this moment."""
        gc.collect()
        self.points.append((weigh(self._machine), sys.getallocatedblocks(), dials))

    def judge(self) -> str:
        """Require that nothing has grown since the first point; return the figures as a sentence."""
        (weight, blocks, dials), (weight_last, blocks_last, dials_last) = self.points[0], self.points[-1]
        require, grown = self._findings.require, weight_last / weight
        require(
            grown <= GROWTH_MAX, f"the machine has grown to {grown:.3f}: {weight} bytes, then {weight_last}"
        )
        added = blocks_last - blocks
        allowed = BLOCKS_ONCE + BLOCKS_SERVER * len(self._machine.servers)
        allowed += round(BLOCKS_DIAL * (dials_last - dials))
        require(self._laws or added <= allowed, f"the process has grown by {added} blocks, {allowed} allowed")
        return (
            f"memory: {weight / 1024:,.0f} KiB of the machine, then {weight_last / 1024:,.0f} ({grown:.3f});"
            f" {blocks:,} blocks of the process, then {blocks_last:,} ({added:+,} of {allowed:,} allowed)"
        )
