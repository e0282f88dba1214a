"""What a cluster has from the start: namespaces, the API's own Service, basic roles."""

from labsupport.base.types import Json
from labsupport.minicluster.api.registry import Registry
from labsupport.rules.rbac import bootstrap_objects
from labsupport.rules.status import StatusError

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


async def bootstrap(registry: Registry) -> None:
    """Makes what is missing; run at every start."""
    for name in NAMESPACES:
        await _ensure(registry, "namespaces", "", {"metadata": {"name": name}})
    await _ensure(registry, "services", "default", _kubernetes_service(registry.network))
    for obj in bootstrap_objects():
        resource = registry.resources.of_kind(obj["apiVersion"], obj["kind"])
        assert resource is not None
        await _ensure(registry, resource.key, "", obj)


async def _ensure(registry: Registry, resource_key: str, namespace: str, obj: Json) -> None:
    try:
        registry.get(resource_key, namespace, obj["metadata"]["name"])
    except StatusError as missing:
        if missing.code != 404:
            raise
        await registry.create(resource_key, obj, namespace=namespace or None)


def _kubernetes_service(network: str) -> Json:
    return {
        "metadata": {
            "name": "kubernetes",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": f"{network}.128.1",
            "ports": [{"name": "https", "protocol": "TCP", "port": 443, "targetPort": 6443}],
        },
    }
