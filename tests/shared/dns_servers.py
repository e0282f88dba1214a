"""The lab's DNS servers on free ports of this machine, answering from a thread."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

from labsupport.names.answering import Respond, authoritative, caching
from labsupport.names.cache import Cache
from labsupport.names.server import serving
from labsupport.names.zones import Zones

Server = tuple[str, int]


@contextlib.contextmanager
def dns_servers(zones: Path) -> Iterator[tuple[Server, Server]]:
    """The server that holds the zones, and the caching resolver in front of it."""
    held = Zones(zones)
    with (
        answering(authoritative(held), "127.0.0.1") as dns,
        answering(caching(Cache(held.answer)), "127.0.0.2") as cache,
    ):
        yield dns, cache


@contextlib.contextmanager
def answering(respond: Respond, address: str) -> Iterator[Server]:
    """One server, until the block ends."""
    server = address, free_port(address)
    loop = asyncio.new_event_loop()
    ready, done = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with serving(respond, *server):
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(10)
        loop.close()


def free_port(address: str = "127.0.0.1") -> int:
    """A port that is free for UDP and TCP."""
    with socket.socket() as tcp:
        tcp.bind((address, 0))
        port = int(tcp.getsockname()[1])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind((address, port))
    return port
