"""The last relayed connections and their first bytes: kept, bounded, and read through the API."""

import asyncio
import base64

from minicluster_api import Api

from labsupport.minicluster.node.journal import CONNECTIONS, Journal, Relayed
from labsupport.minicluster.node.relay import Relay
from labsupport.rules.wire import FIRST_BYTES, HELLO_BYTES, is_enough

CLIENT, LISTENER, BACKEND = ("127.0.0.1", 1), ("127.0.0.1", 80), ("127.0.0.1", 8080)
PATH = "/api/v1/nodes/lab-node/proxy/connections"


def relayed(service: str) -> Relayed:
    return Relayed(service, CLIENT, LISTENER, BACKEND)


def test_only_the_last_connections_are_kept() -> None:
    journal = Journal()
    for number in range(CONNECTIONS + 5):
        journal.add(relayed(f"a/{number}"))
    kept = journal.last()
    assert (len(kept), kept[0].service, kept[-1].service) == (CONNECTIONS, "a/5", "a/204")


def test_connections_are_asked_for_by_service_and_number() -> None:
    journal = Journal()
    for service in ("a/x", "a/y", "a/x", "a/x"):
        journal.add(relayed(service))
    assert len(journal.last("a/x")) == 3
    assert len(journal.last("a/x", 2)) == 2
    assert journal.last("a/z") == []


def test_of_clear_text_little_is_kept_and_of_a_tls_handshake_enough_for_its_names() -> None:
    clear, hello = bytearray(), bytearray()
    assert not is_enough(clear, b"GET / ")
    assert is_enough(clear, b"x" * 5000)
    assert len(clear) == FIRST_BYTES
    assert clear.startswith(b"GET / ")
    assert not is_enough(hello, b"\x16" + b"x" * 1000)
    assert is_enough(hello, b"x" * 5000)
    assert len(hello) == HELLO_BYTES


async def test_a_relayed_connection_leaves_its_first_bytes_each_way() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(200)
        writer.write(b"pong" * 100)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    backend = server.sockets[0].getsockname()
    journal = Journal()
    relay = Relay(lambda client: [backend], service="default/kiada", journal=journal)
    await relay.listen(("127.0.0.1", 0))
    assert relay._server is not None
    listener = relay._server.sockets[0].getsockname()
    reader, writer = await asyncio.open_connection(*listener)
    client = writer.get_extra_info("sockname")
    for _ in range(2):
        writer.write(b"ping" * 25)
        await writer.drain()
    assert await reader.read() == b"pong" * 100
    writer.close()
    await relay.close()
    server.close()
    (kept,) = journal.last("default/kiada")
    assert (kept.client, kept.listener, kept.backend) == (client, listener, backend)
    assert (bytes(kept.sent), bytes(kept.received)) == (b"ping" * 16, b"pong" * 16)


async def test_the_api_tells_the_last_connections_of_a_service(api: Api) -> None:
    journal = Journal()
    journal.add(relayed("default/kiada"))
    journal.add(relayed("default/quote"))
    journal.last()[0].sent.extend(b"GET / HTTP/1.1")
    api.app.connection_source = lambda service, limit: [
        each.to_json() for each in journal.last(service, limit)
    ]
    await api.registry.create("nodes", {"metadata": {"name": "lab-node"}})
    reply = await asyncio.to_thread(api.request, "GET", f"{PATH}?service=default/kiada&limit=5")
    (item,) = reply.json["items"]
    assert (item["client"], item["listener"]) == ("127.0.0.1:1", "127.0.0.1:80")
    assert base64.b64decode(item["sent"]) == b"GET / HTTP/1.1"


async def test_asked_wrongly_the_api_says_what_it_takes(api: Api) -> None:
    async def status(path: str, token: str | None = None) -> int:
        reply = await asyncio.to_thread(api.request, "GET", path, token=token)
        return reply.status

    assert await status(PATH) == 404  # no such node
    await api.registry.create("nodes", {"metadata": {"name": "lab-node"}})
    assert await status(PATH) == 503  # no proxy is running in this test
    api.app.connection_source = lambda service, limit: []
    assert await status(f"{PATH}?limit=0") == 400
    assert await status(f"{PATH}?limit=x") == 400
    assert await status("/api/v1/nodes/lab-node/proxy/stats") == 404


async def test_reading_connections_takes_a_right_of_its_own(api: Api) -> None:
    await api.registry.create("nodes", {"metadata": {"name": "lab-node"}})
    api.app.connection_source = lambda service, limit: []
    headers = {"Impersonate-User": "ann"}
    reply = await asyncio.to_thread(api.request, "GET", PATH, headers=headers)
    assert reply.status == 403
    assert 'cannot get resource "nodes/proxy"' in reply.json["message"]
