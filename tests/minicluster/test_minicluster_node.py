"""The node on a real registry with real processes."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from own_network import PREFIX

from labsupport.base.types import Json
from labsupport.minicluster.api.logs import LogOptions
from labsupport.minicluster.node.agent import NodeAgent
from labsupport.minicluster.node.leftovers import end_leftovers, leftovers
from labsupport.minicluster.node.network import Network
from labsupport.minicluster.node.registration import register
from labsupport.minicluster.node.restarts import BackOff
from labsupport.minicluster.node.sandbox import NodeContext
from labsupport.minicluster.node.scheduler import Scheduler
from labsupport.minicluster.reconcile import Cluster
from labsupport.minicluster.store import Key
from labsupport.rules.status import StatusError

SERVER = """
import http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if open("/data/state").read() == "good" else 503)
        self.end_headers()
    def log_message(self, *args): pass
http.server.HTTPServer(("", 8080), Page).serve_forever()
"""


class Node:
    """A node at work, and shorthands for what the tests do with it."""

    def __init__(self, cluster: Cluster, agent: NodeAgent, context: NodeContext) -> None:
        self.cluster = cluster
        self.agent = agent
        self.context = context

    async def create(self, name: str, container: Json, **spec: Any) -> None:
        container = {"name": "c", "image": "python:3", **container}
        spec = {"containers": [container], "terminationGracePeriodSeconds": 1, **spec}
        meta = {"name": name, "namespace": "default"}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
        await self.cluster.create("pods", pod)

    def pod(self, name: str) -> Json:
        return self.cluster.registry.get("pods", "default", name)

    def state(self, name: str) -> Json:
        statuses = self.pod(name).get("status", {}).get("containerStatuses") or [{"state": {}}]
        state: Json = statuses[0]["state"]
        return state

    def is_ready(self, name: str) -> bool:
        conditions = self.pod(name).get("status", {}).get("conditions") or ()
        return {"Ready": "True"}.items() <= {c["type"]: c["status"] for c in conditions}.items()

    async def until(self, holds: Callable[[], Any], what: str, seconds: float = 8) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
            await asyncio.sleep(0.01)

    async def log(self, name: str, **options: Any) -> str:
        chunks = self.agent.logs("default", name, "c", LogOptions(**options))
        return b"".join([chunk async for chunk in chunks]).decode()

    async def events(self, reason: str) -> list[str]:
        await self.cluster.recorder.flush()
        found = self.cluster.registry.list("events")
        return [event["message"] for event in found if event["reason"] == reason]


@pytest.fixture
async def node(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Node]:
    """A scheduler and a node, with restarts that don't keep a test waiting."""
    account = {"name": "default", "namespace": "default"}
    await cluster.create(
        "serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account}
    )
    context = NodeContext(
        cluster=cluster,
        network=Network(PREFIX),
        pods=tmp_path / "pods",
        instance_id=str(tmp_path),
        api_url=f"https://{PREFIX}.0.1:6443",
        ca_certificate="PEM",
        issue_token=lambda namespace, name, uid: f"{namespace}/{name}",
        back_off=lambda: BackOff(first=0.3),
    )
    context.pods.mkdir()
    await register(cluster, "lab-node", context.network)
    agent = NodeAgent(context)
    scheduler = Scheduler(cluster, "lab-node")
    tasks = [asyncio.create_task(part.run()) for part in (scheduler, agent)]
    yield Node(cluster, agent, context)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await agent.stop(0)
    assert not leftovers(str(tmp_path))


def shell(script: str) -> Json:
    return {"command": ["sh", "-c", script]}


