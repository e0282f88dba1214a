"""The mini-cluster as one program: store, API, controllers, node and proxy in one event loop."""

import asyncio
import contextlib
import fcntl
import logging
import os
import secrets
import signal
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from labsupport.base.errors import ClusterError
from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance
from labsupport.base.types import Json
from labsupport.minicluster.api.auth import Authenticator, ServiceAccountTokens
from labsupport.minicluster.api.bootstrap import bootstrap
from labsupport.minicluster.api.http.app import ApiApp
from labsupport.minicluster.api.http.server import ApiServer
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.controllers import controllers
from labsupport.minicluster.node.agent import NodeAgent
from labsupport.minicluster.node.leftovers import end_leftovers
from labsupport.minicluster.node.network import Network
from labsupport.minicluster.node.proxy import ServiceProxy
from labsupport.minicluster.node.registration import allocatable, heartbeat, register
from labsupport.minicluster.node.sandbox import NodeContext
from labsupport.minicluster.node.scheduler import Scheduler
from labsupport.minicluster.reconcile import Cache, Cluster, Controller, EventRecorder
from labsupport.minicluster.reconcile.cache import WHOLE
from labsupport.minicluster.store import Key, Store

log = logging.getLogger(__name__)

API_PORT = 6443
NODE_NAME = "lab-node"
POD_GRACE_SECONDS = 3.0
_RESTART_AFTER = 1.0


@dataclass(frozen=True)
class DaemonConfig:
    """One instance: `home` holds its state, `network` is the N of 127.N.0.0/16.

    `token` is the administrator's; `certificate`, `key` and `ca_certificate` are PEM files of the
    API server. Ports below 1024 are listened on at port + `port_offset`.
    """

    home: Path
    network: int
    port_offset: int
    token: str
    certificate: Path
    key: Path
    ca_certificate: Path


async def serve(config: DaemonConfig, ready: Callable[[], None]) -> None:
    """Run the cluster until SIGTERM or SIGINT; `ready` is called when the API answers.

    ClusterError when a daemon runs on this home already, AddressInUse when the API server's
    address is taken, StorageError when the state can't be opened.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with _only_daemon(config.home):
        cluster = MiniCluster(config)
        try:
            await cluster.start()
            ready()
            log.info("The cluster is up at %s.", cluster.api_url)
            await stop.wait()
            log.info("The cluster goes down.")
        finally:
            await cluster.stop()
    log.info("The cluster is down.")


@contextlib.contextmanager
def _only_daemon(home: Path) -> Iterator[None]:
    """Hold the home's lock; the system lets go of it when the process ends, however it ends."""
    descriptor = os.open(home / "daemon.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ClusterError(
                "the cluster could not be started",
                found=f"a daemon runs on {home} already",
                remedy="./lab status, or ./lab down to end it",
            ) from None
        yield
    finally:
        os.close(descriptor)


