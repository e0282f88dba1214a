"""The mini-cluster's API server beside a real one: requests one after the other, the same answers.

Each is compared by its status code and, of a refusal, by reason and message; of what is taken, by
the object or the table in the answer, without what is given anew each time.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from shared_cluster import SharedCluster, embedded

from labsupport.base.types import Json

CORE, NETWORKING, APPS = "/api/v1", "/apis/networking.k8s.io/v1", "/apis/apps/v1"
HERE = "/namespaces/compared"
SERVICES = f"{CORE}{HERE}/services"
INGRESSES = f"{NETWORKING}{HERE}/ingresses"
CONFIG_MAPS = f"{CORE}{HERE}/configmaps"
DEPLOYMENTS = f"{APPS}{HERE}/deployments"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
CHANGING = re.compile(r"\d+(\.\d+){3}|uid|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HIDDEN = {
    "uid", "creationTimestamp", "managedFields", "resourceVersion", "generation", "clusterIP",
    "clusterIPs", "nodePort", "status", "deployment.kubernetes.io/revision",
}  # fmt: skip

Answer = tuple[Any, ...]


class Server:
    """One of the two, asked with plain requests."""

    def __init__(self, cluster: SharedCluster) -> None:
        access = cluster.api.access
        self._url = access.server
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(access.ca_file)
        self._session.headers.update(access.headers())

    def ask(self, method: str, path: str, body: Any = None, kind: str = "", **headers: str) -> Any:
        sent = {"Content-Type": kind or "application/json", **headers}
        data = body if isinstance(body, str | None) else json.dumps(body)
        return self._session.request(method, self._url + path, data=data, headers=sent, timeout=20)

    def close(self) -> None:
        self._session.close()


class Pair:
    """Both, asked the same."""

    def __init__(self, real: Server, ours: Server) -> None:
        self.real, self.ours = real, ours

    def agree(self, method: str, path: str, body: Any = None, kind: str = "", **more: str) -> Any:
        """Ask both; fail unless they say the same; gives what the lab's own said."""
        real = self.real.ask(method, path, body, kind, **more)
        ours = self.ours.ask(method, path, body, kind, **more)
        assert told(ours) == told(real), f"{method} {path}"
        return ours.json()


def told(answer: requests.Response) -> Answer:
    document: Json = answer.json()
    if document.get("kind") == "Status":
        details = {**(document.get("details") or {}), "uid": ""}
        return answer.status_code, document.get("reason"), document.get("message"), details
    if document.get("kind") == "Table":
        columns = [
            (each["name"], each["type"], each["priority"]) for each in document["columnDefinitions"]
        ]
        ages = [index for index, (name, *_) in enumerate(columns) if name == "Age"]
        rows = [
            [
                "*" if index in ages else CHANGING.sub("*", str(cell))
                for index, cell in enumerate(row["cells"])
            ]
            for row in document["rows"]
        ]
        return answer.status_code, (columns, rows)
    if "items" in document:
        return answer.status_code, [each["metadata"]["name"] for each in document["items"]]
    return answer.status_code, plain(document)


def plain(value: Any) -> Any:
    """Without what is given anew each time or by a controller, and what says nothing."""
    if isinstance(value, dict):
        told = {k: plain(v) for k, v in value.items() if k not in HIDDEN}
        return {k: v for k, v in told.items() if v not in (None, [], "", {})}
    return [plain(each) for each in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def both(real_cluster: SharedCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with embedded(tmp_path_factory.mktemp("ours")) as cluster:
        pair = Pair(Server(real_cluster), Server(cluster))
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "compared"}}
        for each in (real_cluster, cluster):
            each.api.create(namespace)
        yield pair
        pair.real.close()
        pair.ours.close()


def config_map(name: str, labels: Json | None = None, **data: str) -> Json:
    metadata = {"name": name, **({"labels": labels} if labels else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def service(name: str, **spec: Any) -> Json:
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"selector": {"app": name}, "ports": ports, **spec},
    }


def ingress(name: str, **spec: Any) -> Json:
    backend = {"service": {"name": "kiada", "port": {"name": "http"}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    rule = {"host": f"{name}.example.com", "http": {"paths": [path]}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name},
        "spec": {"rules": [rule], **spec},
    }


def deployment(name: str) -> Json:
    containers = [
        {"name": "web", "image": "python:3", "env": [{"name": "A", "value": "1"}]},
        {"name": "side", "image": "python:3"},
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": containers},
            },
        },
    }


def in_pods(**spec: Any) -> Json:
    """The part of a Deployment's spec that is about its pods."""
    return {"template": {"spec": spec}}


