"""The kubelet: one worker for each pod that is bound to this node."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterable

from labsupport.base.types import Json
from labsupport.minicluster.api.logs import LogOptions
from labsupport.minicluster.node.logs import log_lines
from labsupport.minicluster.node.pod import PodWorker
from labsupport.minicluster.node.sandbox import NodeContext
from labsupport.minicluster.reconcile import Change, Controller
from labsupport.minicluster.store import Key
from labsupport.rules.status import bad_request, not_found

_LOOK_AGAIN = 1.0


class NodeAgent(Controller):
    """Starts and ends pod workers as pods come and go, and gives out their logs."""

    name = "kubelet"

    def __init__(self, node: NodeContext) -> None:
        super().__init__(node.cluster)
        self._node = node
        self._workers: dict[str, PodWorker] = {}

    async def adopt(self) -> None:
        """Before anything runs: what an earlier daemon left of pods that are no more is removed.

        Pods that are still there are marked as not ready, so that nobody sends them traffic
        before they run again.
        """
        pods = {pod["metadata"]["uid"]: pod for pod in self.cache.list("pods")}
        if self._node.pods.is_dir():
            for directory in self._node.pods.iterdir():
                if directory.name not in pods:
                    shutil.rmtree(directory, ignore_errors=True)
        await asyncio.gather(*(self._mark_unready(pod) for pod in pods.values()))

    async def _mark_unready(self, pod: Json) -> None:
        status = pod.get("status") or {}
        if status.get("phase") != "Running":
            return
        conditions = [
            {**condition, "status": "False", "reason": "NodeRestarted"}
            if condition["type"] in ("Ready", "ContainersReady")
            else condition
            for condition in status.get("conditions") or ()
        ]
        key = Key("pods", pod["metadata"]["namespace"], pod["metadata"]["name"])
        await self.cluster.set_status(key, {**status, "conditions": conditions})

    def keys(self, change: Change) -> Iterable[Key]:
        """A pod itself; the pods that show a changed ConfigMap or Secret get it at once."""
        resource = change.key.resource
        if resource == "pods":
            yield change.key
        elif resource in ("configmaps", "secrets") and change.type != "DELETED":
            for worker in self._workers.values():
                same_namespace = worker.key.namespace == change.key.namespace
                if same_namespace and worker.sandbox.uses(resource, change.key.name):
                    worker.refresh_volumes()

    async def reconcile(self, key: Key) -> float | None:
        """Start, update, end or forget the worker of one pod."""
        pod = self.cache.find(key)
        uid = pod["metadata"]["uid"] if pod else ""
        for worker in list(self._workers.values()):
            if worker.key == key and worker.uid != uid:
                worker.terminate(0)  # its pod was removed by force
                self._forget_when_gone(worker)
        if pod is None or pod["spec"].get("nodeName") != self._node.node_name:
            return None
        if uid not in self._workers:
            if _has_ended(pod):
                return None
            self._start(pod)
        worker = self._workers[uid]
        worker.update(pod)
        if pod["metadata"].get("deletionTimestamp"):
            worker.terminate(float(pod["metadata"].get("deletionGracePeriodSeconds") or 0))
            self._forget_when_gone(worker)
        return None

    def _start(self, pod: Json) -> None:
        worker = PodWorker(pod, self._node)
        self._workers[worker.uid] = worker
        if not pod["metadata"].get("deletionTimestamp"):
            worker.start()

    def _forget_when_gone(self, worker: PodWorker) -> None:
        def forget() -> None:
            if self._workers.pop(worker.uid, None):
                # Should its pod still be there, this ends it once more.
                self.queue.add_after(worker.key, _LOOK_AGAIN)

        worker.on_terminated(forget)

    async def stop(self, grace: float) -> None:
        """End all processes within `grace` seconds; the pods stay in the API."""
        await asyncio.gather(*(worker.stop(grace) for worker in self._workers.values()))

    async def logs(
        self, namespace: str, pod: str, container: str, options: LogOptions
    ) -> AsyncIterator[bytes]:
        """A container's log (`api.logs.LogSource`); StatusError 404 or 400 when there is none."""
        key = Key("pods", namespace, pod)
        worker = next((w for w in self._workers.values() if w.key == key), None)
        if worker is None:
            raise not_found("pods", "", pod)
        path, runner = worker.log_file(container, previous=options.previous)
        if path is None and options.previous:
            raise bad_request(
                f'previous terminated container "{container}" in pod "{pod}" not found'
            )
        if path is None:
            reason = runner.state.get("waiting", {}).get("reason", "ContainerCreating")
            raise bad_request(
                f'container "{container}" in pod "{pod}" is waiting to start: {reason}'
            )
        async for line in log_lines(path, options, lambda: worker.is_writing(path)):
            yield line


def _has_ended(pod: Json) -> bool:
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
