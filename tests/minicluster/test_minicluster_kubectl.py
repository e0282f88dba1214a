"""The whole cluster, pods and all, in the hands of a real kubectl (where there is one)."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
import requests

from labsupport.base.paths import Instance
from labsupport.manifests import documents
from labsupport.providers.embedded.provider import Embedded

PROGRAM = shutil.which("kubectl")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no kubectl on the PATH")

Kubectl = Callable[..., str]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A cluster of its own, without any add-on; gone with the module."""
    instance = Instance(tmp_path_factory.mktemp("lab") / "home")
    cluster = Embedded(instance)
    cluster.up(lambda _title: nullcontext())
    yield instance
    cluster.down(delete=True)


@pytest.fixture
def kubectl(
    instance: Instance, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Kubectl]:
    """`kubectl ARGS` in a namespace of the test's own; gives what it printed, on both streams."""
    assert PROGRAM is not None
    program = PROGRAM
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "KUBECONFIG": str(instance.kubeconfig),
    }

    def run(*args: str, expect: int = 0, stdin: str = "", **more: str) -> str:
        done = subprocess.run(
            [program, "--namespace", namespace, *args],
            input=stdin,
            env=environment | more,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        assert done.returncode == expect, f"kubectl {' '.join(args)}: {done.stdout}"
        return done.stdout

    namespace = request.node.name.removeprefix("test_").replace("_", "-")[:60].rstrip("-")
    run("create", "namespace", namespace)
    yield run
    run("delete", "namespace", namespace, "--wait=false")


@pytest.fixture
def quote(kubectl: Kubectl) -> str:
    """The sample app quote, rolled out."""
    manifest = documents("quote").replace("  namespace: default\n", "")
    kubectl("apply", "-f", "-", stdin=manifest)
    kubectl("rollout", "status", "deployment/quote", "--timeout=20s")
    return "deployment/quote"


def names(kubectl: Kubectl, *what: str) -> list[str]:
    return kubectl("get", *what, "-o", "name").split()


def test_create_makes_one_of_each_kind_it_knows(kubectl: Kubectl) -> None:
    for words in (
        "deployment web --image=python:3-alpine --port=8080 --replicas=0",
        "service clusterip web --tcp=80:8080",
        "configmap settings --from-literal=colour=blue",
        "secret generic password --from-literal=word=sesame",
        "serviceaccount robot",
        "role reader --verb=get,list --resource=pods",
        "rolebinding readers --role=reader --serviceaccount=default:robot",
        "ingress web --rule=web.example.com/*=web:80,tls=web",
    ):
        assert " created" in kubectl("create", *words.split())
    assert kubectl("get", "secret", "password", "-o", "jsonpath={.data.word}") == "c2VzYW1l"
    assert kubectl("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}") == "0"
    line = kubectl("get", "ingress", "web", "--no-headers").split()
    assert (line[2], line[3:5]) == ("web.example.com", ["80,", "443"])


def test_may_i_is_answered_by_the_access_rules(kubectl: Kubectl) -> None:
    robot = "--as=system:serviceaccount:default:robot"
    assert kubectl("auth", "can-i", "create", "ingresses").strip() == "yes"
    assert "no" in kubectl("auth", "can-i", "list", "pods", robot, expect=1)
    assert "Forbidden" in kubectl("get", "pods", robot, expect=1)


def test_what_somebody_may_is_listed(kubectl: Kubectl) -> None:
    robot = "--as=system:serviceaccount:default:robot"
    assert "selfsubjectrulesreviews" in kubectl("auth", "can-i", "--list", robot)
    assert "*.*" in kubectl("auth", "can-i", "--list")


def test_an_unknown_kind_is_named(kubectl: Kubectl) -> None:
    manifest = "apiVersion: foo/v1\nkind: Foo\nmetadata: {name: a}\n"
    text = kubectl("apply", "-f", "-", stdin=manifest, expect=1)
    assert 'no matches for kind "Foo" in version "foo/v1"' in text


def test_a_deletion_is_only_tried_when_told_so(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "settings")
    assert "dry run" in kubectl("delete", "configmap", "settings", "--dry-run=server")
    assert "configmap/settings" in names(kubectl, "configmaps")


def test_a_drained_node_takes_no_pods_until_it_may_again(kubectl: Kubectl, quote: str) -> None:
    try:
        drained = kubectl("drain", "lab-node", "--pod-selector=app=quote", "--timeout=20s")
        assert "evicted" in drained
        assert "SchedulingDisabled" in kubectl("get", "nodes")
        kubectl("wait", "pod", "--all", "--for=jsonpath={.status.phase}=Pending", "--timeout=30s")
    finally:
        kubectl("uncordon", "lab-node")
    kubectl("rollout", "status", quote, "--timeout=20s")


def test_what_this_cluster_has_not_is_said_with_what_to_do(kubectl: Kubectl, quote: str) -> None:
    assert "./lab logs POD" in kubectl("exec", quote, "--", "ls", expect=1)
    assert "./lab get http://" in kubectl("port-forward", quote, "8080:8080", expect=1)


def test_endpoints_are_said_to_be_deprecated(kubectl: Kubectl, quote: str) -> None:
    assert "use discovery.k8s.io/v1 EndpointSlice" in kubectl("get", "endpoints", "quote")


def test_a_pod_is_described_with_its_address_and_events(kubectl: Kubectl, quote: str) -> None:
    text = kubectl("describe", "pod", "-l", "app=quote")
    for word in ("IP:           127.", "Ready                       True", "Scheduled", "Started"):
        assert word in text
    assert "127." in kubectl("describe", "service", "quote").split("Endpoints:")[1]


def test_scaling_up_and_down_shows_in_the_pods(kubectl: Kubectl, quote: str) -> None:
    kubectl("scale", quote, "--replicas=3")
    kubectl("wait", quote, "--for=jsonpath={.status.readyReplicas}=3", "--timeout=20s")
    assert len(names(kubectl, "pods")) == 3
    kubectl("scale", quote, "--replicas=1")
    kubectl("wait", quote, "--for=jsonpath={.status.replicas}=1", "--timeout=20s")


def test_a_rollout_is_followed_undone_and_repeated(kubectl: Kubectl, quote: str) -> None:
    kubectl("set", "env", quote, "COLOUR=blue")
    assert "successfully rolled out" in kubectl("rollout", "status", quote, "--timeout=20s")
    kubectl("rollout", "undo", quote)
    kubectl("rollout", "status", quote, "--timeout=20s")
    assert "COLOUR" not in kubectl("get", quote, "-o", "yaml")
    kubectl("rollout", "restart", quote)
    kubectl("rollout", "status", quote, "--timeout=20s")
    revisions = kubectl("rollout", "history", quote).split("\n")[2:]
    assert [line.split()[0] for line in revisions if line] == ["2", "3", "4"]


def test_a_load_balancer_gets_an_address_that_answers(kubectl: Kubectl, quote: str) -> None:
    kubectl(
        "expose", quote, "--name=front", "--type=LoadBalancer", "--port=8090", "--target-port=8080"
    )
    address = "jsonpath={.status.loadBalancer.ingress[0].ip}"
    kubectl("wait", "service/front", f"--for={address}", "--timeout=30s")
    ip = kubectl("get", "service", "front", "-o", address)
    assert (
        requests.get(f"http://{ip}:8090/quote", timeout=5).headers["Server"].strip() == "quote/1.0"
    )


def test_logs_follow_a_pod_to_its_end(kubectl: Kubectl) -> None:
    program = "import time; print('one', flush=True); time.sleep(3); print('two')"
    image = "--image=python:3-alpine"
    kubectl("run", "counter", image, "--restart=Never", "--", "python3", "-c", program)
    kubectl("wait", "pod/counter", "--for=jsonpath={.status.phase}=Running", "--timeout=30s")
    assert kubectl("logs", "--follow", "counter") == "one\ntwo\n"
    assert kubectl("logs", "--tail=1", "counter") == "two\n"
    kubectl("wait", "pod/counter", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=30s")


def test_a_pod_that_fails_is_started_again_and_its_last_words_kept(kubectl: Kubectl) -> None:
    command = ("--", "python3", "-c", "import sys; sys.exit('no luck')")
    kubectl("run", "crash", "--image=python:3-alpine", *command)
    waiting = "jsonpath={.status.containerStatuses[0].state.waiting.reason}"
    kubectl("wait", "pod/crash", f"--for={waiting}=CrashLoopBackOff", "--timeout=20s")
    assert kubectl("logs", "crash", "--previous") == "no luck\n"
    assert "CrashLoopBackOff" in kubectl("get", "pod", "crash")


def test_an_image_this_node_has_not_is_explained(kubectl: Kubectl) -> None:
    kubectl("run", "web", "--image=nginx")
    waiting = "jsonpath={.status.containerStatuses[0].state.waiting.reason}"
    kubectl("wait", "pod/web", f"--for={waiting}=ImagePullBackOff", "--timeout=20s")
    text = kubectl("describe", "pod", "web")
    assert 'image "nginx" is not on this node' in text
    assert "python:3*" in text


def test_a_deleted_pod_is_replaced(kubectl: Kubectl, quote: str) -> None:
    (before,) = names(kubectl, "pods")
    kubectl("delete", before)
    kubectl("rollout", "status", quote, "--timeout=20s")
    (after,) = names(kubectl, "pods")
    assert after != before


def test_deletion_takes_what_is_owned_unless_told_to_orphan_it(
    kubectl: Kubectl, quote: str
) -> None:
    kubectl("delete", quote, "--cascade=orphan")
    assert len(names(kubectl, "replicasets,pods")) == 2
    kubectl("delete", "replicaset", "--all", "--cascade=foreground")
    kubectl("wait", "pod", "--all", "--for=delete", "--timeout=20s")
    assert names(kubectl, "replicasets,pods") == []


def test_a_namespace_goes_with_everything_in_it(kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "short-lived")
    manifest = documents("quote").replace("namespace: default", "namespace: short-lived")
    kubectl("apply", "-n", "short-lived", "-f", "-", stdin=manifest)
    kubectl("delete", "namespace", "short-lived", "--timeout=30s")
    assert "NotFound" in kubectl("get", "namespace", "short-lived", expect=1)
    assert names(kubectl, "all", "-n", "short-lived") == []


def test_apply_takes_away_a_field_that_left_the_manifest(kubectl: Kubectl) -> None:
    manifest = documents("quote").split("\n---\n")[1].replace("  namespace: default\n", "")
    kubectl(
        "apply",
        "-f",
        "-",
        stdin=manifest.replace("spec:\n", "spec:\n  internalTrafficPolicy: Local\n"),
    )
    assert "Policy: Local" in kubectl("get", "service", "quote", "-o", "yaml")
    kubectl("apply", "-f", "-", stdin=manifest)
    policy = kubectl("get", "service", "quote", "-o", "jsonpath={.spec.internalTrafficPolicy}")
    assert policy == "Cluster"
