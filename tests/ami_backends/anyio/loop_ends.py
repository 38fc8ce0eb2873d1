"""A program that never closes its client, and ends its loop: run by `test_lone_clients.py`."""

import asyncio
import gc
import sys

import trio
import uvloop

from ami_backends.anyio import Client
from ami_proto import ServerConfig
from conformance.laws.peer import Peer, honest

how, where = sys.argv[1:]
kept: list[object] = []


async def main(port: int) -> None:
    pbx = Client(ServerConfig(key="pbx", host="127.0.0.1", port=port, username="admin", secret="s3cr3t"))
    await pbx.start()
    await pbx.send("Ping")
    if where != "local":
        kept.append(pbx)


with Peer(honest) as peer:
    match how:
        case "asyncio.run":
            asyncio.run(main(peer.port))
        case "uvloop.run":
            uvloop.run(main(peer.port))
        case "trio.run":
            trio.run(main, peer.port)
        case "closed" | "uvloop-closed" | "left":
            loop = uvloop.new_event_loop() if how == "uvloop-closed" else asyncio.new_event_loop()
            loop.run_until_complete(main(peer.port))
            if how != "left":
                loop.close()
    if where == "collected":
        kept.clear()
    gc.collect()
    print("ended")
