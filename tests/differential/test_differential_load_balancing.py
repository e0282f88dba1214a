"""The thirtieth conformance scenario: a hundred requests to ten Pods, of which each has some."""

from differential_cluster import Cluster
from differential_traefik import Traefik

from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.kube.wait import unready_deployments, until_nothing_missing
from labsupport.rules.ingress import PROFILES, Request, RuleSet

PODS = 10
REQUESTS = 100
PROGRAM = """
import http.server, os
class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = os.environ["POD_NAME"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(name)))
        self.end_headers()
        self.wfile.write(name)
http.server.HTTPServer((os.environ["POD_IP"], 3000), Echo).serve_forever()
"""


def field(name: str, path: str) -> Json:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


OBJECTS: list[Json] = [
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "echo", "namespace": "one"},
        "spec": {"selector": {"app": "echo"}, "ports": [{"port": 80, "targetPort": 3000}]},
    },
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "echo", "namespace": "one"},
        "spec": {
            "replicas": PODS,
            "selector": {"matchLabels": {"app": "echo"}},
            "template": {
                "metadata": {"labels": {"app": "echo"}},
                "spec": {
                    "containers": [
                        {
                            "name": "echo",
                            "image": "python:3-alpine",
                            "command": ["python3", "-c", PROGRAM],
                            "env": [
                                field("POD_NAME", "metadata.name"),
                                field("POD_IP", "status.podIP"),
                            ],
                            "readinessProbe": {"tcpSocket": {"port": 3000}, "periodSeconds": 1},
                        }
                    ]
                },
            },
        },
    },
]
INGRESS: Json = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "load-balancing", "namespace": "one"},
    "spec": {
        "ingressClassName": "traefik",
        "defaultBackend": {"service": {"name": "echo", "port": {"number": 80}}},
    },
}


def test_requests_are_spread_over_all_pods_that_the_decision_names(
    api: Api, cluster: Cluster, traefiks: dict[str, Traefik]
) -> None:
    proxy = traefiks["traefik"]
    for obj in OBJECTS:
        api.create(obj)
    until_nothing_missing(
        lambda: unready_deployments(api.list("deployments", "one")), what="ten Pods", timeout=60
    )
    cluster.exchange([INGRESS], proxy)
    request = Request("http", "load-balancing", 80, "/")
    pods = {each["metadata"]["name"] for each in api.list("pods", "one")}
    for name in ("spec", "lab", "traefik"):
        rules = RuleSet(
            [INGRESS],
            services=api.list("services"),
            slices=api.list("endpointslices"),
            profile=PROFILES[name],
        )
        assert {each.pod for each in rules.decide(request).endpoints} == pods
    until_nothing_missing(
        lambda: [] if len({proxy.answer(request) for _ in range(PODS)}) == PODS else ["some Pods"],
        what="answers of all Pods",
        timeout=10,
    )
    answers = [proxy.answer(request) for _ in range(REQUESTS)]
    assert {status for status, _ in answers} == {200}
    assert {name for _, name in answers} == pods
    for kind in ("deployments", "services"):
        api.delete(kind, "echo", "one")
