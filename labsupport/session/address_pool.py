"""The pool of addresses that LoadBalancer Services get theirs from: shrunk, it teaches waiting."""

from typing import TYPE_CHECKING

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.kube.apply import applied, deleted
from labsupport.rules.address_pool import pool_text, whole_pool

if TYPE_CHECKING:
    from labsupport.session.lab import Lab

_META = {"name": "load-balancer-pool", "namespace": "kube-system"}


def set_pool(lab: "Lab", size: int | None) -> str:
    """Let LoadBalancer Services have the first `size` addresses, all when None; says which.

    Whoever has an address keeps it. On other clusters the pool is their provider's: then this says
    so, and changes nothing.
    """
    network = ".".join(lab.connection.network.split(".")[:2])
    if not network:
        return (
            "Nothing changed: this cluster's load balancers get their addresses from its own "
            "provider. With MetalLB one would: kubectl -n metallb-system edit ipaddresspool"
        )
    whole = list(whole_pool(network))
    if size is not None and not (isinstance(size, int) and 0 <= size <= len(whole)):
        raise UsageError(
            f"a pool has 0 to {len(whole)} addresses", found=str(size), remedy="lab.pool(2)"
        )
    config_map: Json = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _META}
    if size is None:
        list(deleted(lab.api, [config_map], _META["namespace"]))
        return f"LoadBalancer Services may have any of {whole[0]} to {whole[-1]}"
    data = {"addresses": pool_text(network, size)}
    list(applied(lab.api, [{**config_map, "data": data}], _META["namespace"]))
    if not size:
        return "LoadBalancer Services get no new address"
    count = "1 address" if size == 1 else f"{size} addresses"
    return f"LoadBalancer Services may have {count}: {data['addresses'].replace('-', ' to ')}"
