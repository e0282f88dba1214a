"""The lab's clients against a real kube-apiserver: what they read, make, merge and follow."""

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from shared_cluster import SharedCluster

from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.kube.apply import applied, deleted
from labsupport.kube.follow import Follower
from labsupport.kube.manifests import dumped, objects
from labsupport.kube.official import client
from labsupport.manifests import ADDONS, CONTROLLERS, SAMPLES, documents
from labsupport.rules.status import StatusError

KUBECTL = shutil.which("kubectl")
STRICT = {"fieldValidation": "Strict"}
PATIENCE = 20.0  # seconds


@pytest.fixture(scope="module")
def api(real_cluster: SharedCluster) -> Api:
    return real_cluster.api


@pytest.fixture
def namespace(api: Api, request: pytest.FixtureRequest) -> str:
    """One of the test's own."""
    name = request.node.originalname.removeprefix("test_").replace("_", "-")[:60].rstrip("-")
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return str(name)


def service(**spec: object) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kiada", "labels": {"app": "kiada"}},
        "spec": {"selector": {"app": "kiada"}, "ports": [{"name": "http", "port": 80}], **spec},
    }


def config_map(**data: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "not within the time"
        time.sleep(0.02)


class TestManifests:
    def test_all_that_the_lab_installs_is_taken_by_the_letter(self, api: Api) -> None:
        for name in (*ADDONS, *SAMPLES, *CONTROLLERS, "conformance"):
            for obj in objects(documents(name)):
                put(api, obj)

    def test_the_labs_custom_kinds_are_established(self, api: Api) -> None:
        definitions = [
            obj
            for name in (*ADDONS, *CONTROLLERS)
            for obj in objects(documents(name))
            if obj["kind"] == "CustomResourceDefinition"
        ]
        assert definitions
        for each in definitions:
            put(api, each)

            def established(name: str = each["metadata"]["name"]) -> bool:
                live = api.get("customresourcedefinitions", name)
                found = {c["type"]: c["status"] for c in live["status"].get("conditions", ())}
                return (
                    found.get("Established") == "True" and found.get("NonStructuralSchema") is None
                )

            wait_for(established)


def put(api: Api, obj: Json) -> None:
    """Create it, as strict as the server can be; a kind may be there a moment later."""

    def done() -> bool:
        try:
            path = api.kind(obj).path(obj["metadata"].get("namespace", "default"))
            api.call("POST", path, STRICT, body=obj)
        except StatusError as error:
            if error.reason == "NotFound" and "matches for kind" in error.message:
                return False
            if error.reason != "AlreadyExists":
                raise
        return True

    wait_for(done)


class TestApply:
    def test_lines_are_those_of_kubectl(self, api: Api, namespace: str) -> None:
        assert list(applied(api, [service()], namespace)) == ["service/kiada created"]
        assert list(applied(api, [service()], namespace)) == ["service/kiada unchanged"]
        changed = service(type="NodePort")
        assert list(applied(api, [changed], namespace)) == ["service/kiada configured"]
        assert list(deleted(api, [service()], namespace)) == ["service/kiada deleted"]
        assert list(deleted(api, [service()], namespace)) == ["service/kiada not found"]

    def test_what_was_allocated_and_what_others_set_stays(self, api: Api, namespace: str) -> None:
        list(applied(api, [service(type="NodePort")], namespace))
        before = api.get("services", "kiada", namespace)
        before["metadata"]["annotations"]["others"] = "stays"
        api.replace(before)
        again = service(type="NodePort", ports=[{"name": "web", "port": 80}])
        again["metadata"]["labels"] = {"team": "web"}
        list(applied(api, [again], namespace))
        after = api.get("services", "kiada", namespace)
        assert after["spec"]["clusterIP"] == before["spec"]["clusterIP"]
        assert after["spec"]["ports"][0]["nodePort"] == before["spec"]["ports"][0]["nodePort"]
        assert after["spec"]["ports"][0]["name"] == "web"
        assert after["metadata"]["labels"] == {"team": "web"}
        assert after["metadata"]["annotations"]["others"] == "stays"

    def test_a_dry_run_changes_nothing(self, api: Api, namespace: str) -> None:
        assert list(applied(api, [config_map(x="1")], namespace, dry_run=True)) == [
            "configmap/a created (server dry run)"
        ]
        with pytest.raises(StatusError, match='configmaps "a" not found'):
            api.get("configmaps", "a", namespace)

    @pytest.mark.skipif(KUBECTL is None, reason="no kubectl on the PATH")
    def test_kubectl_and_the_lab_can_be_mixed(
        self, api: Api, namespace: str, real_cluster: SharedCluster, tmp_path: Path
    ) -> None:
        assert KUBECTL
        first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
        first.write_text(dumped(config_map(both="1", theirs="1")))
        second.write_text(dumped(config_map(both="2")))

        def kubectl(file: Path) -> str:
            words = [KUBECTL or "", "--kubeconfig", str(real_cluster.config), "-n", namespace]
            done = subprocess.run(
                [*words, "apply", "-f", str(file)],
                env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == 0, done.stderr
            return done.stdout.strip()

        def data() -> Json:
            found: Json = api.get("configmaps", "a", namespace)["data"]
            return found

        assert kubectl(first) == "configmap/a created"
        assert list(applied(api, [config_map(both="1", ours="1")], namespace)) == [
            "configmap/a configured"
        ]
        assert data() == {"both": "1", "ours": "1"}
        assert kubectl(second) == "configmap/a configured"
        assert data() == {"both": "2"}
        assert list(applied(api, [config_map(both="2")], namespace)) == ["configmap/a unchanged"]
        assert kubectl(second) == "configmap/a unchanged"


class TestFollower:
    @pytest.fixture
    def follow(self, api: Api) -> Iterator[Callable[..., tuple[Follower, threading.Event]]]:
        made: list[Follower] = []

        def follow(**places: str | None) -> tuple[Follower, threading.Event]:
            news = threading.Event()
            made.append(Follower(api.access, places, news.set))
            return made[-1], news

        yield follow
        for each in made:
            each.close()

    def test_changes_arrive_to_the_last(
        self,
        api: Api,
        namespace: str,
        follow: Callable[..., tuple[Follower, threading.Event]],
    ) -> None:
        follower, news = follow(services=namespace)
        api.create(service(), namespace)
        assert news.wait(PATIENCE)
        wait_for(lambda: follower.objects("services"))
        live = api.get("services", "kiada", namespace)
        live["spec"]["ports"][0]["port"] = 81
        api.replace(live)
        wait_for(lambda: follower.objects("services")[0]["spec"]["ports"][0]["port"] == 81)
        assert follower.objects("services")[0]["kind"] == "Service"
        api.delete("services", "kiada", namespace)
        wait_for(lambda: not follower.objects("services"))

    def test_the_slices_that_a_real_controller_makes_arrive(
        self,
        api: Api,
        namespace: str,
        follow: Callable[..., tuple[Follower, threading.Event]],
    ) -> None:
        follower, _ = follow(endpointslices=namespace)
        api.create(service(), namespace)
        wait_for(lambda: follower.objects("endpointslices"))
        labels = follower.objects("endpointslices")[0]["metadata"]["labels"]
        assert labels["kubernetes.io/service-name"] == "kiada"


class TestOfficialClient:
    def test_objects_are_made_and_read(self, api: Api, namespace: str) -> None:
        from kubernetes import client as official

        with client(api.access) as connected:
            core = official.CoreV1Api(connected)
            made: Any = core.create_namespaced_service(namespace, cast("Any", service()))
            assert made.spec.ports[0].target_port == 80
            with pytest.raises(official.ApiException) as caught:
                core.create_namespaced_service(namespace, cast("Any", service()))
            assert json.loads(caught.value.body or "")["reason"] == "AlreadyExists"
