"""One pod on the node, from its first volume to its last process."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from labsupport.base.errors import LabError
from labsupport.base.types import Json
from labsupport.minicluster.node.container import ContainerRunner
from labsupport.minicluster.node.payloads import SourceMissing
from labsupport.minicluster.node.podstatus import Observed, pod_status
from labsupport.minicluster.node.process import Launch
from labsupport.minicluster.node.sandbox import NodeContext, PodSandbox
from labsupport.minicluster.reconcile.times import now
from labsupport.minicluster.store import Key
from labsupport.rules.status import StatusError

log = logging.getLogger(__name__)

COMPONENT = "kubelet"
_VOLUME_RETRY = 0.25
_LONGEST_VOLUME_RETRY = 5.0
_REPORT_RETRY = 1.0


class PodWorker:
    """Runs a pod's containers and reports what becomes of them."""

    def __init__(self, pod: Json, node: NodeContext) -> None:
        meta = pod["metadata"]
        self.key = Key("pods", meta["namespace"], meta["name"])
        self.uid: str = meta["uid"]
        self.pod = pod
        self.sandbox = PodSandbox(pod, node)
        self._node = node
        self._started_at = now()
        self._dirty = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._reporting: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._kill_now = asyncio.Event()
        spec, status = pod["spec"], pod.get("status") or {}
        policy = spec.get("restartPolicy", "Always")
        # An init container has done its work when it succeeded once.
        init_policy = "Never" if policy == "Never" else "OnFailure"
        self._init = self._runners(
            spec.get("initContainers") or (), init_policy, status.get("initContainerStatuses")
        )
        self._containers = self._runners(
            spec["containers"], policy, status.get("containerStatuses")
        )

    def _runners(
        self, specs: Sequence[Json], policy: str, previous: Sequence[Json] | None
    ) -> list[ContainerRunner]:
        by_name = {status["name"]: status for status in previous or ()}
        return [
            ContainerRunner(
                spec,
                self,
                policy,
                previous=by_name.get(spec["name"]),
                back_off=self._node.back_off(),
            )
            for spec in specs
        ]

    # What the containers need of their pod (container.Surroundings)

    @property
    def pod_ip(self) -> str:
        """The pod's address; empty before it has one."""
        return self.sandbox.pod_ip

    def launch(self, container: Json, command: list[str] | None = None) -> Launch:
        """What to start for a container, or to run in it."""
        return self.sandbox.launch(container, command)

    def log_path(self, container: str, run: int) -> Path:
        """Where a run of a container is logged."""
        return self.sandbox.log_path(container, run)

    def image_id(self, container: Json) -> str:
        """What the container's image is on this node."""
        return self.sandbox.image_id(container)

    def note(self, kind: str, reason: str, message: str) -> None:
        """Record an Event about the pod."""
        recorder = self._node.cluster.recorder
        record = recorder.warning if kind == "Warning" else recorder.normal
        record(self.pod, reason, message, COMPONENT)

    def changed(self) -> None:
        """Have the pod's status written, together with whatever else changes right now."""
        self._dirty.set()

    # What the agent asks of a pod

    def start(self) -> None:
        """Begin to run the pod."""
        self.sandbox.pod_ip = self._node.addresses.allocate()
        self._tasks.append(asyncio.create_task(self._run()))
        self._reporting = asyncio.create_task(self._report())

    def update(self, pod: Json) -> None:
        """The pod's object is another now: take over new images and labels."""
        self.pod = self.sandbox.pod = pod
        for runner, spec in zip(self._containers, pod["spec"]["containers"], strict=False):
            if runner.spec["image"] != spec["image"]:
                grace = float(pod["spec"].get("terminationGracePeriodSeconds", 30))
                self._tasks.append(asyncio.create_task(runner.replace(spec, grace)))

    def refresh_volumes(self) -> None:
        """A ConfigMap or Secret that the pod shows changed."""
        if not self.pod_ip:
            return
        try:
            self.sandbox.publish_volumes()
        except (SourceMissing, OSError) as problem:
            self.note("Warning", "FailedMount", str(problem))

    def terminate(self, grace: float) -> None:
        """End the pod within `grace` seconds and then delete it; asked again, only sooner."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._terminate(grace))
        elif grace == 0:
            self._kill_now.set()

    def on_terminated(self, then: Callable[[], None]) -> None:
        """Call `then` when a pod that is being terminated is gone, or could not be deleted."""

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled():
                if error := task.exception():
                    log.warning("Pod %s could not be deleted: %s", self.key.name, error)
                then()

        if self._ending is not None:
            self._ending.add_done_callback(ended)

    async def stop(self, grace: float) -> None:
        """End the processes and nothing else: the node goes, the pod stays in the API."""
        for task in filter(None, [self._reporting, self._ending]):
            task.cancel()
        await self._stop_containers(grace)
        await self._cancel()

    def log_file(self, container: str, *, previous: bool) -> tuple[Path | None, ContainerRunner]:
        """The log of the container's current or previous run (None: there is none)."""
        runner = next(r for r in [*self._containers, *self._init] if r.name == container)
        number = runner.restart_count
        if previous and "waiting" not in runner.state:  # else the latest run is over already
            number -= 1
        path = self.log_path(container, number)
        return (path if number >= 0 and path.exists() else None), runner

    def is_writing(self, path: Path) -> bool:
        """Whether a container that writes this log is running."""
        return any(
            runner.is_running and self.log_path(runner.name, runner.restart_count) == path
            for runner in [*self._containers, *self._init]
        )

    # How it is done

    async def _run(self) -> None:
        self.changed()
        try:
            await self._mount()
            for runner in self._init:
                await runner.run()
                if runner.exit_code != 0:
                    return
            await asyncio.gather(*(runner.run() for runner in self._containers))
        except Exception:
            log.exception("Pod %s/%s can't be run", self.key.namespace, self.key.name)
            self.note("Warning", "FailedSync", "error running the pod; see daemon.log")

    async def _mount(self) -> None:
        """Publish the volumes, waiting for what is missing."""
        delay = _VOLUME_RETRY
        while True:
            try:
                self.sandbox.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                self.sandbox.publish_volumes()
            except (SourceMissing, OSError) as problem:
                self.note("Warning", "FailedMount", str(problem))
                await asyncio.sleep(delay)
                delay = min(delay * 2, _LONGEST_VOLUME_RETRY)
            else:
                return

    def _status(self) -> Json:
        seen = Observed(
            init=[runner.status() for runner in self._init],
            containers=[runner.status() for runner in self._containers],
            pod_ip=self.pod_ip,
            host_ip=self._node.network.node_ip,
            started_at=self._started_at,
        )
        return pod_status(self.pod, seen)

    async def _report(self) -> None:
        """Write the status whenever it changed, until the pod is gone."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            try:
                await self._node.cluster.set_status(self.key, self._status(), uid=self.uid)
            except StatusError as error:
                if error.code == 404:
                    return
                await self._report_later(error)
            except (LabError, TimeoutError) as error:
                await self._report_later(error)

    async def _report_later(self, error: Exception) -> None:
        log.warning("The status of pod %s could not be written: %s", self.key.name, error)
        await asyncio.sleep(_REPORT_RETRY)
        self._dirty.set()

    async def _terminate(self, grace: float) -> None:
        for runner in self._containers:
            if runner.is_running:
                self.note("Normal", "Killing", f"Stopping container {runner.name}")
        stopping = asyncio.create_task(self._stop_containers(grace))
        hurry = asyncio.create_task(self._kill_now.wait())
        await asyncio.wait([stopping, hurry], return_when=asyncio.FIRST_COMPLETED)
        if not stopping.done():
            await self._stop_containers(0)
        await stopping
        hurry.cancel()
        await self._cancel()
        self._node.addresses.release(self.pod_ip)
        self.sandbox.remove()
        await self._node.cluster.delete(self.key, uid=self.uid, grace_period=0)

    async def _stop_containers(self, grace: float) -> None:
        runners = [*self._init, *self._containers]
        await asyncio.gather(*(runner.stop(grace) for runner in runners))

    async def _cancel(self) -> None:
        tasks = [*self._tasks, *filter(None, [self._reporting])]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
