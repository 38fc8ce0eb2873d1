"""The README's table about panoramisk and pystrix: what they do, tried on a scripted server.

`python -m tests.test_comparison CLIENT` prints the facts about one client as JSON. The tests run it in a
process of its own, because pystrix leaves a busy thread when the server closes the stream. They skip
releases other than those in the table.
"""

import asyncio
import json
import os
import re
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
Facts = dict[str, Any]

BODIES = {
    "new": b"Response: Success\r\n%sOutput: one\r\nOutput: \r\nOutput: two\r\n\r\n",
    "single": b"Response: Success\r\n%sOutput: one\r\n\r\n",
    "old": b"Response: Follows\r\nPrivilege: Command\r\n%sone\n\ntwo\n--END COMMAND--\r\n\r\n",
    "bytes": b"Response: Success\r\n%sName: J\xfcrgen\r\n\r\n",
    "repeated": b"Response: Success\r\n%sVariable: A=1\r\nVariable: B=2\r\n\r\n",
}
"""Answers by the action's `Command`; `%s` is the ActionID line."""


class Server(socketserver.ThreadingTCPServer):
    """Accept every login, answer from `BODIES`, keep the names of the actions."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.port: int = self.server_address[1]
        self.actions: list[str] = []
        self.streams: list[socket.socket] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close_streams(self) -> None:
        """Close in order, as Asterisk does when it restarts."""
        while self.streams:
            with suppress(OSError):  # the client has closed it
                self.streams.pop().shutdown(socket.SHUT_RDWR)


class Handler(socketserver.StreamRequestHandler):
    """Serve one stream."""

    server: Server

    def handle(self) -> None:
        self.server.streams.append(self.request)
        self.wfile.write(b"Asterisk Call Manager/9.0.0\r\n")
        headers: dict[str, str] = {}
        for line in self.rfile:
            name, _, value = line.decode().strip().partition(": ")
            if name:
                headers[name.lower()] = value
            elif headers:
                self.answer(headers)
                headers = {}

    def answer(self, headers: dict[str, str]) -> None:
        """Answer an action; leave an Originate on the first stream open."""
        self.server.actions.append(headers.get("action", ""))
        if headers.get("action") == "Originate" and self.server.actions.count("Originate") == 1:
            return
        line = f"ActionID: {headers.get('actionid', '')}\r\n".encode()
        challenge = b"Challenge: 1\r\n" if headers.get("action") == "Challenge" else b""
        body = BODIES.get(headers.get("command", ""), b"Response: Success\r\n%s" + challenge + b"\r\n")
        self.wfile.write(body % line)


INJECTED = "1\r\n\r\nAction: Injected"


def wait_for(condition: Callable[[], bool], patience: float = 5.0) -> bool:
    """Wait until a condition holds; return whether it does."""
    end = time.monotonic() + patience
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


# -- the clients


def ami_proto_facts(server: Server) -> Facts:
    from ami_backends.selectors import connect
    from ami_proto import ActionLost, InvalidAction

    facts: Facts = {}
    with connect("127.0.0.1", server.port, username="u", secret="secret", wait_fully_booted=False) as pbx:
        for name in ("new", "single", "old"):
            facts[name] = pbx.send("Command", Command=name).output
        facts["bytes"] = pbx.send("Try", Command="bytes")["Name"].encode(errors="surrogateescape").hex()
        response = pbx.send("Try", Command="repeated").response
        facts["repeated"] = None if response is None else list(response.get_all("Variable"))
        try:
            pbx.send("Ping", Value=INJECTED)
        except InvalidAction:
            facts["injected"] = "Injected" in server.actions
        threading.Timer(0.3, server.close_streams).start()
        try:
            pbx.send("Originate", Channel="Local/1")
        except ActionLost as error:
            facts["originate"] = error.sent.name
        pbx.send("Ping", wait=True)
        facts["originates"] = server.actions.count("Originate")
    return facts


def panoramisk_facts(server: Server) -> Facts:
    return asyncio.run(panoramisk_program(server))


async def panoramisk_program(server: Server) -> Facts:
    from panoramisk import Manager

    facts: Facts = {}
    loop = asyncio.get_running_loop()
    manager = Manager(host="127.0.0.1", port=server.port, username="u", secret="s", loop=loop)
    await manager.connect()
    for name in ("new", "single", "old"):
        message = await manager.send_command(name)
        facts[name] = [message.output, message.content]
    reply = await manager.send_action({"Action": "Try", "Command": "bytes"})
    facts["bytes"] = reply.name.encode().hex()
    reply = await manager.send_action({"Action": "Try", "Command": "repeated"})
    facts["repeated"] = reply.variable
    await manager.send_action({"Action": "Ping", "Value": INJECTED})
    facts["injected"] = await asyncio.to_thread(wait_for, lambda: "Injected" in server.actions)
    manager.send_action({"Action": "Originate", "Channel": "Local/1"})
    await asyncio.to_thread(wait_for, lambda: "Originate" in server.actions)
    server.close_streams()
    begin = time.monotonic()
    await asyncio.to_thread(wait_for, lambda: bool(server.streams))
    facts["reconnected after"] = round(time.monotonic() - begin)
    server.streams[-1].sendall(b"Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n")
    await asyncio.to_thread(wait_for, lambda: server.actions.count("Originate") > 1)
    facts["originates"] = server.actions.count("Originate")
    return facts


def pystrix_facts(server: Server) -> Facts:
    from pystrix.ami import Manager, core
    from pystrix.ami.ami import _Request

    facts: Facts = {}
    manager = Manager()
    manager.connect("127.0.0.1", server.port)
    manager.send_action(core.Login("u", "s"))
    for name in ("new", "single", "old"):
        response = manager.send_action(core.Command(name)).response
        facts[name] = [response.get("Output"), response.data]
    request = _Request("Try")
    request["Command"] = "repeated"
    facts["repeated"] = manager.send_action(request).response["Variable"]
    request = _Request("Ping")
    request["Value"] = INJECTED
    manager.send_action(request)
    facts["injected"] = wait_for(lambda: "Injected" in server.actions)
    request = _Request("Try")
    request["Command"] = "bytes"
    request.timeout = 0.5
    facts["bytes"] = manager.send_action(request)
    facts["reads on"] = any("message-reader" in thread.name for thread in threading.enumerate())
    manager.connect("127.0.0.1", server.port)
    server.close_streams()
    time.sleep(0.5)
    facts["connected"] = manager.is_connected()
    return facts


CLIENTS: dict[str, Callable[[Server], Facts]] = {
    "ami-proto": ami_proto_facts,
    "panoramisk": panoramisk_facts,
    "pystrix": pystrix_facts,
}


def compared() -> dict[str, str]:
    """Return the releases that the head of the README's table names."""
    text = (ROOT / "README.md").read_text("utf-8")
    (head,) = re.findall(r"^\| \| (ami-proto .*) \|$", text, re.MULTILINE)
    return dict(cell.strip().split(" ") for cell in head.split("|"))


