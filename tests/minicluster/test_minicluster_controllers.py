"""The controllers on a real registry; the tests play the node and say which pods are ready."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.controllers import controllers
from labsupport.minicluster.reconcile import Cluster
from labsupport.minicluster.store import Key

NETWORK = "127.77"
SLICES = "endpointslices.discovery.k8s.io"
LABELS = {"app": "web"}
TEMPLATE: Json = {
    "metadata": {"labels": LABELS},
    "spec": {"containers": [{"name": "c", "image": "python:3"}]},
}


@pytest.fixture
async def working(cluster: Cluster) -> AsyncIterator[Cluster]:
    """The cluster with all controllers at work."""
    parts = controllers(cluster, network=NETWORK, ca_certificate="PEM")
    tasks = [asyncio.create_task(part.run()) for part in parts]
    yield cluster
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(holds: Callable[[], Any], what: str, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.01)


def deployment(name: str = "web", replicas: int = 2, **spec: Any) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": LABELS},
            "template": TEMPLATE,
            **spec,
        },
    }


def service(name: str = "web", **spec: Any) -> Json:
    ports = [{"port": 80, "targetPort": 8080}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"ports": ports, "selector": LABELS, **spec},
    }


def pods(registry: Registry) -> list[Json]:
    return [p for p in registry.list("pods") if not p["metadata"].get("deletionTimestamp")]


async def make_ready(cluster: Cluster, pod: Json, last: int = 1) -> None:
    """What the node would write when the pod runs and is ready."""
    status = {
        "phase": "Running",
        "podIP": f"127.77.64.{last}",
        "conditions": [
            {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        ],
    }
    key = Key("pods", pod["metadata"]["namespace"], pod["metadata"]["name"])
    await cluster.set_status(key, status)


async def make_all_ready(cluster: Cluster) -> None:
    for last, pod in enumerate(pods(cluster.registry), start=1):
        if not pod.get("status", {}).get("conditions"):
            await make_ready(cluster, pod, last)


async def rolled_out(cluster: Cluster, name: str = "web") -> Json:
    """Play the node until the rollout is done; gives the Deployment."""

    def current() -> Json:
        return cluster.registry.get("deployments.apps", "default", name)

    deadline = time.monotonic() + 30
    while True:
        await make_all_ready(cluster)
        found, wanted = current(), current()["spec"]["replicas"]
        status = found.get("status", {})
        numbers = [status.get(n, 0) for n in ("replicas", "updatedReplicas", "availableReplicas")]
        observed = status.get("observedGeneration") == found["metadata"]["generation"]
        if observed and numbers == [wanted] * 3:
            return found
        assert time.monotonic() < deadline, f"not rolled out: {status}"
        await asyncio.sleep(0.01)


async def test_a_deployment_gets_its_pods_and_says_when_they_are_available(
    working: Cluster,
) -> None:
    await working.create("deployments.apps", deployment(replicas=3))
    await until(lambda: len(pods(working.registry)) == 3, "three pods")
    found = await rolled_out(working)
    assert found["status"]["readyReplicas"] == 3
    assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"
    (replica_set,) = working.registry.list("replicasets.apps")
    prefix = f"{replica_set['metadata']['name']}-"
    for pod in pods(working.registry):
        assert pod["metadata"]["name"].startswith(prefix)
        assert pod["metadata"]["ownerReferences"][0]["uid"] == replica_set["metadata"]["uid"]


async def test_a_new_template_is_rolled_out_and_undone(working: Cluster) -> None:
    await working.create("deployments.apps", deployment())
    await rolled_out(working)
    key = Key("deployments.apps", "default", "web")

    def with_image(image: str) -> Callable[[Json], Json]:
        def change(found: Json) -> Json:
            found["spec"]["template"]["spec"]["containers"][0]["image"] = image
            return found

        return change

    await working.mutate(key, with_image("python:3.12"))
    await rolled_out(working)
    assert {p["spec"]["containers"][0]["image"] for p in pods(working.registry)} == {"python:3.12"}
    await working.mutate(key, with_image("python:3"))
    undone = await rolled_out(working)
    assert undone["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"
    assert len(working.registry.list("replicasets.apps")) == 2


async def test_recreate_ends_the_old_pods_before_the_new_ones_start(working: Cluster) -> None:
    await working.create("deployments.apps", deployment(strategy={"type": "Recreate"}))
    await rolled_out(working)
    old = {p["metadata"]["uid"] for p in pods(working.registry)}

    def bound(pod: Json) -> Json:
        return {**pod, "spec": {**pod["spec"], "nodeName": "lab-node"}}

    for pod in pods(working.registry):  # as if they ran on a node, so that deletion takes time
        name = pod["metadata"]["name"]
        await working.mutate(Key("pods", "default", name), bound, "binding")

    def restarted(found: Json) -> Json:
        found["spec"]["template"]["metadata"]["annotations"] = {"restartedAt": "now"}
        return found

    await working.mutate(Key("deployments.apps", "default", "web"), restarted)
    await until(lambda: not pods(working.registry), "all old pods told to end")
    await asyncio.sleep(0.05)
    assert {p["metadata"]["uid"] for p in working.registry.list("pods")} == old
    for pod in working.registry.list("pods"):
        await working.delete(Key("pods", "default", pod["metadata"]["name"]), grace_period=0)
    await rolled_out(working)


async def test_a_lost_pod_is_replaced(working: Cluster) -> None:
    await working.create("deployments.apps", deployment())
    await rolled_out(working)
    lost = pods(working.registry)[0]["metadata"]
    await working.delete(Key("pods", "default", lost["name"]), grace_period=0)
    await rolled_out(working)
    assert lost["uid"] not in {p["metadata"]["uid"] for p in pods(working.registry)}


async def test_a_pod_whose_label_is_changed_is_released_and_replaced(working: Cluster) -> None:
    await working.create("deployments.apps", deployment())
    await rolled_out(working)
    name = pods(working.registry)[0]["metadata"]["name"]

    def relabelled(pod: Json) -> Json:
        pod["metadata"]["labels"]["app"] = "debug"
        return pod

    await working.mutate(Key("pods", "default", name), relabelled)
    await until(lambda: len(pods(working.registry)) == 3, "a pod in its place")
    assert not working.registry.get("pods", "default", name)["metadata"].get("ownerReferences")


async def test_deleting_a_deployment_takes_everything_below_it(working: Cluster) -> None:
    await working.create("deployments.apps", deployment())
    await rolled_out(working)
    await working.delete(Key("deployments.apps", "default", "web"))
    await until(lambda: not working.registry.list("pods"), "no pods")
    assert not working.registry.list("replicasets.apps")


async def test_foreground_deletion_ends_with_the_owner(working: Cluster) -> None:
    await working.create("deployments.apps", deployment())
    await rolled_out(working)
    await working.delete(Key("deployments.apps", "default", "web"), propagation="Foreground")
    await until(lambda: not working.registry.list("deployments.apps"), "no Deployment")
    assert not working.registry.list("replicasets.apps")
    assert not working.registry.list("pods")


async def test_orphaned_pods_stay_and_are_adopted_again(working: Cluster) -> None:
    await working.create("deployments.apps", deployment())
    await rolled_out(working)
    held = {p["metadata"]["uid"] for p in pods(working.registry)}
    await working.delete(Key("deployments.apps", "default", "web"), propagation="Orphan")
    await until(lambda: not working.registry.list("deployments.apps"), "no Deployment")
    (orphan,) = working.registry.list("replicasets.apps")
    assert not orphan["metadata"].get("ownerReferences")
    await working.create("deployments.apps", deployment())
    await rolled_out(working)
    assert {p["metadata"]["uid"] for p in pods(working.registry)} == held


async def test_a_refused_pod_is_an_event_and_a_condition(working: Cluster) -> None:
    broken = deployment()
    broken["spec"]["template"] = {
        "metadata": {"labels": LABELS},
        "spec": {**TEMPLATE["spec"], "serviceAccountName": "nobody"},
    }
    await working.create("deployments.apps", broken)
    registry = working.registry

    def failure() -> list[str]:
        sets = registry.list("replicasets.apps")
        return [c["reason"] for rs in sets for c in rs["status"].get("conditions") or ()]

    await until(lambda: failure() == ["FailedCreate"], "the condition ReplicaFailure")
    await working.recorder.flush()
    messages = [e["message"] for e in registry.list("events") if e["reason"] == "FailedCreate"]
    assert 'serviceaccount "nobody" not found' in messages[0]


async def test_endpoints_follow_the_pods(working: Cluster) -> None:
    registry = working.registry
    await working.create("services", service())
    await working.create("deployments.apps", deployment())
    await rolled_out(working)

    def ready() -> list[str]:
        return [
            e["addresses"][0]
            for s in registry.list(SLICES, "default")
            for e in s["endpoints"] or ()
            if e["conditions"]["ready"]
        ]

    await until(lambda: len(ready()) == 2, "two endpoints")
    (held,) = registry.list(SLICES, "default")
    assert held["ports"] == [{"name": "", "port": 8080, "protocol": "TCP"}]
    (endpoints,) = registry.list("endpoints", "default")
    await until(
        lambda: len(registry.list("endpoints")[0]["subsets"][0]["addresses"]) == 2, "Endpoints"
    )
    assert endpoints["metadata"]["name"] == "web"


async def test_endpoints_are_not_rewritten_for_nothing(working: Cluster) -> None:
    registry = working.registry
    await working.create("services", service())
    await working.create("deployments.apps", deployment(replicas=1))
    await rolled_out(working)
    await until(lambda: registry.list(SLICES)[0]["endpoints"], "an endpoint")
    before = registry.list(SLICES)[0]["metadata"]["resourceVersion"]

    def annotated(pod: Json) -> Json:
        pod["metadata"]["annotations"] = {"seen": "yes"}
        return pod

    name = pods(registry)[0]["metadata"]["name"]
    await working.mutate(Key("pods", "default", name), annotated)
    await asyncio.sleep(0.1)
    assert registry.list(SLICES)[0]["metadata"]["resourceVersion"] == before


async def test_endpoints_of_services_without_selector_are_left_alone(working: Cluster) -> None:
    by_hand = service("byhand")
    del by_hand["spec"]["selector"]
    await working.create("services", by_hand)
    await asyncio.sleep(0.1)
    assert not working.registry.list("endpoints", "default")
    assert not working.registry.list(SLICES, "default")


async def test_endpoints_go_with_their_service(working: Cluster) -> None:
    await working.create("services", service())
    await until(lambda: working.registry.list("endpoints", "default"), "Endpoints")
    await working.delete(Key("services", "default", "web"))
    await until(lambda: not working.registry.list(SLICES, "default"), "no slices")
    await until(lambda: not working.registry.list("endpoints", "default"), "no Endpoints")


def load_balancer_ip(registry: Registry, name: str) -> str:
    status = registry.get("services", "default", name)["status"]
    return str((status["loadBalancer"].get("ingress") or [{}])[0].get("ip", ""))


async def test_each_load_balancer_has_an_address_of_its_own(working: Cluster) -> None:
    registry = working.registry
    for name in ("a", "b"):
        await working.create("services", service(name, type="LoadBalancer"))
    await until(lambda: load_balancer_ip(registry, "b"), "an address")
    given = {load_balancer_ip(registry, name) for name in ("a", "b")}
    assert given == {"127.77.192.1", "127.77.192.2"}


async def test_an_address_is_free_again_when_the_service_changes_its_type(
    working: Cluster,
) -> None:
    registry = working.registry
    await working.create("services", service("a", type="LoadBalancer"))
    await until(lambda: load_balancer_ip(registry, "a"), "an address")

    def plain(found: Json) -> Json:
        found["spec"]["type"] = "ClusterIP"
        return found

    await working.mutate(Key("services", "default", "a"), plain)
    await until(lambda: not load_balancer_ip(registry, "a"), "no address")
    await working.create("services", service("b", type="LoadBalancer"))
    await until(lambda: load_balancer_ip(registry, "b") == "127.77.192.1", "the same address")


async def test_an_address_that_waits_for_another_service_comes_when_that_is_deleted(
    working: Cluster,
) -> None:
    registry = working.registry
    wish = {"type": "LoadBalancer", "loadBalancerIP": "127.77.192.9"}
    await working.create("services", service("a", **wish))
    await until(lambda: load_balancer_ip(registry, "a") == "127.77.192.9", "the address asked for")
    await working.create("services", service("b", **wish))
    await asyncio.sleep(0.05)
    assert not load_balancer_ip(registry, "b")
    await working.delete(Key("services", "default", "a"))
    await until(lambda: load_balancer_ip(registry, "b") == "127.77.192.9", "the address freed")


async def test_a_namespace_is_furnished_and_emptied(working: Cluster) -> None:
    registry = working.registry
    await working.create(
        "namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}
    )
    await until(lambda: registry.list("serviceaccounts", "x"), "ServiceAccount default")
    await until(lambda: registry.list("configmaps", "x"), "the root CA")
    assert registry.list("configmaps", "x")[0]["data"] == {"ca.crt": "PEM"}
    there = deployment()
    there["metadata"]["namespace"] = "x"
    await working.create("deployments.apps", there)
    await until(lambda: len(registry.list("pods", "x")) == 2, "pods")
    await working.delete(Key("namespaces", "", "x"))
    names = {"default", "kube-system", "kube-public", "kube-node-lease"}
    await until(lambda: {n["metadata"]["name"] for n in registry.list("namespaces")} == names, "x")
    for resource in ("pods", "replicasets.apps", "deployments.apps", "configmaps"):
        assert not registry.list(resource, "x")


async def test_repeated_events_are_counted(working: Cluster) -> None:
    pod: Json = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "default", "uid": "u"},
    }
    for _ in range(3):
        working.recorder.warning(pod, "Unhealthy", "no", "kubelet")
        await working.recorder.flush()
    (event,) = [e for e in working.registry.list("events") if e["reason"] == "Unhealthy"]
    assert event["count"] == 3
    assert event["involvedObject"]["name"] == "p"
    assert event["source"] == {"component": "kubelet", "host": "lab-node"}
