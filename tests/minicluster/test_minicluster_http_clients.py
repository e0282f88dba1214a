"""Real clients against the API: kubectl (where there is one on the PATH) and Traefik."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from minicluster_api import Api

Kubectl = Callable[..., str]

MANIFEST = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: kiada}
spec:
  rules:
  - host: kiada.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: kiada, port: {number: 80}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: kiada}
spec:
  replicas: 3
  selector: {matchLabels: {app: kiada}}
  template:
    metadata: {labels: {app: kiada}}
    spec: {containers: [{name: kiada, image: "python:3-alpine"}]}
"""


@pytest.fixture
def kubectl(api: Api, tmp_path: Path) -> Kubectl:
    """`kubectl ARGS` as a function that returns what was printed; skips without kubectl."""
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("no kubectl on the PATH")
    (tmp_path / "app.yaml").write_text(MANIFEST)
    kept = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    environment = kept | {"KUBECONFIG": str(api.kubeconfig(tmp_path / "kubeconfig"))}

    def run(*args: str, expect: int = 0, **more: str) -> str:
        done = subprocess.run(
            [program, *args],
            env=environment | more,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        assert done.returncode == expect, done.stdout
        return done.stdout

    return run


async def test_kubectl_applies_again_and_again(kubectl: Kubectl) -> None:
    def story() -> None:
        assert "ingress.networking.k8s.io/kiada created" in kubectl("apply", "-f", "app.yaml")
        assert "deployment.apps/kiada unchanged" in kubectl("apply", "-f", "app.yaml")
        assert "serverside-applied" in kubectl("apply", "--server-side", "-f", "app.yaml")

    await asyncio.to_thread(story)


async def test_kubectl_shows_what_there_is(kubectl: Kubectl) -> None:
    def story() -> None:
        kubectl("create", "-f", "app.yaml")
        lines = kubectl("get", "ingress").splitlines()
        assert lines[0].split() == ["NAME", "CLASS", "HOSTS", "ADDRESS", "PORTS", "AGE"]
        assert lines[1].split()[:3] == ["kiada", "<none>", "kiada.example.com"]
        assert 'services "kiada" not found' in kubectl("describe", "ingress", "kiada")
        assert "deployment.apps/kiada" in kubectl("get", "all")
        assert "rules" in kubectl("explain", "ingress.spec")

    await asyncio.to_thread(story)


async def test_kubectl_changes_what_there_is(kubectl: Kubectl, tmp_path: Path) -> None:
    def story() -> None:
        kubectl("create", "-f", "app.yaml")
        editor = tmp_path / "editor"
        editor.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path}/edit.py" "$1"\n')
        editor.chmod(0o755)
        (tmp_path / "edit.py").write_text(
            "import pathlib, sys\n"
            "path = pathlib.Path(sys.argv[1])\n"
            "path.write_text(path.read_text().replace('kiada.example.com', 'new.example.com'))\n"
        )
        assert "edited" in kubectl("edit", "ingress", "kiada", KUBE_EDITOR=str(editor))
        assert "new.example.com" in kubectl("get", "ingress")
        assert "scaled" in kubectl("scale", "deployment", "kiada", "--replicas=5")
        kubectl("wait", "deploy/kiada", "--for=jsonpath={.spec.replicas}=5", "--timeout=5s")
        assert "labeled" in kubectl("label", "ingress", "kiada", "a=b")
        assert "kiada" in kubectl("get", "ingress", "-l", "a=b")

    await asyncio.to_thread(story)


async def test_kubectl_deletes_and_waits_until_it_is_gone(kubectl: Kubectl) -> None:
    def story() -> None:
        kubectl("create", "-f", "app.yaml")
        assert 'deployment.apps "kiada" deleted' in kubectl("delete", "-f", "app.yaml")
        assert "No resources found" in kubectl("get", "ingress,deployment")

    await asyncio.to_thread(story)


