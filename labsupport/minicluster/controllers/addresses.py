"""LoadBalancer addresses: the part of a cloud provider that hands out IPs."""

from collections.abc import Iterable, Iterator

from labsupport.base.types import Json
from labsupport.minicluster.controllers.conditions import is_terminating
from labsupport.minicluster.reconcile import Change, Cluster, Controller
from labsupport.minicluster.store import Key

COMPONENT = "service-controller"


class LoadBalancerController(Controller):
    """Gives each Service of type LoadBalancer an address of its own in 127.N.192.0/19.

    The address is in `status.loadBalancer.ingress[0].ip` and free again when the Service is
    deleted or changes its type. `spec.loadBalancerIP` is honoured when it is free.
    """

    name = COMPONENT

    def __init__(self, cluster: Cluster, network: str) -> None:
        super().__init__(cluster)
        self._network = network

    def keys(self, change: Change) -> Iterable[Key]:
        """A Service itself; when one gives an address back, those that wait for one."""
        if change.key.resource != "services":
            return
        if change.type != "DELETED":
            yield change.key
        elif given_address(change.object):
            for service in self.cache.list("services"):
                if service["spec"].get("type") == "LoadBalancer" and not given_address(service):
                    meta = service["metadata"]
                    yield Key("services", meta["namespace"], meta["name"])

    async def reconcile(self, key: Key) -> float | None:
        """Give one Service its address, or take it back."""
        service = self.cache.find(key)
        if service is None or is_terminating(service):
            return None
        wanted, given = service["spec"].get("type") == "LoadBalancer", given_address(service)
        if wanted and not given:
            return await self._give(key, service)
        if given and not wanted:
            await self._write(key, {})
        return None

    async def _give(self, key: Key, service: Json) -> float | None:
        asked = service["spec"].get("loadBalancerIP", "")
        taken = {given_address(other) for other in self.cache.list("services")}
        free = (address for address in self._pool() if address not in taken)
        if asked:
            free = (address for address in free if address == asked)
        address = next(free, None)
        recorder = self.cluster.recorder
        if address is None:
            message = (
                f"{asked} is taken or outside {self._network}.192.0/19"
                if asked
                else f"no address is free in {self._network}.192.0/19"
            )
            recorder.warning(service, "SyncLoadBalancerFailed", message, COMPONENT)
            return 10.0
        await self._write(key, {"ingress": [{"ip": address, "ipMode": "VIP"}]})
        recorder.normal(service, "EnsuredLoadBalancer", "Ensured load balancer", COMPONENT)
        return None

    async def _write(self, key: Key, load_balancer: Json) -> None:
        await self.cluster.mutate(
            key,
            lambda service: {
                **service,
                "status": {**service.get("status", {}), "loadBalancer": load_balancer},
            },
            subresource="status",
        )

    def _pool(self) -> Iterator[str]:
        for third in range(192, 224):
            for last in range(1, 255):
                yield f"{self._network}.{third}.{last}"


def given_address(service: Json) -> str:
    """The load balancer's IP in a Service's status, or ""."""
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    return str(ingress[0].get("ip", ""))