async def test_a_pod_runs_as_a_process_with_an_address_and_ends_when_deleted(node: Node) -> None:
    await node.create("p", shell("echo hello $NAME; exec sleep 60"))
    await node.until(lambda: node.is_ready("p"), "ready")
    status = node.pod("p")["status"]
    assert status["phase"] == "Running"
    assert status["podIP"].startswith(f"{PREFIX}.64.")
    container = status["containerStatuses"][0]
    pid = int(container["containerID"].removeprefix("process://"))
    assert psutil.pid_exists(pid)
    assert await node.log("p") == "hello\n"
    await node.cluster.delete(Key("pods", "default", "p"))
    await node.until(lambda: not node.cluster.registry.list("pods"), "the pod gone")
    assert not psutil.pid_exists(pid)
    assert not list(node.context.pods.iterdir())
    for reason in ("Scheduled", "Pulled", "Created", "Started", "Killing"):
        assert await node.events(reason), reason


async def test_a_python_server_on_every_address_listens_on_the_pods_only(node: Node) -> None:
    await node.cluster.create(
        "configmaps",
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "app", "namespace": "default"},
            "data": {"main.py": SERVER, "state": "bad"},
        },
    )
    probe = {"httpGet": {"port": "http"}, "periodSeconds": 1, "failureThreshold": 1}
    container = {
        "command": ["python", "/app/main.py"],
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": probe,
        "volumeMounts": [{"name": "app", "mountPath": "/app"}],
        "env": [{"name": "STATE", "value": "/app/state"}],
    }
    source = SERVER.replace('"/data/state"', '__import__("os").environ["STATE"]')

    def with_source(found: Json) -> Json:
        return {**found, "data": {**found["data"], "main.py": source}}

    config = Key("configmaps", "default", "app")
    await node.cluster.mutate(config, with_source)
    await node.create("p", container, volumes=[{"name": "app", "configMap": {"name": "app"}}])
    await node.until(lambda: "running" in node.state("p"), "running")
    await asyncio.sleep(0.3)
    assert not node.is_ready("p")

    def with_state(state: str) -> Callable[[Json], Json]:
        return lambda found: {**found, "data": {**found["data"], "state": state}}

    await node.cluster.mutate(config, with_state("good"))
    await node.until(lambda: node.is_ready("p"), "ready once the volume says so")
    pid = int(node.pod("p")["status"]["containerStatuses"][0]["containerID"][10:])
    listening = [c.laddr for c in psutil.Process(pid).net_connections() if c.status == "LISTEN"]
    assert [tuple(address) for address in listening] == [(node.pod("p")["status"]["podIP"], 8080)]
    await node.cluster.mutate(config, with_state("bad"))
    await node.until(lambda: not node.is_ready("p"), "unready again")
    assert any("statuscode: 503" in message for message in await node.events("Unhealthy"))


async def test_a_crashing_container_is_restarted_with_back_off(node: Node) -> None:
    await node.create("p", shell("echo run; exit 3"))

    def waiting() -> bool:
        return bool(node.state("p").get("waiting", {}).get("reason") == "CrashLoopBackOff")

    await node.until(waiting, "CrashLoopBackOff")
    status = node.pod("p")["status"]["containerStatuses"][0]
    assert status["restartCount"] == 1  # the first restart comes at once
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert status["lastState"]["terminated"]["reason"] == "Error"
    assert await node.log("p", previous=True) == "run\n"
    assert not node.is_ready("p")
    assert await node.events("BackOff")
    await node.until(
        lambda: node.pod("p")["status"]["containerStatuses"][0]["restartCount"] >= 2, "again"
    )


