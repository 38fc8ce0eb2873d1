"""The decoder of the library, without a socket."""

from collections.abc import Callable

from ami_proto import Decoder, Message
from tests.workshop.bench.peers.programs.stopwatch import Measured, Stopwatch, Task, run
from tests.workshop.bench.peers.programs.texts import stream_pieces


def decode(task: Task) -> Measured:
    read = READ[task.workload]
    pieces = stream_pieces(task.count)
    decoder = Decoder()
    watch = Stopwatch()
    for piece in pieces:
        for message in decoder.feed(piece):
            read(message)
    return watch.stop(task.count)


READ: dict[str, Callable[[Message], object]] = {
    "decode_dict": lambda message: dict(message.items()),
    "decode_get": lambda message: (message["Channel"], message["Uniqueid"], message["Linkedid"]),
    "decode_name": lambda message: (message.name, message.action_id),
}


if __name__ == "__main__":
    run({"decode": decode})
