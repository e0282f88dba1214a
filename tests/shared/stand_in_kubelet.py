"""A node for a control plane without any: its pods say that they run, and nothing runs."""

import contextlib
import threading
from collections.abc import Iterator

from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.kube.follow import Follower
from labsupport.rules.status import StatusError

NODE = "stand-in"
_MERGE = {"Content-Type": "application/merge-patch+json"}
_NOW = "2026-01-01T00:00:00Z"


@contextlib.contextmanager
def stand_in_kubelet(administrator: Api) -> Iterator[None]:
    """Bind every pod to one node, call it ready with an address of its own, and let it go."""
    api = Api(administrator.access)
    api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}})
    kubelet = _Kubelet(api)
    kubelet.follower = Follower(api.access, {"pods": None}, kubelet.look)
    kubelet.look()
    try:
        yield
    finally:
        kubelet.follower.close()
        api.delete("nodes", NODE)
        api.close()


class _Kubelet:
    """What it does with each pod, whenever one has changed."""

    follower: Follower

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._addresses: dict[str, str] = {}

    def look(self) -> None:
        with self._lock:
            for pod in self.follower.objects("pods"):
                with contextlib.suppress(StatusError):  # it changed meanwhile: we are told again
                    self._serve(pod)

    def _serve(self, pod: Json) -> None:
        metadata = pod["metadata"]
        path = self._api.kind("pods").path(metadata["namespace"], metadata["name"])
        if metadata.get("deletionTimestamp"):
            self._api.call("DELETE", path, body={"gracePeriodSeconds": 0})
        elif not pod["spec"].get("nodeName"):
            target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
            binding = {"metadata": {"name": metadata["name"]}, "target": target}
            body = {"apiVersion": "v1", "kind": "Binding", **binding}
            self._api.call("POST", f"{path}/binding", body=body)
        elif pod.get("status", {}).get("phase") != "Running":
            status = {"status": self._running(pod)}
            self._api.call("PATCH", f"{path}/status", body=status, headers=_MERGE)

    def _running(self, pod: Json) -> Json:
        uid = pod["metadata"]["uid"]
        address = self._addresses.setdefault(uid, f"10.99.0.{len(self._addresses) + 1}")
        conditions = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
        return {
            "phase": "Running",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "startTime": _NOW,
            "conditions": [
                {"type": each, "status": "True", "lastTransitionTime": _NOW} for each in conditions
            ],
            "containerStatuses": [
                {
                    "name": each["name"],
                    "image": each["image"],
                    "imageID": each["image"],
                    "ready": True,
                    "restartCount": 0,
                    "state": {"running": {"startedAt": _NOW}},
                }
                for each in pod["spec"]["containers"]
            ],
        }
