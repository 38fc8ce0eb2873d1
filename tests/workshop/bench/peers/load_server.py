"""A server that costs as little as possible: `python -m tests.workshop.bench.peers.load_server EVENTS`.

It has plain sockets and no code of the library, accepts every login, and serves one client at a time, in one
thread. It prints its port, and ends when its standard input does.

    Flood   answers, then sends `Count` events of calls and the last event
    others  are answered at once with their ActionID
"""

import os
import re
import socket
import sys
import threading
from itertools import accumulate

from tests.workshop.bench.peers.call_stream import EVENTS_PER_CALL, LAST, calls

READ_SIZE = 262_144

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\nUptime: 1\r\n\r\n"
ACCEPTED = b"Response: Success\r\n%sMessage: Authentication accepted\r\n\r\n" + BOOTED
CHALLENGE = b"Response: Success\r\n%sChallenge: 123456789\r\n\r\n"
GOODBYE = b"Response: Goodbye\r\n%sMessage: Thanks for all the fish.\r\n\r\n"
FLOODING = b"Response: Success\r\n%sMessage: Here they come\r\n\r\n"
PONG = b"Response: Success\r\n%sPing: Pong\r\nTimestamp: 1795194178.123456\r\n\r\n"

_NAME = re.compile(rb"^Action: *(\w+)", re.IGNORECASE | re.MULTILINE)
_ACTION_ID = re.compile(rb"^ActionID: *[^\r\n]*\r\n", re.IGNORECASE | re.MULTILINE)
_COUNT = re.compile(rb"^Count: *(\d+)", re.IGNORECASE | re.MULTILINE)


class LoadServer:
    """Serves clients one after the other. It makes the longest flood before the first one comes."""

    def __init__(self, events_max: int) -> None:
        made = calls(events_max)
        self._calls = b"".join(made)
        self._call_ends = list(accumulate(map(len, made)))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def serve(self) -> None:
        """Accept and serve, without end."""
        while True:
            client, _ = self._listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                with client:
                    self._serve_one(client)
            except OSError:  # the client is gone
                pass

    def _serve_one(self, client: socket.socket) -> None:
        client.sendall(BANNER)
        rest = b""
        while data := client.recv(READ_SIZE):
            *actions, rest = (rest + data).split(b"\r\n\r\n")
            answers = b"".join([self._answer(action) for action in actions])
            client.sendall(answers)
            for action in actions:
                if b"Flood" in action:
                    self._flood(client, action)

    def _answer(self, action: bytes) -> bytes:
        action += b"\r\n"
        found = _ACTION_ID.search(action)
        action_id = found[0] if found else b""
        if b"Ping" in action:  # first, because there are many
            return PONG % action_id
        name = _NAME.search(action)
        return OTHER_ANSWERS.get(name[1].lower() if name else b"", PONG) % action_id

    def _flood(self, client: socket.socket, action: bytes) -> None:
        count = _COUNT.search(action + b"\r\n")
        wanted = int(count[1]) // EVENTS_PER_CALL if count else 1
        client.sendall(memoryview(self._calls)[: self._call_ends[wanted - 1]])
        client.sendall(LAST)


OTHER_ANSWERS = {
    b"login": ACCEPTED,
    b"challenge": CHALLENGE,
    b"logoff": GOODBYE,
    b"flood": FLOODING,
}


def end_with_input() -> None:
    """End this process when its starter closes its standard input, or dies."""
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    """Print the port, and serve until the input ends."""
    server = LoadServer(int(sys.argv[1]))
    threading.Thread(target=end_with_input, daemon=True).start()
    print(server.port, flush=True)
    server.serve()


if __name__ == "__main__":
    main()
