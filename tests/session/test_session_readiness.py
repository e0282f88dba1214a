"""Ready means that the proxy knows the pods, whatever Ingresses nobody serves."""

from collections.abc import Iterator

import pytest

from labsupport.session.lab import Lab
from labsupport.session.readiness import lacks

INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: readiness}
spec:
  ingressClassName: CLASS
  rules:
  - host: readiness.example.com
    http: {paths: [{path: /, pathType: Prefix,
      backend: {service: {name: quiz, port: {number: 80}}}}]}
"""


@pytest.fixture
def ingress(lab: Lab) -> Iterator[str]:
    lab.wait_ready(namespace=None)
    yield INGRESS
    lab.delete("ingress", "readiness")


def test_a_ready_lab_lacks_nothing(lab: Lab, ingress: str) -> None:
    lab.apply(ingress.replace("CLASS", "traefik"))
    lab.address_of("ingress", "readiness")
    lab.wait_ready()
    servers = str(lab.controller.servers())
    assert "default-quiz-80" in servers


def test_a_class_that_there_is_not_keeps_nobody_waiting(lab: Lab, ingress: str) -> None:
    lab.apply(ingress.replace("CLASS", "traefik"))
    lab.address_of("ingress", "readiness")
    lab.apply(ingress.replace("CLASS", "nginx"))
    lab.wait_ready(timeout=20)


def test_pods_that_are_missing_are_named(lab: Lab, ingress: str) -> None:
    deployment = lab.object("deployments", "quiz")
    deployment["metadata"]["name"] = "readiness"
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "nothing:1"
    lab.apply({key: deployment[key] for key in ("apiVersion", "kind", "metadata", "spec")})
    try:
        assert lacks(lab, "default") == ["deployment default/readiness: 0 of 1 pods available"]
    finally:
        lab.delete("deployment", "readiness")
