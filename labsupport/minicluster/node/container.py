"""One container: started, probed, restarted, ended."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol

from labsupport.base.errors import LabError
from labsupport.base.types import Json
from labsupport.minicluster.node.logs import LogFile, older
from labsupport.minicluster.node.probes import Outcome, Prober, Target, outcome
from labsupport.minicluster.node.process import CannotStart, Launch, Process, run_once
from labsupport.minicluster.node.restarts import BackOff, restarts
from labsupport.minicluster.reconcile.times import now

Note = Callable[[str, str, str], None]
"""An Event about the pod: type ("Normal", "Warning"), reason, message."""


class Surroundings(Protocol):
    """What a container needs of its pod."""

    @property
    def pod_ip(self) -> str:
        """The pod's address."""

    def launch(self, container: Json, command: list[str] | None = None) -> Launch:
        """What to start for the container, or to run in it; CannotStart when that can't be."""

    def log_path(self, container: str, run: int) -> Path:
        """Where the output of the container's run number `run` goes."""

    def image_id(self, container: Json) -> str:
        """What the container's image is here."""

    def note(self, kind: str, reason: str, message: str) -> None:
        """Record an Event about the pod."""

    def changed(self) -> None:
        """The container's state is another now."""


class ContainerRunner:
    """Runs one container of a pod until its restart policy lets it rest."""

    def __init__(
        self,
        spec: Json,
        around: Surroundings,
        policy: str,
        *,
        previous: Json | None = None,
        back_off: BackOff | None = None,
    ) -> None:
        self.spec = spec
        self.name: str = spec["name"]
        self.finished = False
        self.ready = False
        self.restart_count = 0
        self.state: Json = {"waiting": {"reason": "ContainerCreating"}}
        self.last_state: Json = {}
        self._started = False
        self._around = around
        self._policy = policy
        self._back_off = back_off or BackOff()
        self._process: Process | None = None
        self._container_id = ""
        self._stopping = False
        self._resume(previous)

    def _resume(self, previous: Json | None) -> None:
        """Take over what an earlier daemon left: its containers have ended with it."""
        if previous is None:
            return
        self.restart_count = previous.get("restartCount", 0)
        self.last_state = previous.get("lastState") or {}
        state = previous.get("state") or {}
        if "terminated" in state:
            self.last_state = state
        elif "running" in state:
            ended = {"exitCode": 255, "reason": "Unknown", "finishedAt": now()}
            self.last_state = {"terminated": {**ended, **state["running"]}}
        if self.last_state:
            self.restart_count += 1

    @property
    def exit_code(self) -> int | None:
        """The exit code of a container that has ended and stays so."""
        return self.state["terminated"]["exitCode"] if "terminated" in self.state else None

    @property
    def is_running(self) -> bool:
        """Whether the container's process is there."""
        return "running" in self.state

    def status(self) -> Json:
        """`v1.ContainerStatus`."""
        status: Json = {
            "name": self.name,
            "state": self.state,
            "lastState": self.last_state,
            "ready": self.ready,
            "restartCount": self.restart_count,
            "image": self.spec["image"],
            "imageID": self._around.image_id(self.spec),
            "started": self._started,
        }
        if self._container_id:
            status["containerID"] = self._container_id
        return status

    async def run(self) -> None:
        """Run the container, again and again as the policy says, until it rests or is stopped."""
        while not self._stopping:
            process, log = await self._start()
            started = time.monotonic()
            try:
                code = await self._supervised(process)
            finally:
                log.close()
            self._ended(code)
            if self._stopping or not restarts(self._policy, code):
                break
            await self._wait_to_restart(self._back_off.after(time.monotonic() - started))
        self.finished = True
        self._around.changed()

    async def stop(self, grace: float) -> None:
        """End the container: preStop hook, SIGTERM, and after `grace` seconds SIGKILL."""
        self._stopping = True
        self.ready = False
        process = self._process
        if process is None:
            return
        deadline = time.monotonic() + grace
        if grace > 0:
            await self._pre_stop(grace)
        await process.end(max(deadline - time.monotonic(), 1.0 if grace > 0 else 0.0))

    async def replace(self, spec: Json, grace: float) -> None:
        """Go on with another image: the running process is ended and the new one started."""
        self.spec = spec
        if self._process is not None:
            message = f"Container {self.name} definition changed, will be restarted"
            self._around.note("Normal", "Killing", message)
            await self._process.end(grace)

    async def _start(self) -> tuple[Process, LogFile]:
        """Start the process, trying again for as long as something is missing."""
        tries = BackOff(first=1.0)
        failed = ""
        while True:
            try:
                return await self._started_once()
            except CannotStart as problem:
                self._around.note("Warning", "Failed", problem.message)
                reason = problem.retry_reason if failed == problem.reason else problem.reason
                failed = problem.reason
                self.state = {"waiting": {"reason": reason, "message": problem.message}}
                self._around.changed()
            await asyncio.sleep(max(1.0, tries.after(0)))

    async def _started_once(self) -> tuple[Process, LogFile]:
        around = self._around
        try:
            launch = around.launch(self.spec)
            log = LogFile(self._fresh_log())
        except (OSError, LabError) as error:  # the disk is full, say
            raise CannotStart("CreateContainerError", str(error)) from error
        message = f'Container image "{self.spec["image"]}" already present on machine'
        around.note("Normal", "Pulled", message)
        try:
            process = await Process.start(launch, log.write)
        except OSError as error:
            log.close()
            raise CannotStart("RunContainerError", f"{launch.program}: {error}") from error
        around.note("Normal", "Created", f"Created container: {self.name}")
        self._process = process
        self._container_id = f"process://{process.pid}"
        self.state = {"running": {"startedAt": now()}}
        around.note("Normal", "Started", f"Started container {self.name}")
        around.changed()
        return process, log

    def _fresh_log(self) -> Path:
        """The log of this run; only that of the run before is kept besides."""
        if self.restart_count >= 2:
            stale = self._around.log_path(self.name, self.restart_count - 2)
            stale.unlink(missing_ok=True)
            older(stale).unlink(missing_ok=True)
        return self._around.log_path(self.name, self.restart_count)

    async def _supervised(self, process: Process) -> int:
        """Probe the process until it ends; gives its exit code."""
        probing = asyncio.create_task(self._probe(process))
        try:
            return await process.wait()
        except asyncio.CancelledError:
            await process.end(0)
            raise
        finally:
            self._process = None
            probing.cancel()
            await asyncio.gather(probing, return_exceptions=True)
            self.ready = self._started = False

    def _ended(self, code: int) -> None:
        ended: Json = {
            "exitCode": code,
            "reason": "Completed" if code == 0 else "Error",
            "startedAt": self.state.get("running", {}).get("startedAt", now()),
            "finishedAt": now(),
            "containerID": self._container_id,
        }
        if code > 128:
            ended["signal"] = code - 128
        self.state = {"terminated": ended}

    async def _wait_to_restart(self, delay: float) -> None:
        self.last_state = self.state
        if delay:
            self._around.note(
                "Warning", "BackOff", f"Back-off restarting failed container {self.name} in pod"
            )
            message = f"back-off {delay:.0f}s restarting failed container={self.name}"
            self.state = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
            self._around.changed()
            await asyncio.sleep(delay)
        self.restart_count += 1

    async def _pre_stop(self, grace: float) -> None:
        hook = (self.spec.get("lifecycle") or {}).get("preStop") or {}
        try:
            if "sleep" in hook:
                await asyncio.sleep(min(grace, float(hook["sleep"]["seconds"])))
            elif "exec" in hook:
                await run_once(self._around.launch(self.spec, hook["exec"]["command"]), grace)
        except (OSError, TimeoutError, CannotStart) as error:
            self._around.note("Warning", "FailedPreStopHook", f"PreStopHook failed: {error}")

    async def _probe(self, process: Process) -> None:
        """Startup first; then readiness and liveness side by side."""
        if "startupProbe" in self.spec:
            async for healthy in self._verdicts("startup"):
                if not healthy:
                    await self._kill(process, "startup")
                    return
                break
        self._started = True
        self.ready = "readinessProbe" not in self.spec
        self._around.changed()
        async with asyncio.TaskGroup() as tasks:
            if "readinessProbe" in self.spec:
                tasks.create_task(self._watch_readiness())
            if "livenessProbe" in self.spec:
                tasks.create_task(self._watch_liveness(process))

    async def _watch_readiness(self) -> None:
        async for healthy in self._verdicts("readiness"):
            ready = healthy and not self._stopping
            if ready != self.ready:
                self.ready = ready
                self._around.changed()

    async def _watch_liveness(self, process: Process) -> None:
        async for healthy in self._verdicts("liveness"):
            if not healthy:
                await self._kill(process, "liveness")
                return

    async def _kill(self, process: Process, kind: str) -> None:
        message = f"Container {self.name} failed {kind} probe, will be restarted"
        self._around.note("Normal", "Killing", message)
        await process.end(float(self.spec[f"{kind}Probe"].get("terminationGracePeriodSeconds", 30)))

    def _verdicts(self, kind: str) -> AsyncIterator[bool]:
        spec = self.spec[f"{kind}Probe"]
        target = Target(
            self._around.pod_ip, self.spec, lambda command: self._around.launch(self.spec, command)
        )

        async def attempt() -> Outcome:
            return await outcome(spec, target)

        def failed(message: str) -> None:
            text = f"{kind.capitalize()} probe failed: {message}"
            self._around.note("Warning", "Unhealthy", text)

        return Prober(spec, attempt, failed, eager=kind != "liveness").verdicts()
