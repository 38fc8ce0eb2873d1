"""Faults of what the anyio driver does beside its clear way: callbacks, and work in the task that runs."""

from typing import Final

from tests.workshop.fault_record import PlantedFault

ANYIO: Final = "ami_backends/anyio"

ANYIO_FAULTS: Final[tuple[PlantedFault, ...]] = (
    PlantedFault(
        "on asyncio, a reader stays when its session ends",
        f"{ANYIO}/asyncio_callbacks.py",
        "        if self._has_reader:\n            self._loop.remove_reader(self._descriptor)\n",
        "",
        ("tests/ami_backends/anyio/test_asyncio_callbacks.py",),
        "reader",
    ),
    PlantedFault(
        "on asyncio, a reader stays when the whole driver fails",
        f"{ANYIO}/asyncio_callbacks.py",
        "            self._remove_callbacks()\n            self._end = None\n",
        "            self._end = None\n",
        ("tests/ami_backends/anyio/test_asyncio_callbacks.py",),
        "reader",
    ),
    PlantedFault(
        "on asyncio, a blocked write is never resumed",
        f"{ANYIO}/asyncio_callbacks.py",
        "                self._loop.add_writer(self._descriptor, self._handle_writable)\n",
        "                pass\n",
        ("conformance/suite/test_backpressure.py",),
        "silent and not lawful",
    ),
    PlantedFault(
        "an earlier deadline does not wake the main task of the anyio driver",
        f"{ANYIO}/driver.py",
        "        if deadline is not None and deadline < self._awaited_time:\n",
        "        if deadline is not None and deadline < -inf:\n",
        ("tests/ami_backends/anyio/test_pump.py",),
        "earlier",
    ),
    PlantedFault(
        "the second action of one turn is not written",
        f"{ANYIO}/driver.py",
        "        if self._request_handled:\n            self._woken.set()\n",
        "        if self._request_handled:\n",
        ("tests/ami_backends/anyio/test_pump.py",),
        "second",
    ),
    PlantedFault(
        "a Ctrl-C while a caller pumps is lost",
        f"{ANYIO}/driver.py",
        "            deadline = None\n            self.fail(error)\n",
        "            deadline = None\n",
        ("tests/ami_backends/anyio/test_pump.py",),
        "interrupt",
    ),
)
