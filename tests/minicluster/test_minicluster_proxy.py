"""The service proxy: real sockets on loopback, a real registry, no pods."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from own_network import PREFIX

from labsupport.base.types import Json
from labsupport.minicluster.node.network import Network
from labsupport.minicluster.node.proxy import Backends, Balancer, ServiceProxy, backends, listeners
from labsupport.minicluster.node.relay import Relay
from labsupport.minicluster.reconcile import Cluster
from labsupport.minicluster.store import Key

SLICES = "endpointslices.discovery.k8s.io"


class Backend:
    """A server that says its name, then echoes; a client that ends its half still gets the rest."""

    def __init__(self, name: str, ip: str = "127.0.0.1") -> None:
        self.name = name
        self._ip = ip
        self.peers: list[str] = []
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> "Backend":
        self._server = await asyncio.start_server(self._serve, self._ip, 0)
        self.address: tuple[str, int] = self._server.sockets[0].getsockname()
        return self

    async def __aexit__(self, *exc: object) -> None:
        # asyncio drops, unclosed, a connection that is being accepted when its server is closed.
        await asyncio.sleep(0.05)
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self.peers.append(writer.get_extra_info("peername")[0])
        writer.write(f"{self.name}\n".encode())
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.write(b"end\n")
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


class Client:
    """A connection to `address`, closed at the end."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address

    async def __aenter__(self) -> "Client":
        self.reader, self.writer = await asyncio.open_connection(*self._address)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()

    async def line(self) -> str:
        return (await asyncio.wait_for(self.reader.readline(), 5)).decode().strip()


