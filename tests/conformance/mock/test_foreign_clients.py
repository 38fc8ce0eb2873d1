"""AMI clients of other authors, from PyPI, against the mock: a check that does not depend on this library.

Each logs in, requests a single response, a list and the output of a command, receives an event of a call and
a UserEvent, and logs off, over real sockets. A workaround for a fault of the client names the fault.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from hashlib import md5
from typing import Any

import panoramisk
import pyami_asterisk
import pystrix
import pytest
from asterisk.ami import AMIClient, SimpleAction

from conformance.mock import LoopbackServer

PATIENCE = 20.0
"""Seconds that a step may take on a busy machine."""

CALL = {"Channel": "Local/1000@default", "Application": "Wait", "Data": "5"}


def key(challenge: str) -> str:
    """Return the key of an MD5 login."""
    return md5(f"{challenge}s3cr3t".encode(), usedforsecurity=False).hexdigest()


# panoramisk: asyncio, plain login; MD5 by hand


async def with_panoramisk(
    server: LoopbackServer, client: Callable[[panoramisk.Manager], Awaitable[None]], **login: str
) -> None:
    manager = panoramisk.Manager(loop=asyncio.get_running_loop(), host=server.host, port=server.port, **login)
    async with asyncio.timeout(PATIENCE):
        await manager.connect()
        await asyncio.sleep(0)  # it stores the connection in a callback
        await client(manager)
        goodbye = await manager.send_action({"Action": "Logoff"})
        assert goodbye.response == "Goodbye"
        manager.close()
        await asyncio.sleep(0.05)  # its transport closes in the next rounds of the loop


async def ask_with_panoramisk(manager: panoramisk.Manager) -> None:
    received: dict[str, asyncio.Future[Any]] = {
        name: asyncio.get_running_loop().create_future() for name in ("Newchannel", "UserEvent")
    }

    def on_event(_manager: panoramisk.Manager, event: Any) -> None:
        if not received[event.event].done():
            received[event.event].set_result(event)

    for name in received:
        manager.register_event(name, on_event)
    pong = await manager.send_action({"Action": "Ping"})
    assert pong.ping == "Pong"
    queues = await manager.send_action({"Action": "QueueStatus"})
    assert [each.event for each in queues][-1] == "QueueStatusComplete"
    version = await manager.send_command("core show version")
    assert version.output.startswith("Asterisk 22")
    called = await manager.send_action({"Action": "Originate", "Async": "true", **CALL})
    assert called[-1].event == "OriginateResponse" or called[0].success
    await manager.send_action({"Action": "UserEvent", "UserEvent": "Hello", "Body": "a:b"})
    assert (await received["Newchannel"]).channel.startswith("Local/1000@default")
    assert (await received["UserEvent"]).body == "a:b"


def test_panoramisk(mock_server: LoopbackServer) -> None:
    async def client(manager: panoramisk.Manager) -> None:
        await manager.authenticated_future
        assert manager.authenticated
        await ask_with_panoramisk(manager)

    asyncio.run(with_panoramisk(mock_server, client, username="admin", secret="s3cr3t"))


def test_panoramisk_with_md5(mock_server: LoopbackServer) -> None:
    async def client(manager: panoramisk.Manager) -> None:
        challenge = await manager.send_action({"Action": "Challenge", "AuthType": "MD5"})
        login = {"Action": "Login", "AuthType": "MD5", "Username": "admin", "Key": key(challenge.challenge)}
        assert (await manager.send_action(login)).message == "Authentication accepted"

    asyncio.run(with_panoramisk(mock_server, client))


# pyami-asterisk: asyncio, plain login only; actions are queued before it connects, and in callbacks


def test_pyami_asterisk(mock_server: LoopbackServer) -> None:
    answers: dict[str, list[dict[str, Any]]] = {}
    client = pyami_asterisk.AMIClient(
        host=mock_server.host,
        port=mock_server.port,
        username="admin",
        secret="s3cr3t",
        ping_delay=0,
        reconnect_timeout=0,
    )

    def expect(name: str, **headers: str) -> None:
        action = {"Action": name, **headers}
        client.create_action(action, lambda message: answers.setdefault(name, []).append(message))

    def on_event(event: dict[str, Any]) -> None:
        answers.setdefault(event["Event"], []).append(event)
        if event["Event"] == "UserEvent":
            expect("Logoff")

    client.register_event(["Newchannel", "UserEvent"], on_event)
    expect("Ping")
    expect("QueueStatus")
    expect("Command", Command="core show version")
    expect("Originate", Async="true", **CALL)
    expect("UserEvent", UserEvent="Hello", Body="a:b")

    async def run() -> None:
        async with asyncio.timeout(PATIENCE):
            await client.connect_ami()

    asyncio.run(run())
    assert answers["Ping"][0]["Ping"] == "Pong"
    assert answers["QueueStatus"][0]["EventList"] == "start"
    assert answers["QueueStatus"][-1]["Event"] == "QueueStatusComplete"
    assert answers["Command"][0]["Output"]
    assert answers["Originate"][0]["Response"] == "Success"
    assert answers["Logoff"][0]["Response"] == "Goodbye"
    assert any(event["Body"] == "a:b" for event in answers["UserEvent"] if "Body" in event)
    assert answers["Newchannel"][0]["Channel"].startswith("Local/1000@default")


# pystrix: threads, both logins


@pytest.fixture
def strix(mock_server: LoopbackServer) -> Iterator[pystrix.ami.Manager]:
    manager = pystrix.ami.Manager()
    manager.connect(mock_server.host, mock_server.port, timeout=1)
    yield manager
    manager.close()


# After its `close` it still reads from the closed stream.
@pytest.mark.filterwarnings("ignore:Exception in thread pystrix:pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("with_challenge", [False, True], ids=["plain", "md5"])
def test_pystrix(strix: pystrix.ami.Manager, with_challenge: bool) -> None:
    core = pystrix.ami.core
    received = {name: threading.Event() for name in ("Newchannel", "UserEvent")}
    for name, event in received.items():
        strix.register_callback(name, lambda _event, _manager, event=event: event.set())
    challenge = strix.send_action(core.Challenge()).result["Challenge"] if with_challenge else None
    assert strix.send_action(core.Login("admin", "s3cr3t", challenge=challenge)).success
    assert strix.send_action(core.Ping()).success
    queues = core.QueueStatus()
    queues.synchronous = True
    assert [params["Queue"] for params in strix.send_action(queues).events["QueueParams"]]
    version = strix.send_action(core.Command("core show version"))
    assert version.success
    assert strix.send_action(core.Originate_Application("Local/1000@default", "Wait", ["5"])).success
    assert strix.send_action(core.UserEvent(UserEvent="Hello", Body="a:b")).success
    assert received["Newchannel"].wait(PATIENCE)
    assert received["UserEvent"].wait(PATIENCE)
    assert strix.send_action(core.Logoff()).response["Response"] == "Goodbye"


# asterisk-ami: threads, plain login; MD5 by hand


@pytest.fixture
def ami_client(mock_server: LoopbackServer) -> Iterator[AMIClient]:
    client = AMIClient(mock_server.host, mock_server.port, timeout=PATIENCE)
    yield client
    client.disconnect()


# It calls a method of threading.Condition by the name that Python 3.10 deprecated.
@pytest.mark.filterwarnings("ignore:notifyAll:DeprecationWarning")
@pytest.mark.parametrize("with_challenge", [False, True], ids=["plain", "md5"])
def test_asterisk_ami(ami_client: AMIClient, with_challenge: bool) -> None:
    received: dict[str, list[Any]] = {}
    over = {name: threading.Event() for name in ("Newchannel", "UserEvent", "QueueStatusComplete")}

    def on_event(event: Any, **_source: Any) -> None:
        received.setdefault(event.name, []).append(event)
        if event.name in over:
            over[event.name].set()

    def ask(name: str, **headers: str) -> Any:
        return ami_client.send_action(SimpleAction(name, **headers)).response

    ami_client.add_event_listener(on_event)
    if with_challenge:
        ami_client.connect()
        challenge = ask("Challenge", AuthType="MD5").keys["Challenge"]
        login = ask("Login", Username="admin", AuthType="MD5", Key=key(challenge))
    else:
        login = ami_client.login("admin", "s3cr3t").response
    assert login.keys["Message"] == "Authentication accepted"
    assert ask("Ping").keys["Ping"] == "Pong"
    assert ask("QueueStatus").keys["EventList"] == "start"
    assert over["QueueStatusComplete"].wait(PATIENCE)
    assert received["QueueParams"]
    assert ask("Command", Command="core show version").keys["Output"].startswith("Asterisk 22")
    assert ask("Originate", Async="true", **CALL).status == "Success"
    assert ask("UserEvent", UserEvent="Hello", Body="a:b").status == "Success"
    assert over["Newchannel"].wait(PATIENCE)
    assert over["UserEvent"].wait(PATIENCE)
    assert received["UserEvent"][0]["Body"] == "a:b"
    assert ami_client.logoff().response.status == "Goodbye"
