"""Namespaces: what each is born with, and how it ends."""

from collections.abc import Iterable

from labsupport.base.types import Json
from labsupport.minicluster.controllers.conditions import is_terminating
from labsupport.minicluster.reconcile import Change, Cluster, Controller
from labsupport.minicluster.store import Key


class NamespaceController(Controller):
    """Furnishes each with `default` ServiceAccount and root CA; empties what is deleted."""

    name = "namespace-controller"

    def __init__(self, cluster: Cluster, ca_certificate: str) -> None:
        super().__init__(cluster)
        self._ca_certificate = ca_certificate

    def keys(self, change: Change) -> Iterable[Key]:
        """A namespace itself; the namespace of anything deleted."""
        if change.key.resource == "namespaces":
            yield change.key
        elif change.type == "DELETED" and change.key.namespace:
            yield Key("namespaces", "", change.key.namespace)

    async def reconcile(self, key: Key) -> float | None:
        """Furnish one namespace, or empty it and let it go."""
        namespace = self.cache.find(key)
        if namespace is None:
            return None
        if not is_terminating(namespace):
            await self._furnish(key.name)
            return None
        left = list(self.cache.keys_in_namespace(key.name))
        for content in left:
            obj = self.cache.find(content)
            if obj is not None and not is_terminating(obj):
                await self.cluster.delete(content, uid=obj["metadata"]["uid"])
        if not any(self.cache.keys_in_namespace(key.name)):
            await self.cluster.mutate(key, _finalized, subresource="finalize")
            return None
        return 1.0

    async def _furnish(self, namespace: str) -> None:
        if self.cache.get("serviceaccounts", namespace, "default") is None:
            account = {"name": "default", "namespace": namespace}
            await self.cluster.create_unless_there(
                "serviceaccounts",
                {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account},
            )
        if self.cache.get("configmaps", namespace, "kube-root-ca.crt") is None:
            trust: Json = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "kube-root-ca.crt", "namespace": namespace},
                "data": {"ca.crt": self._ca_certificate},
            }
            await self.cluster.create_unless_there("configmaps", trust)


def _finalized(namespace: Json) -> Json:
    finalizers = namespace["spec"].get("finalizers") or []
    left = [finalizer for finalizer in finalizers if finalizer != "kubernetes"]
    return {**namespace, "spec": {**namespace["spec"], "finalizers": left}}