async def test_a_process_that_dies_behind_our_back_is_noticed_at_once(node: Node) -> None:
    await node.create("p", shell("exec sleep 60"))
    await node.until(lambda: node.is_ready("p"), "ready")
    pid = int(node.pod("p")["status"]["containerStatuses"][0]["containerID"][10:])
    os.kill(pid, signal.SIGKILL)
    await node.until(
        lambda: (
            node.pod("p")["status"]["containerStatuses"][0]["restartCount"] == 1
            and node.is_ready("p")
        ),
        "restarted",
        seconds=2,
    )
    ended = node.pod("p")["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert (ended["exitCode"], ended["signal"]) == (137, 9)


@pytest.mark.parametrize(
    ("script", "phase", "reason"),
    [("exit 0", "Succeeded", "Completed"), ("exit 7", "Failed", "Error")],
)
async def test_a_pod_that_is_never_restarted_ends(
    node: Node, script: str, phase: str, reason: str
) -> None:
    await node.create("p", shell(f"echo done; {script}"), restartPolicy="Never")
    await node.until(lambda: node.pod("p")["status"]["phase"] == phase, phase)
    assert node.state("p")["terminated"]["reason"] == reason
    assert await node.log("p") == "done\n"


async def test_init_containers_run_first_and_share_volumes(node: Node) -> None:
    mounts = {"volumeMounts": [{"name": "d", "mountPath": "/data"}]}
    init = {"name": "init", "image": "python:3", **shell("sleep 0.2; echo x > /data/f"), **mounts}
    await node.create(
        "p",
        {**shell("cat /data/f; exec sleep 60"), **mounts},
        initContainers=[init],
        volumes=[{"name": "d", "emptyDir": {}}],
    )
    await node.until(lambda: node.is_ready("p"), "ready")
    await asyncio.sleep(0.1)
    assert await node.log("p") == "x\n"
    assert node.pod("p")["status"]["initContainerStatuses"][0]["state"]["terminated"]


async def test_an_unknown_image_says_what_there_is(node: Node) -> None:
    await node.create("p", {"image": "nginx:1"})
    await node.until(
        lambda: node.state("p").get("waiting", {}).get("reason") == "ImagePullBackOff", "waiting"
    )
    assert any("python:3*" in message for message in await node.events("Failed"))
    assert node.pod("p")["status"]["phase"] == "Pending"
    with pytest.raises(StatusError, match="waiting to start: ImagePullBackOff"):
        await node.log("p")


async def test_a_missing_program_does_not_start(node: Node) -> None:
    await node.create("p", {"command": ["no-such-program"]})
    await node.until(lambda: node.state("p").get("waiting", {}).get("message"), "a message")
    message = node.state("p")["waiting"]["message"]
    assert message == 'exec: "no-such-program": executable file not found in $PATH'


async def test_a_missing_config_map_is_waited_for(node: Node) -> None:
    reference = {"configMapKeyRef": {"name": "late", "key": "k"}}
    env = [{"name": "K", "valueFrom": reference}]
    await node.create("p", {**shell("echo $K; exec sleep 60"), "env": env})
    await node.until(
        lambda: node.state("p").get("waiting", {}).get("reason") == "CreateContainerConfigError",
        "CreateContainerConfigError",
    )
    late = {"metadata": {"name": "late", "namespace": "default"}, "data": {"k": "here"}}
    await node.cluster.create("configmaps", {"apiVersion": "v1", "kind": "ConfigMap", **late})
    await node.until(lambda: node.is_ready("p"), "ready")


async def test_a_failing_liveness_probe_restarts_the_container(node: Node) -> None:
    probe = {
        "exec": {"command": ["sh", "-c", "echo sick; exit 1"]},
        "periodSeconds": 1,
        "failureThreshold": 1,
        "terminationGracePeriodSeconds": 1,
    }
    await node.create("p", {**shell("exec sleep 60"), "livenessProbe": probe})
    await node.until(
        lambda: (node.pod("p")["status"].get("containerStatuses") or [{}])[0].get("restartCount"),
        "a restart",
    )
    assert "Liveness probe failed: sick" in await node.events("Unhealthy")
    killing = await node.events("Killing")
    assert "Container c failed liveness probe, will be restarted" in killing


async def test_a_pod_that_ignores_sigterm_is_killed_with_its_children(node: Node) -> None:
    await node.create("p", shell("trap '' TERM; sleep 60 & while true; do sleep 60; done"))
    await node.until(lambda: node.is_ready("p"), "ready")
    await asyncio.sleep(0.1)
    assert len(leftovers(node.context.instance_id)) >= 2
    start = time.monotonic()
    await node.cluster.delete(Key("pods", "default", "p"))
    await node.until(lambda: not node.cluster.registry.list("pods"), "the pod gone")
    assert 0.8 < time.monotonic() - start < 4
    assert not leftovers(node.context.instance_id)


async def test_force_deletion_does_not_wait(node: Node) -> None:
    await node.create("p", shell("trap '' TERM; sleep 60"), terminationGracePeriodSeconds=60)
    await node.until(lambda: node.is_ready("p"), "ready")
    key = Key("pods", "default", "p")
    await node.cluster.delete(key)
    await node.cluster.delete(key, grace_period=0)
    await node.until(lambda: not leftovers(node.context.instance_id), "no process", seconds=2)


async def test_a_pod_has_credentials_of_its_service_account(node: Node) -> None:
    await node.create("p", shell("cat $KUBECONFIG; exec sleep 60"))
    await node.until(lambda: node.is_ready("p"), "ready")
    directory = node.context.pods / node.pod("p")["metadata"]["uid"]
    assert (directory / "kubeconfig").stat().st_mode & 0o777 == 0o600
    assert "default/default" in (directory / "kubeconfig").read_text()


async def test_logs_can_be_followed_cut_and_stamped(node: Node) -> None:
    await node.create("p", shell("echo 1; echo 2; sleep 0.5; echo 3"), restartPolicy="Never")
    await node.until(lambda: "running" in node.state("p"), "running")
    assert (await node.log("p", follow=True)).splitlines() == ["1", "2", "3"]
    assert await node.log("p", tail_lines=1) == "3\n"
    assert await node.log("p", limit_bytes=3) == "1\n2"
    stamp, _, text = (await node.log("p", timestamps=True, tail_lines=1)).partition(" ")
    assert stamp.startswith("20")
    assert stamp.endswith("Z")
    assert text == "3\n"
    assert await node.log("p", since_seconds=3600) == "1\n2\n3\n"
    with pytest.raises(StatusError, match="previous terminated container"):
        await node.log("p", previous=True)


async def test_a_pod_that_suits_no_node_stays_pending_and_says_why(node: Node) -> None:
    await node.create("p", shell("exit"), nodeSelector={"gpu": "yes"})

    def condition() -> Json:
        return (node.pod("p")["status"].get("conditions") or [{}])[0]  # type: ignore[no-any-return]

    await node.until(lambda: condition().get("reason") == "Unschedulable", "Unschedulable")
    (message,) = await node.events("FailedScheduling")
    assert "didn't match Pod's node affinity/selector" in message


async def test_requests_beyond_the_machine_are_not_scheduled(node: Node) -> None:
    await node.create("p", {**shell("exit"), "resources": {"requests": {"cpu": "10000"}}})
    await node.until(lambda: node.pod("p")["status"].get("conditions"), "a condition")
    (message,) = await node.events("FailedScheduling")
    assert message == "0/1 nodes are available: 1 Insufficient cpu."


async def test_a_new_agent_takes_over_the_pods_of_one_that_ended(node: Node) -> None:
    await node.create("p", shell("exec sleep 60"))
    await node.until(lambda: node.is_ready("p"), "ready")
    await node.agent.stop(0)
    assert node.is_ready("p")  # nobody said otherwise
    successor = NodeAgent(node.context)
    await successor.adopt()
    assert not node.is_ready("p")
    running = asyncio.create_task(successor.run())
    await node.until(lambda: node.is_ready("p"), "ready under the new agent")
    status = node.pod("p")["status"]["containerStatuses"][0]
    assert status["restartCount"] == 1
    assert status["lastState"]["terminated"]["reason"] == "Unknown"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await successor.stop(0)


async def test_leftovers_are_ended_those_of_others_are_not(node: Node, tmp_path: Path) -> None:
    await node.create("p", shell("exec sleep 60"), restartPolicy="Never")
    await node.until(lambda: node.is_ready("p"), "ready")
    assert end_leftovers(str(tmp_path.parent), 0) == 0
    (process,) = leftovers(node.context.instance_id)
    assert await asyncio.to_thread(end_leftovers, node.context.instance_id, 1) == 1
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