class MiniCluster:
    """All parts of one cluster, put together. `start` it, `stop` it."""

    def __init__(self, config: DaemonConfig) -> None:
        self.network = Network(f"127.{config.network}", config.port_offset)
        self.api_url = f"https://{self.network.prefix}.0.1:{API_PORT}"
        self._config = config
        self._tasks: list[asyncio.Task[None]] = []
        instance = Instance(config.home)
        self._store = Store.open(instance.database)
        self.registry = Registry(self._store, network=self.network.prefix)
        cache = Cache(self.registry, whole=WHOLE)
        self.recorder = EventRecorder(self.registry, host=NODE_NAME)
        self.cluster = Cluster(self.registry, cache, self.recorder)
        tokens = ServiceAccountTokens(_signing_key(config.home))
        ca_certificate = config.ca_certificate.read_text()
        node = NodeContext(
            cluster=self.cluster,
            network=self.network,
            pods=instance.pods,
            instance_id=str(config.home),
            api_url=self.api_url,
            ca_certificate=ca_certificate,
            issue_token=tokens.issue,
            node_name=NODE_NAME,
            allocatable=allocatable(),
        )
        self.agent = NodeAgent(node)
        self.proxy = ServiceProxy(self.cluster, self.network)
        self._controllers: list[Controller] = [
            *controllers(self.cluster, network=self.network.prefix, ca_certificate=ca_certificate),
            Scheduler(self.cluster, NODE_NAME),
            self.agent,
            self.proxy,
        ]
        self._app = ApiApp(
            self.registry, Authenticator(self.registry, config.token.strip(), tokens)
        )
        self._app.log_source = self.agent.logs
        self._app.connection_source = self.proxy.connections
        self._server = ApiServer(self._app, certificate=config.certificate, key=config.key)

    async def start(self) -> None:
        """Everything up: the API answers, and the controllers and the node are at work."""
        await bootstrap(self.registry)
        await self._server.start(f"{self.network.prefix}.0.1", API_PORT)
        cache = self.cluster.cache
        await cache.fill()
        self._run("informer cache", cache.follow)
        self._run("event recorder", self.recorder.run)
        await self._end_leftovers()
        await self.agent.adopt()
        await register(self.cluster, NODE_NAME, self.network)
        await self._publish_api_endpoints()
        for controller in self._controllers:
            self._run(controller.name, controller.run)
        self._run("node lease", lambda: heartbeat(self.cluster, NODE_NAME))
        self._run("status report", self._report_facts)

    async def stop(self) -> None:
        """Everything down: pods first (3 seconds, then SIGKILL), then the API and the store."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.agent.stop(POD_GRACE_SECONDS)
        await self.proxy.close()
        await self._server.stop()
        self._store.close()

    def _run(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(_supervised(name, work), name=name))

    async def _end_leftovers(self) -> None:
        pods = Instance(self._config.home).pods
        if pods.is_dir() and any(pods.iterdir()):
            ended = await asyncio.to_thread(end_leftovers, str(self._config.home), 0)
            if ended:
                log.warning("Ended %d pod processes that an earlier daemon left running.", ended)
        pods.mkdir(mode=0o700, exist_ok=True)

    async def _publish_api_endpoints(self) -> None:
        """The endpoints of Service `kubernetes`, which has no selector."""
        address = f"{self.network.prefix}.0.1"
        meta = {"name": "kubernetes", "namespace": "default"}
        ports = [{"name": "https", "port": API_PORT, "protocol": "TCP"}]
        subset = {"addresses": [{"ip": address}], "ports": ports}
        endpoints: Json = {"apiVersion": "v1", "kind": "Endpoints", "metadata": meta}
        labels = {"kubernetes.io/service-name": "kubernetes"}
        held: Json = {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**meta, "labels": labels},
            "addressType": "IPv4",
            "ports": ports,
            "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        }
        slices = "endpointslices.discovery.k8s.io"
        await self.cluster.create_unless_there("endpoints", {**endpoints, "subsets": [subset]})
        await self.cluster.create_unless_there(slices, held)

    async def _report_facts(self) -> None:
        """Keep ConfigMap kube-public/ingress-lab: how this cluster is to be reached, and problems.

        `problems` has one line for each address that can't be listened on.
        """
        while True:
            await self._write_facts(Key("configmaps", "kube-public", "ingress-lab"))
            await asyncio.sleep(1)

    async def _write_facts(self, key: Key) -> None:
        meta = {"name": key.name, "namespace": key.namespace}
        facts = {
            "network": f"{self.network.prefix}.0.0/16",
            "port-offset": str(self.network.port_offset),
            "problems": "\n".join(self.proxy.problems),
        }
        held = self.cluster.cache.find(key)
        if held is None:
            config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}
            await self.cluster.create_unless_there(key.resource, {**config_map, "data": facts})
        elif held.get("data") != facts:
            await self.cluster.mutate(key, lambda current: {**current, "data": facts})


async def _supervised(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run a part of the cluster; should it fail, say so and start it again."""
    while True:
        try:
            return await work()
        except Exception:
            log.exception("The %s failed; it starts again in %g s.", name, _RESTART_AFTER)
        await asyncio.sleep(_RESTART_AFTER)


def _signing_key(home: Path) -> bytes:
    """The key of the ServiceAccount tokens, made at the first start."""
    path = home / "serviceaccount.key"
    if not path.exists():
        write_atomically(path, secrets.token_bytes(32))
    return path.read_bytes()
