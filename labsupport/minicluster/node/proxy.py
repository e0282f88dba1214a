"""The service proxy: kube-proxy in user space, as it once was.

Every ClusterIP, NodePort and load balancer address is a TCP listener that relays each connection
to one of the Service's ready endpoints in turn. Balancing is by connection (L4): whoever keeps a
connection open stays with its pod.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from labsupport.base.types import Json
from labsupport.minicluster.node.journal import Address, Journal
from labsupport.minicluster.node.network import Network
from labsupport.minicluster.node.relay import Relay
from labsupport.minicluster.reconcile import Change, Cluster, Controller
from labsupport.minicluster.store import Key

log = logging.getLogger(__name__)

COMPONENT = "kube-proxy"
SLICES = "endpointslices.discovery.k8s.io"
SERVICE_NAME = "kubernetes.io/service-name"
_RETRY = 5.0


@dataclass(frozen=True)
class Backends:
    """The endpoints of one Service port: those that get new connections, and all there are."""

    usable: tuple[Address, ...] = ()
    known: frozenset[Address] = frozenset()


@dataclass
class Balancer:
    """Chooses a backend for each new connection: in turn, or always the same for one client.

    `sticky_seconds` (sessionAffinity ClientIP) is how long a client is remembered after its last
    connection; 0 for not at all.
    """

    backends: Backends = field(default_factory=Backends)
    sticky_seconds: float = 0.0
    _turn: int = 0
    _stuck: dict[str, tuple[Address, float]] = field(default_factory=dict)

    def order(self, client: str) -> Sequence[Address]:
        """The backends to try for a client, best first."""
        usable = self.backends.usable
        if not usable:
            return ()
        start = self._turn % len(usable)
        self._turn += 1
        order = [*usable[start:], *usable[:start]]
        if self.sticky_seconds:
            moment = time.monotonic()
            backend, last = self._stuck.get(client, (order[0], moment))
            if backend in usable and moment - last <= self.sticky_seconds:
                order = [backend, *(other for other in order if other != backend)]
            self._stuck[client] = (order[0], moment)
        return order


def backends(slices: Iterable[Json], port_name: str) -> Backends:
    """The endpoints behind a Service port of this name.

    New connections go to ready endpoints; when there is none, to those that are terminating but
    still serve.
    """
    ready: set[Address] = set()
    serving: set[Address] = set()
    known: set[Address] = set()
    for held in slices:
        numbers = [p["port"] for p in held.get("ports") or () if p.get("name", "") == port_name]
        for endpoint in held.get("endpoints") or ():
            conditions = endpoint.get("conditions") or {}
            addresses = {(ip, number) for ip in endpoint["addresses"] for number in numbers}
            known |= addresses
            if conditions.get("ready", True) is not False:
                ready |= addresses
            elif conditions.get("serving") and conditions.get("terminating"):
                serving |= addresses
    return Backends(tuple(sorted(ready or serving)), frozenset(known))


def listeners(service: Json, network: Network) -> dict[Address, str]:
    """Where a Service is listened on: address and port, with the name of the Service port.

    ClusterIP:port, node:nodePort and load balancer IP:port, for TCP.
    """
    spec = service["spec"]
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
    cluster_ip = spec.get("clusterIP") or "None"
    ips = [
        *([] if cluster_ip == "None" else [cluster_ip]),
        *(i["ip"] for i in ingress if "ip" in i),
    ]
    if spec.get("type") == "ExternalName":
        return {}
    wanted: dict[Address, str] = {}
    for port in spec.get("ports") or ():
        if port.get("protocol", "TCP") != "TCP":
            continue
        for ip in ips:
            wanted[ip, network.bound_port(port["port"])] = port.get("name", "")
        if port.get("nodePort"):
            wanted[network.node_ip, port["nodePort"]] = port.get("name", "")
    return wanted


class _Listener:
    def __init__(self, source: str, service: str, journal: Journal) -> None:
        self.balancer = Balancer()
        self.relay = Relay(self.balancer.order, source=source, service=service, journal=journal)
        self.is_listening = False


class ServiceProxy(Controller):
    """Keeps the listeners of all Services as their objects and endpoints say."""

    name = COMPONENT

    def __init__(self, cluster: Cluster, network: Network) -> None:
        super().__init__(cluster)
        self._network = network
        self._listeners: dict[Key, dict[Address, _Listener]] = {}
        self._problems: dict[tuple[Key, Address], str] = {}
        self._journal = Journal()

    def connections(self, service: str = "", limit: int | None = None) -> list[Json]:
        """The connections relayed last (`api.http.connections.ConnectionSource`)."""
        return [each.to_json() for each in self._journal.last(service, limit)]

    @property
    def problems(self) -> list[str]:
        """The addresses that can't be listened on, and why."""
        return sorted(self._problems.values())

    def keys(self, change: Change) -> Iterable[Key]:
        """A Service itself; the Service of an EndpointSlice."""
        if change.key.resource == "services":
            yield change.key
        elif change.key.resource == SLICES:
            name = (change.object["metadata"].get("labels") or {}).get(SERVICE_NAME)
            if name:
                yield Key("services", change.key.namespace, name)

    async def reconcile(self, key: Key) -> float | None:
        """Bring the listeners of one Service up to date."""
        service = self.cache.find(key)
        wanted = listeners(service, self._network) if service else {}
        held = self._listeners.setdefault(key, {})
        for address in held.keys() - wanted.keys():
            await held.pop(address).relay.close()
            self._problems.pop((key, address), None)
        if service is None:
            del self._listeners[key]
            return None
        slices = self._slices(key)
        for address, port_name in wanted.items():
            await self._update(service, key, address, backends(slices, port_name))
        failed = any(owner == key for owner, _ in self._problems)
        return _RETRY if failed else None

    async def close(self) -> None:
        """Stop listening and cut every connection."""
        for held in self._listeners.values():
            for listener in held.values():
                await listener.relay.close()
        self._listeners.clear()

    def _slices(self, service: Key) -> list[Json]:
        return [
            held
            for held in self.cache.list(SLICES, service.namespace)
            if (held["metadata"].get("labels") or {}).get(SERVICE_NAME) == service.name
        ]

    async def _update(self, service: Json, key: Key, address: Address, behind: Backends) -> None:
        held = self._listeners[key]
        if address not in held:
            name = f"{key.namespace}/{key.name}"
            held[address] = _Listener(self._network.node_ip, name, self._journal)
        listener = held[address]
        listener.balancer.backends = behind
        listener.balancer.sticky_seconds = _sticky_seconds(service)
        listener.relay.keeps_client = _keeps_client(service, address)
        listener.relay.drop(behind.known.__contains__)
        if not behind.usable:
            # Nobody to talk to: a closed port refuses, as kube-proxy's REJECT does.
            listener.relay.stop_listening()
            listener.is_listening = False
            self._problems.pop((key, address), None)
        elif not listener.is_listening:
            await self._listen(service, key, address, listener)

    async def _listen(self, service: Json, key: Key, address: Address, listener: _Listener) -> None:
        ip, port = address
        try:
            await listener.relay.listen(address)
        except OSError as error:
            message = f"cannot listen on {ip}:{port}: {error.strerror or error}"
            if (key, address) not in self._problems:
                log.warning("Service %s/%s: %s", key.namespace, key.name, message)
            self._problems[key, address] = f"Service {key.namespace}/{key.name} {message}"
            self.cluster.recorder.warning(service, "ListenFailed", message, COMPONENT)
        else:
            listener.is_listening = True
            self._problems.pop((key, address), None)


def _keeps_client(service: Json, address: Address) -> bool:
    """Whether connections keep their source: from outside, and only to pods of the same node."""
    spec = service["spec"]
    policy = spec.get("externalTrafficPolicy", "Cluster")
    return bool(policy == "Local" and address[0] != spec.get("clusterIP"))


def _sticky_seconds(service: Json) -> float:
    if service["spec"].get("sessionAffinity") != "ClientIP":
        return 0.0
    config = (service["spec"].get("sessionAffinityConfig") or {}).get("clientIP") or {}
    return float(config.get("timeoutSeconds", 10800))