def facts_about(client: str) -> Facts:
    """Try a client; skip the test where it is not the release of the table."""
    try:
        installed = version(client)
    except PackageNotFoundError:
        pytest.skip(f"{client} is not installed")
    if installed != compared()[client]:
        pytest.skip(f"the table is about {client} {compared()[client]}, not {installed}")
    done = subprocess.run(
        [sys.executable, "-m", "tests.test_comparison", client],
        capture_output=True,
        text=True,
        timeout=40,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    facts: Facts = json.loads(done.stdout)
    return facts


def test_the_facts_about_ami_proto() -> None:
    lines = ["one", "", "two"]
    assert facts_about("ami-proto") == {
        "new": lines,
        "single": ["one"],
        "old": lines,
        "bytes": b"J\xfcrgen".hex(),
        "repeated": ["A=1", "B=2"],
        "injected": False,
        "originate": "FULLY",
        "originates": 1,
    }


def test_the_facts_about_panoramisk() -> None:
    assert facts_about("panoramisk") == {
        "new": [["one", "", "two"], ""],
        "single": ["one", ""],
        "old": ["", "one\n\ntwo\n--END COMMAND--"],
        "bytes": b"Jrgen".hex(),
        "repeated": ["A=1", "B=2"],
        "injected": True,
        "reconnected after": 2,
        "originates": 2,
    }


def test_the_facts_about_pystrix() -> None:
    assert facts_about("pystrix") == {
        "new": ["two", []],
        "single": ["one", []],
        "old": [None, ["one", "", "two"]],
        "repeated": "B=2",
        "injected": True,
        "bytes": None,
        "reads on": False,
        "connected": True,
    }


if __name__ == "__main__":
    print(json.dumps(CLIENTS[sys.argv[1]](Server())), flush=True)
    os._exit(0)  # pystrix has threads that do not end
