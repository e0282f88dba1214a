"""The scheduler: binds pods to the one node there is, or says why it can't."""

from collections.abc import Iterable
from decimal import Decimal

from labsupport.base.types import Json
from labsupport.minicluster.node.fields import quantity
from labsupport.minicluster.reconcile import Change, Cluster, Controller
from labsupport.minicluster.reconcile.times import now
from labsupport.minicluster.store import Key

COMPONENT = "default-scheduler"
_RETRY = 30.0


class Scheduler(Controller):
    """Gives unbound pods a node, if its labels and resources suit them."""

    name = COMPONENT

    def __init__(self, cluster: Cluster, node_name: str) -> None:
        super().__init__(cluster)
        self._node_name = node_name

    def keys(self, change: Change) -> Iterable[Key]:
        """Unbound pods; all of them again when a pod leaves or the node changes."""
        resource = change.key.resource
        if resource == "pods" and change.type != "DELETED":
            if not change.object["spec"].get("nodeName"):
                yield change.key
        elif resource in ("pods", "nodes"):
            for pod in self.cache.list("pods"):
                if not pod["spec"].get("nodeName"):
                    yield Key("pods", pod["metadata"]["namespace"], pod["metadata"]["name"])

    async def reconcile(self, key: Key) -> float | None:
        """Bind one pod."""
        pod = self.cache.find(key)
        if pod is None or pod["spec"].get("nodeName") or pod["metadata"].get("deletionTimestamp"):
            return None
        if pod["spec"].get("schedulerName", COMPONENT) != COMPONENT:
            return None
        node = self.cache.get("nodes", "", self._node_name)
        why = self._obstacle(pod, node)
        if why:
            await self._refuse(key, pod, f"0/1 nodes are available: 1 {why}.")
            return _RETRY
        await self.cluster.mutate(key, lambda pod: _bound(pod, self._node_name), "binding")
        message = f"Successfully assigned {key.namespace}/{key.name} to {self._node_name}"
        self.cluster.recorder.normal(pod, "Scheduled", message, COMPONENT)
        return None

    def _obstacle(self, pod: Json, node: Json | None) -> str:
        """Why the pod can't run on the node, in the scheduler's words; "" when it can."""
        if node is None:
            return "node(s) were not ready"
        if node["spec"].get("unschedulable"):
            return "node(s) were unschedulable"
        wanted = (pod["spec"].get("nodeSelector") or {}).items()
        if not wanted <= (node["metadata"].get("labels") or {}).items():
            return "node(s) didn't match Pod's node affinity/selector"
        allocatable = node["status"]["allocatable"]
        others = [
            other
            for other in self.cache.list("pods")
            if other["spec"].get("nodeName") == self._node_name
            and other.get("status", {}).get("phase") not in ("Succeeded", "Failed")
        ]
        if len(others) >= int(allocatable["pods"]):
            return "Too many pods"
        for resource, amount in requested(pod).items():
            used = sum((requested(other).get(resource, Decimal(0)) for other in others), Decimal(0))
            if amount + used > quantity(allocatable.get(resource, "0")):
                return f"Insufficient {resource}"
        return ""

    async def _refuse(self, key: Key, pod: Json, message: str) -> None:
        held = pod.get("status", {}).get("conditions") or ()
        if any(condition.get("message") == message for condition in held):
            return
        self.cluster.recorder.warning(pod, "FailedScheduling", message, COMPONENT)
        refused = _scheduled("False", "Unschedulable", message)
        await self.cluster.set_status(key, {**pod.get("status", {}), "conditions": [refused]})


def requested(pod: Json) -> dict[str, Decimal]:
    """The sum of the containers' resource requests."""
    total: dict[str, Decimal] = {}
    for container in pod["spec"]["containers"]:
        requests = (container.get("resources") or {}).get("requests") or {}
        for resource, amount in requests.items():
            total[resource] = total.get(resource, Decimal(0)) + quantity(amount)
    return total


def _bound(pod: Json, node_name: str) -> Json:
    """What the binding subresource makes of a pod: its node, and that it is scheduled."""
    status = {**pod.get("status", {}), "conditions": [_scheduled("True")]}
    return {**pod, "spec": {**pod["spec"], "nodeName": node_name}, "status": status}


def _scheduled(status: str, reason: str = "", message: str = "") -> Json:
    condition: Json = {
        "type": "PodScheduled",
        "status": status,
        "lastProbeTime": None,
        "lastTransitionTime": now(),
    }
    return condition | ({"reason": reason, "message": message} if reason else {})
