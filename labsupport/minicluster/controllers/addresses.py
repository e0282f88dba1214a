"""LoadBalancer addresses: the part of a cloud provider, or of MetalLB, that hands out IPs."""

from collections.abc import Iterable

from labsupport.base.types import Json
from labsupport.minicluster.controllers.conditions import is_terminating
from labsupport.minicluster.reconcile import Change, Cluster, Controller
from labsupport.minicluster.store import Key
from labsupport.rules.address_pool import AddressPool, PoolError, pool_of, whole_pool

COMPONENT = "load-balancer-controller"
POOL = Key("configmaps", "kube-system", "load-balancer-pool")
"""Whose `data.addresses` are the addresses to give; without it, all of 127.N.192.0/19 are."""


class LoadBalancerController(Controller):
    """Gives each Service of type LoadBalancer an address of its own from the pool.

    The address is in `status.loadBalancer.ingress[0].ip` and free again when the Service is
    deleted or changes its type; a pool that shrinks takes none back. `spec.loadBalancerIP` is
    honoured when it is free. Events are worded as MetalLB's.
    """

    name = COMPONENT

    def __init__(self, cluster: Cluster, network: str) -> None:
        super().__init__(cluster)
        self._network = network

    def keys(self, change: Change) -> Iterable[Key]:
        """A Service itself; when addresses become free, those that wait for one."""
        if change.key == POOL:
            yield from self._waiting()
        if change.key.resource != "services":
            return
        if change.type != "DELETED":
            yield change.key
        had = change.previous is not None and given_address(change.previous)
        if had and (change.type == "DELETED" or not given_address(change.object)):
            yield from self._waiting()

    async def reconcile(self, key: Key) -> float | None:
        """Give one Service its address, or take it back."""
        service = self.cache.find(key)
        if service is None or is_terminating(service):
            return None
        wanted, given = service["spec"].get("type") == "LoadBalancer", given_address(service)
        if wanted and not given:
            await self._give(key, service)
        elif given and not wanted:
            await self._write(key, {})
        return None

    def _waiting(self) -> Iterable[Key]:
        for service in self.cache.list("services"):
            if service["spec"].get("type") == "LoadBalancer" and not given_address(service):
                meta = service["metadata"]
                yield Key("services", meta["namespace"], meta["name"])

    async def _give(self, key: Key, service: Json) -> None:
        recorder = self.cluster.recorder
        try:
            address = self._free(service["spec"].get("loadBalancerIP", ""))
        except PoolError as error:
            message = f'Failed to allocate IP for "{key.namespace}/{key.name}": {error}'
            recorder.warning(service, "AllocationFailed", message, COMPONENT)
            return
        await self._write(key, {"ingress": [{"ip": address, "ipMode": "VIP"}]})
        recorder.normal(service, "IPAllocated", f'Assigned IP ["{address}"]', COMPONENT)

    def _free(self, asked: str) -> str:
        """A free address, or the one asked for; PoolError says why there is none."""
        pool = self._pool()
        taken = {given_address(other) for other in self.cache.list("services")}
        if asked and asked not in pool:
            raise PoolError(f'"{asked}" is not allowed in config')
        if asked and asked in taken:
            raise PoolError(f'address "{asked}" is already in use')
        address = asked or next((each for each in pool if each not in taken), "")
        if not address:
            raise PoolError("no available IPs")
        return address

    def _pool(self) -> AddressPool:
        held = self.cache.find(POOL)
        if held is None or "addresses" not in (held.get("data") or {}):
            return whole_pool(self._network)
        return pool_of(held["data"]["addresses"], self._network)

    async def _write(self, key: Key, load_balancer: Json) -> None:
        await self.cluster.mutate(
            key,
            lambda service: {
                **service,
                "status": {**service.get("status", {}), "loadBalancer": load_balancer},
            },
            subresource="status",
        )


def given_address(service: Json) -> str:
    """The load balancer's IP in a Service's status, or ""."""
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    return str(ingress[0].get("ip", ""))