class TestCodes:
    def test_what_is_taken_missing_or_moved_on(self, both: Pair) -> None:
        both.agree("POST", CONFIG_MAPS, config_map("codes", x="1"))
        both.agree("POST", CONFIG_MAPS, config_map("codes", x="2"))
        both.agree("GET", f"{CONFIG_MAPS}/nowhere")
        both.agree("PUT", f"{CONFIG_MAPS}/nowhere", config_map("nowhere"))
        both.agree("PUT", f"{CONFIG_MAPS}/codes", config_map("another"))
        stale = config_map("codes", x="3")
        stale["metadata"]["resourceVersion"] = "1"
        both.agree("PUT", f"{CONFIG_MAPS}/codes", stale)
        both.agree("DELETE", f"{CONFIG_MAPS}/codes")
        both.agree("DELETE", f"{CONFIG_MAPS}/codes")

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", CONFIG_MAPS, {**config_map("a"), "apiVersion": "v2"}),
            ("POST", f"{CORE}/namespaces/nowhere/configmaps", config_map("a")),
            ("POST", CONFIG_MAPS, {**config_map("a"), "metadata": {"name": "a", "namespace": "b"}}),
            ("POST", CONFIG_MAPS, config_map("Not_A_Name")),
            ("GET", f"{CONFIG_MAPS}?labelSelector=a%3D%3D%3Db", None),
            ("GET", f"{CONFIG_MAPS}?fieldSelector=data.x%3D1", None),
            ("PATCH", f"{CONFIG_MAPS}/nowhere", {"data": {"a": "1"}}),
        ],
    )  # fmt: skip
    def test_what_is_refused(self, both: Pair, method: str, path: str, body: Any) -> None:
        both.agree(method, path, body, MERGE_PATCH if method == "PATCH" else "")

    def test_another_kind_is_refused(self, both: Pair) -> None:
        # Why, a real server says with the names of its Go types.
        answers = [each.ask("POST", CONFIG_MAPS, service("a")) for each in (both.real, both.ours)]
        assert [each.status_code for each in answers] == [400, 400]

    def test_a_patch_to_a_wrong_type_is_refused(self, both: Pair) -> None:
        both.agree("POST", CONFIG_MAPS, config_map("mistyped", a="1"))
        patch = {"data": {"a": 1}}
        path = f"{CONFIG_MAPS}/mistyped"
        answers = [each.ask("PATCH", path, patch, MERGE_PATCH) for each in (both.real, both.ours)]
        assert [each.status_code for each in answers] == [422, 422]
        ends = [each.json()["message"].rpartition(": ")[2] for each in answers]
        assert ends[0] == ends[1]

    def test_a_review_may_have_no_metadata(self, both: Pair) -> None:
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "metadata": {"labels": {"a": "b"}},
            "spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        codes = [each.ask("POST", path, review).status_code for each in (both.real, both.ours)]
        assert codes == [422, 422]


class TestPatches:
    @pytest.mark.parametrize(
        ("kind", "patch"),
        [
            (MERGE_PATCH, {"data": {"a": None, "c": "3"}, "metadata": {"labels": {"x": "y"}}}),
            (MERGE_PATCH, {"data": None}),
            (MERGE_PATCH, {"metadata": {"name": "other"}}),
            (MERGE_PATCH, {"metadata": {"namespace": "other"}}),
            (MERGE_PATCH, {"metadata": {"resourceVersion": "1"}, "data": {"a": "2"}}),
            (MERGE_PATCH, ["no object"]),
            (JSON_PATCH, [{"op": "replace", "path": "/data/a", "value": "9"}]),
            (JSON_PATCH, [{"op": "add", "path": "/data/x~1y", "value": "1"}]),
            (JSON_PATCH, [{"op": "test", "path": "/data/a", "value": "wrong"}]),
            (JSON_PATCH, [{"op": "remove", "path": "/data/nowhere"}]),
            (JSON_PATCH, [{"op": "move", "from": "/data/a", "path": "/data/z"}]),
            (JSON_PATCH, [{"op": "copy", "from": "/data/a", "path": "/data/z"}]),
            (STRATEGIC, {"data": {"a": None}, "metadata": {"annotations": {"n": "1"}}}),
            (STRATEGIC, {"data": {"$patch": "replace", "only": "1"}}),
        ],
    )  # fmt: skip
    def test_a_config_map(self, both: Pair, kind: str, patch: Any) -> None:
        both.agree("POST", CONFIG_MAPS, config_map("patched", a="1", b="2"))
        both.agree("PATCH", f"{CONFIG_MAPS}/patched", patch, kind)
        both.agree("GET", f"{CONFIG_MAPS}/patched")
        both.agree("DELETE", f"{CONFIG_MAPS}/patched")

    @pytest.mark.parametrize(
        "spec",
        [
            in_pods(containers=[{"name": "web", "image": "python:3.11"}]),
            in_pods(containers=[{"name": "web", "env": [{"name": "B", "value": "2"}]}]),
            in_pods(containers=[{"name": "side", "$patch": "delete"}]),
            in_pods(
                containers=[{"name": "new", "image": "python:3"}],
                **{"$setElementOrder/containers": [{"name": "new"}, {"name": "web"}]},
            ),
            {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}},
            {"selector": {"matchLabels": {"app": "other"}}},
            {"replicas": -1},
        ],
    )
    def test_a_deployment_by_strategic_merge(self, both: Pair, spec: Json) -> None:
        both.agree("POST", DEPLOYMENTS, deployment("merged"))
        both.agree("PATCH", f"{DEPLOYMENTS}/merged?dryRun=All", {"spec": spec}, STRATEGIC)
        for each in (both.real, both.ours):
            each.ask("DELETE", f"{DEPLOYMENTS}/merged")

    @pytest.mark.parametrize("kind", [STRATEGIC, MERGE_PATCH])
    def test_the_ports_of_a_service(self, both: Pair, kind: str) -> None:
        both.agree("POST", SERVICES, service("ports"))
        patch = {"spec": {"ports": [{"name": "more", "port": 81}]}}
        both.agree("PATCH", f"{SERVICES}/ports?dryRun=All", patch, kind)
        for each in (both.real, both.ours):
            each.ask("DELETE", f"{SERVICES}/ports")


