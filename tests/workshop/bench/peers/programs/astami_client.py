"""astami on asyncio: one call at a time, and no events: what is not the awaited response is thrown away."""

import asyncio
from collections.abc import Callable
from typing import Any

from astami import AMIResponse, AsyncAMIClient

from tests.workshop.bench.peers.programs import texts
from tests.workshop.bench.peers.programs.stopwatch import (
    HOST,
    SECRET,
    USERNAME,
    Measured,
    Stopwatch,
    Task,
    run,
)


async def calls(task: Task) -> Measured:
    async with AsyncAMIClient(HOST, task.port, USERNAME, SECRET) as client:
        for _ in range(task.warm_up):
            await client.ping()
        watch = Stopwatch()
        for _ in range(task.count):
            await client.ping()
        return watch.stop(task.count)


def decode(task: Task) -> Measured:
    read = READ[task.workload]
    messages = texts.stream_texts(task.count)
    watch = Stopwatch()
    for text in messages():
        read(AMIResponse.from_raw(text))
    return watch.stop(task.count)


READ: dict[str, Callable[[Any], object]] = {
    "decode_dict": lambda response: response.data,
    "decode_get": lambda response: (
        response.data["Channel"],
        response.data["Uniqueid"],
        response.data["Linkedid"],
    ),
    "decode_name": lambda response: (response.data["Event"], response.action_id),
}


if __name__ == "__main__":
    run({"calls": lambda task: asyncio.run(calls(task)), "decode": decode})