async def test_kubectl_prints_a_refusal_field_by_field(kubectl: Kubectl) -> None:
    def story() -> None:
        kubectl("create", "-f", "app.yaml")
        patch = '{"spec":{"rules":[{"host":"10.0.0.1"}]}}'
        said = kubectl("patch", "ingress", "kiada", "-p", patch, expect=1)
        assert said.startswith('The Ingress "kiada" is invalid: spec.rules[0].host: Invalid value')

    await asyncio.to_thread(story)


async def test_kubectl_creates_by_its_typed_commands(kubectl: Kubectl) -> None:
    """These send protobuf."""

    def story() -> None:
        kubectl("create", "namespace", "shop")
        kubectl("create", "configmap", "settings", "--from-literal=a=b", "-n", "shop")
        assert kubectl("get", "cm", "settings", "-n", "shop", "-o", "jsonpath={.data.a}") == "b"
        kubectl("create", "deployment", "web", "--image=python:3", "--port=80", "-n", "shop")
        image = "jsonpath={.spec.template.spec.containers[0].image}"
        assert kubectl("get", "deploy", "web", "-n", "shop", "-o", image) == "python:3"
        kubectl("create", "service", "clusterip", "web", "--tcp=80:8080", "-n", "shop")
        port = "jsonpath={.spec.ports[0].targetPort}"
        assert kubectl("get", "svc", "web", "-n", "shop", "-o", port) == "8080"
        kubectl("create", "ingress", "web", "--rule=a.example.com/*=web:80", "-n", "shop")
        assert "a.example.com" in kubectl("get", "ingress", "-n", "shop")

    await asyncio.to_thread(story)


async def test_kubectl_asks_who_may_what(kubectl: Kubectl) -> None:
    def story() -> None:
        kubectl("create", "serviceaccount", "robot")
        kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods")
        kubectl("create", "rolebinding", "r", "--role=reader", "--serviceaccount=default:robot")
        robot = "--as=system:serviceaccount:default:robot"
        assert kubectl("auth", "can-i", "create", "ingresses") == "yes\n"
        assert kubectl("auth", "can-i", "list", "pods", robot) == "yes\n"
        assert kubectl("auth", "can-i", "delete", "pods", robot, expect=1) == "no\n"
        assert kubectl("create", "token", "robot").count(".") == 2
        assert "system:serviceaccount:default:robot" in kubectl("auth", "whoami", robot)

    await asyncio.to_thread(story)


async def test_traefik_keeps_in_step_and_writes_the_status(api: Api, tmp_path: Path) -> None:
    """Its client asks for initial events with bookmarks, and writes Ingress status as protobuf."""
    program = Path(sys.executable).with_name("traefik")
    if not program.exists():
        pytest.skip("traefik is not installed beside this Python")
    backend = {"service": {"name": "kiada", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec = {"rules": [{"host": "kiada.example.com", "http": {"paths": [path]}}]}
    sent = {"metadata": {"name": "kiada"}, "spec": spec}
    await api.registry.create("ingresses.networking.k8s.io", sent, namespace="default")
    process = await asyncio.create_subprocess_exec(
        program,
        "--providers.kubernetesingress=true",
        "--providers.kubernetesingress.ingressendpoint.ip=127.77.192.1",
        "--entrypoints.web.address=127.0.0.1:0",
        env={"KUBECONFIG": str(api.kubeconfig(tmp_path / "kubeconfig"))},
        cwd=tmp_path,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(20):
            async for event in api.registry.watch(["ingresses.networking.k8s.io"]):
                if event.object["status"] != {"loadBalancer": {}}:
                    break
    finally:
        process.kill()
        await process.wait()
    stored = api.registry.get("ingresses.networking.k8s.io", "default", "kiada")
    assert stored["status"] == {"loadBalancer": {"ingress": [{"ip": "127.77.192.1"}]}}
    assert stored["spec"] == spec