@pytest.fixture(scope="module")
def _filled(both: Pair) -> None:
    for name, labels in (
        ("one", {"app": "kiada", "tier": "web"}),
        ("two", {"app": "quote"}),
        ("three", {"tier": "web"}),
        ("four", None),
    ):
        both.agree("POST", CONFIG_MAPS, config_map(name, labels))
    both.agree("POST", SERVICES, service("kiada"))
    both.agree("POST", SERVICES, service("headless", clusterIP="None"))
    both.agree(
        "POST", SERVICES, service("elsewhere", type="ExternalName", externalName="example.com")
    )
    both.agree("POST", INGRESSES, ingress("plain"))
    both.agree(
        "POST",
        INGRESSES,
        ingress("secured", ingressClassName="shared", tls=[{"hosts": ["a.example.com"]}]),
    )
    backend = {"service": {"name": "kiada", "port": {"number": 80}}}
    both.agree("POST", INGRESSES, {**ingress("rest"), "spec": {"defaultBackend": backend}})
    ingress_class = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "compared"},
        "spec": {"controller": "example.com/compared"},
    }
    both.agree("POST", f"{NETWORKING}/ingressclasses", ingress_class)


@pytest.mark.usefixtures("_filled")
class TestLists:
    @pytest.mark.parametrize(
        "selector",
        [
            "app=kiada", "app!=kiada", "app in (kiada,quote)", "app notin (kiada)", "app", "!app",
            "app,tier=web", "tier=web,app!=kiada", "app==quote", " app = kiada ", "app in (kiada",
            "a b", "app=a=b", "=x", "app in ()", "x>1",
        ],
    )  # fmt: skip
    def test_by_labels(self, both: Pair, selector: str) -> None:
        query = urlencode({"labelSelector": selector})
        both.agree("GET", f"{CONFIG_MAPS}?{query}")

    @pytest.mark.parametrize(
        "selector",
        ["metadata.name=one", "metadata.name!=one", "metadata.namespace=compared", "spec.x=1", "a"],
    )
    def test_by_fields(self, both: Pair, selector: str) -> None:
        query = urlencode({"fieldSelector": selector})
        both.agree("GET", f"{CONFIG_MAPS}?{query}")

    @pytest.mark.parametrize(
        "path",
        [
            SERVICES, f"{SERVICES}/kiada", INGRESSES, f"{INGRESSES}/secured", CONFIG_MAPS,
            f"{NETWORKING}/ingressclasses?fieldSelector=metadata.name%3Dcompared",
            f"{CORE}/namespaces?fieldSelector=metadata.name%3Dcompared",
        ],
    )  # fmt: skip
    def test_tables_of_kubectl_get(self, both: Pair, path: str) -> None:
        both.agree("GET", path, Accept=TABLE)

    def test_tables_of_a_deployment(self, both: Pair) -> None:
        both.agree("POST", DEPLOYMENTS, deployment("none"))
        both.agree("GET", f"{DEPLOYMENTS}?fieldSelector=metadata.name%3Dnone", Accept=TABLE)