def free_port(ip: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((ip, 0))
        return int(probe.getsockname()[1])


async def names(address: tuple[str, int], count: int) -> list[str]:
    found = []
    for _ in range(count):
        async with Client(address) as client:
            found.append(await client.line())
    return found


def test_connections_go_to_the_backends_in_turn() -> None:
    a, b = ("127.0.0.1", 1), ("127.0.0.1", 2)
    balancer = Balancer(Backends((a, b), frozenset({a, b})))
    assert [balancer.order("x")[0] for _ in range(4)] == [a, b, a, b]
    assert len(balancer.order("x")) == 2


def test_a_client_with_affinity_stays_while_its_backend_is_there() -> None:
    a, b = ("127.0.0.1", 1), ("127.0.0.1", 2)
    balancer = Balancer(Backends((a, b), frozenset({a, b})), sticky_seconds=60)
    first = balancer.order("x")[0]
    assert [balancer.order("x")[0] for _ in range(3)] == [first] * 3
    other = b if first == a else a
    balancer.backends = Backends((other,), frozenset({other}))
    assert balancer.order("x")[0] == other


def test_terminating_endpoints_serve_only_when_none_is_ready() -> None:
    def held(*endpoints: Json) -> list[Json]:
        return [{"ports": [{"name": "", "port": 80}], "endpoints": list(endpoints)}]

    ready = {"addresses": ["127.0.0.1"], "conditions": {"ready": True, "serving": True}}
    leaving = {
        "addresses": ["127.0.0.2"],
        "conditions": {"ready": False, "serving": True, "terminating": True},
    }
    unready = {"addresses": ["127.0.0.3"], "conditions": {"ready": False, "serving": False}}
    assert backends(held(ready, leaving, unready), "").usable == (("127.0.0.1", 80),)
    assert backends(held(leaving, unready), "").usable == (("127.0.0.2", 80),)
    assert backends(held(unready), "").usable == ()
    assert backends(held(ready), "other").usable == ()


def test_a_service_is_listened_on_at_all_its_addresses() -> None:
    service: Json = {
        "spec": {
            "type": "LoadBalancer",
            "clusterIP": "127.77.128.5",
            "ports": [
                {"name": "web", "port": 80, "nodePort": 30080},
                {"port": 5, "protocol": "UDP"},
            ],
        },
        "status": {"loadBalancer": {"ingress": [{"ip": "127.77.192.1"}]}},
    }
    assert listeners(service, Network("127.77", port_offset=8000)) == {
        ("127.77.128.5", 8080): "web",
        ("127.77.192.1", 8080): "web",
        ("127.77.0.2", 30080): "web",
    }


async def test_the_relay_tries_the_next_backend_when_one_refuses() -> None:
    dead = ("127.0.0.1", free_port())
    address = ("127.0.0.1", free_port())
    async with Backend("good") as good:
        relay = Relay(lambda client: [dead, good.address])
        await relay.listen(address)
        assert await names(address, 1) == ["good"]
        await relay.close()


async def test_a_half_closed_connection_still_gets_its_answer() -> None:
    address = ("127.0.0.1", free_port())
    async with Backend("b") as backend:
        relay = Relay(lambda client: [backend.address])
        await relay.listen(address)
        async with Client(address) as client:
            assert await client.line() == "b"
            client.writer.write(b"hello\n")
            client.writer.write_eof()
            assert (await asyncio.wait_for(client.reader.read(), 5)) == b"hello\nend\n"
        await relay.close()


async def test_much_data_passes_unharmed_at_the_readers_pace() -> None:
    address = ("127.0.0.1", free_port())
    sent = os.urandom(1 << 20) * 8
    async with Backend("b") as backend:
        relay = Relay(lambda client: [backend.address])
        await relay.listen(address)
        async with Client(address) as client:
            await client.line()

            async def send() -> None:
                client.writer.write(sent)
                await client.writer.drain()
                client.writer.write_eof()

            sending = asyncio.create_task(send())
            await asyncio.sleep(0.1)  # nobody reads: the relay has to wait, not to hoard
            received = await asyncio.wait_for(client.reader.read(), 20)
            await sending
        assert received == sent + b"end\n"
        await relay.close()


@pytest.fixture
async def proxy(cluster: Cluster) -> AsyncIterator[ServiceProxy]:
    proxy = ServiceProxy(cluster, Network(PREFIX))
    running = asyncio.create_task(proxy.run())
    yield proxy
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await proxy.close()


class Service:
    """Service `web` with a cluster IP of this test's network, and endpoints set by hand."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.port = free_port(f"{PREFIX}.128.9")
        self.address = (f"{PREFIX}.128.9", self.port)

    async def create(self, *backends: Backend, **spec: Any) -> None:
        # The registry of the tests gives addresses in another network: take ours by hand.
        ports = [{"port": self.port, "name": "web"}]
        meta = {"name": "web", "namespace": "default"}
        service = {"apiVersion": "v1", "kind": "Service", "metadata": meta}
        external = {"ingress": [{"ip": self.address[0], "ipMode": "VIP"}]}
        spec = {"type": "LoadBalancer", "ports": ports, **spec}
        await self._cluster.create("services", {**service, "spec": spec})
        await self._cluster.set_status(
            Key("services", "default", "web"), {"loadBalancer": external}
        )
        await self.endpoints(*backends)

    async def endpoints(self, *backends: Backend) -> None:
        """One slice for each backend, as each has a port of its own."""
        for held in self._cluster.cache.list(SLICES, "default"):
            if held["metadata"]["name"].startswith("web-"):
                await self._cluster.delete(Key(SLICES, "default", held["metadata"]["name"]))
        for backend in backends:
            ip, port = backend.address
            labels = {"kubernetes.io/service-name": "web"}
            meta = {"generateName": "web-", "namespace": "default", "labels": labels}
            endpoint = {"addresses": [ip], "conditions": {"ready": True}}
            held = {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": meta,
                "addressType": "IPv4",
                "ports": [{"name": "web", "port": port}],
                "endpoints": [endpoint],
            }
            await self._cluster.create(SLICES, held)

    async def answers(self) -> bool:
        try:
            async with Client(self.address):
                return True
        except ConnectionError:  # refused, or reset when it hits the moment of closing
            return False

    async def until_it(self, answers: bool) -> None:
        deadline = time.monotonic() + 20
        while await self.answers() is not answers:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)


async def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_a_service_balances_connections_over_its_endpoints(
    cluster: Cluster, proxy: ServiceProxy
) -> None:
    service = Service(cluster)
    async with Backend("a") as a, Backend("b") as b:
        await service.create(a, b)
        await service.until_it(answers=True)
        assert sorted(await names(service.address, 4)) == ["a", "a", "b", "b"]
        assert a.peers[-1] == f"{PREFIX}.0.2"  # the client's own address is lost, as behind NAT


async def test_with_the_policy_local_a_backend_sees_the_client_itself(
    cluster: Cluster, proxy: ServiceProxy
) -> None:
    service = Service(cluster)
    async with Backend("a") as a:
        await service.create(a, externalTrafficPolicy="Local")
        await service.until_it(answers=True)
        await names(service.address, 1)
        assert a.peers[-1] == "127.0.0.1"


async def test_a_service_without_endpoints_refuses(cluster: Cluster, proxy: ServiceProxy) -> None:
    service = Service(cluster)
    async with Backend("a") as a:
        await service.create(a)
        await service.until_it(answers=True)
        await service.endpoints()
        await service.until_it(answers=False)
        await service.endpoints(a)
        await service.until_it(answers=True)


async def test_open_connections_outlive_changes_but_not_their_endpoint(
    cluster: Cluster, proxy: ServiceProxy
) -> None:
    service = Service(cluster)
    async with Backend("a") as a, Backend("b") as b:
        await service.create(a)
        await service.until_it(answers=True)
        async with Client(service.address) as client:
            assert await client.line() == "a"
            labels = {"metadata": {"labels": {"x": "y"}}}

            def labelled(found: Json) -> Json:
                return {**found, "metadata": {**found["metadata"], **labels["metadata"]}}

            await cluster.mutate(Key("services", "default", "web"), labelled)
            client.writer.write(b"still here\n")
            assert await client.line() == "still here"
            await service.endpoints(b)
            assert await client.line() == ""  # cut
        await service.until_it(answers=True)
        assert await names(service.address, 1) == ["b"]


async def test_a_port_that_is_taken_is_told_and_tried_again(
    cluster: Cluster, proxy: ServiceProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labsupport.minicluster.node.proxy._RETRY", 0.05)
    service = Service(cluster)
    with socket.socket() as squatter:
        squatter.bind(service.address)
        squatter.listen()
        async with Backend("a") as a:
            await service.create(a)
            await until(lambda: bool(proxy.problems))
            (problem,) = proxy.problems
            assert f"cannot listen on {service.address[0]}:{service.port}" in problem
            await cluster.recorder.flush()
            reasons = {event["reason"] for event in cluster.registry.list("events")}
            assert "ListenFailed" in reasons
            squatter.close()
            await until(lambda: not proxy.problems)
            assert await names(service.address, 1) == ["a"]


async def test_a_deleted_service_is_listened_on_no_more(
    cluster: Cluster, proxy: ServiceProxy
) -> None:
    service = Service(cluster)
    async with Backend("a") as a:
        await service.create(a)
        await service.until_it(answers=True)
        await cluster.delete(Key("services", "default", "web"))
        await service.until_it(answers=False)
