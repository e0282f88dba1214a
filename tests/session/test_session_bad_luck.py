"""What the lab says after bad luck of its controllers, and that they recover by themselves."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from cut_relay import relayed
from probes import Probe, has_status, route, rule, until_true
from running_lab import running_lab

from labsupport.base.errors import RequestFailed
from labsupport.kube.access import write_kubeconfig
from labsupport.kube.manifests import objects
from labsupport.manifests import documents
from labsupport.providers.daemon.record import last_record
from labsupport.rules.admission import CLASS_ANNOTATION
from labsupport.session.bringing_up import bring_up
from labsupport.session.lab import Lab

Apply = Callable[..., None]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab of its own: what happened to a controller is told of for a minute."""
    with running_lab(tmp_path_factory.mktemp("unlucky") / "home") as lab:
        lab.install("traefik-internal")
        yield lab


@pytest.fixture
def first(lab: Lab) -> Probe:
    return Probe(lab, "traefik")


@pytest.fixture
def internal(lab: Lab) -> Probe:
    return Probe(lab, "internal")


def reaches(probe: Probe, host: str, within: float = 20.0) -> None:
    """Wait for a 200, through times when nothing listens."""

    def look() -> bool:
        try:
            return probe(host).status == 200
        except RequestFailed:
            return False

    until_true(look, f"200 from {host}", within)


def proxy_of(lab: Lab, name: str = "traefik") -> psutil.Process:
    """The process of a controller's Pod."""
    (pod,) = lab.controllers["traefik" if name == "traefik" else "internal"].pods()
    address = f"--entrypoints.web.address={pod['status']['podIP']}:8000"
    record = last_record(lab.instance)
    assert record is not None
    children = psutil.Process(record.pid).children(recursive=True)
    (found,) = [each for each in children if address in each.cmdline()]
    return found


def test_a_controller_killed_amid_updates_catches_up_by_itself(
    lab: Lab, first: Probe, apply: Apply
) -> None:
    names = [f"amid-{number}" for number in range(10)]
    for name in names[:5]:
        apply(rule(name))
    proxy_of(lab).send_signal(signal.SIGKILL)
    for name in names[5:]:
        apply(rule(name))
    for name in names:
        reaches(first, name)
    assert any("Traefik ended by signal 9" in each for each in lab.controller.problems())


def test_a_controller_without_a_pod_is_said(lab: Lab, apply: Apply) -> None:
    deployment = lab.object("deployment", "traefik-internal", namespace="traefik-internal")
    scaled = {**deployment, "spec": {**deployment["spec"], "replicas": 0}}
    lab.api.replace(scaled)
    expected = "traefik-internal has no ready Pod: nobody serves class internal"
    try:
        until_true(
            lambda: any(each.startswith(expected) for each in lab.status().missing), expected
        )
    finally:
        lab.install("traefik-internal")
    assert lab.problems() == [] or "ended" in lab.problems()[0]


def test_a_pod_that_cannot_start_beside_the_one_that_serves_is_no_trouble(
    lab: Lab,
) -> None:
    live = lab.object("deployment", "traefik", namespace="traefik")
    before = live["spec"]["template"]["spec"]["containers"][0]["image"]
    pods = len(lab.controller.pods())
    path = lab.api.kind("deployments").path("traefik", "traefik")
    headers = {"Content-Type": "application/strategic-merge-patch+json"}

    def run(image: str) -> None:
        containers = [{"name": "traefik", "image": image}]
        body = {"spec": {"template": {"spec": {"containers": containers}}}}
        lab.api.call("PATCH", path, body=body, headers=headers)

    run("nosuch:1")
    try:
        until_true(lambda: len(lab.controller.pods()) > pods, "another pod", 20)
        assert lab.controller.log()
        assert [each for each in lab.problems() if "was started again" not in each] == []
    finally:
        run(before)
    lab.wait_ready(namespace=None)


def test_a_kind_that_is_gone_silences_traefiks_own_kinds_until_it_is_back(
    lab: Lab, internal: Probe, apply: Apply
) -> None:
    crd = next(o for o in objects(documents("traefik-crds")) if "udp" in o["metadata"]["name"])
    mine = route("mute", "mute")
    mine["metadata"]["annotations"] = {CLASS_ANNOTATION: "internal"}
    apply(mine, rule("loud", class_name="internal"))
    internal.until(has_status(200), "mute")
    lab.delete(crd)
    try:
        proxy_of(lab, "internal").send_signal(signal.SIGKILL)
        reaches(internal, "loud")
        assert internal("mute").status == 404
        controller = lab.controllers["internal"]
        until_true(
            lambda: any("could not watch IngressRouteUDP" in e for e in controller.problems()),
            "the log's raw lines are read",
        )
        assert any("ingressrouteudps.traefik.io is gone" in e for e in controller.problems())
        found = lab.diagnose("http://mute.example.com/", resolve=internal.address)
        assert "ingressrouteudps.traefik.io is gone" in found.why
    finally:
        lab.apply(crd)
    reaches(internal, "mute", within=40)  # it tries again after 30 s at most


def test_a_cut_watch_is_said_and_taken_up_again(
    lab: Lab, internal: Probe, apply: Apply, tmp_path: Path
) -> None:
    apply(rule("early", class_name="internal"))
    host, _, port = lab.connection.access.server.removeprefix("https://").rpartition(":")
    with relayed((host, int(port))) as relay:
        kubeconfig = tmp_path / "kubeconfig"
        write_kubeconfig(
            kubeconfig, replace(lab.connection.access, server=f"https://localhost:{relay.port}")
        )
        with environment(lab, "KUBECONFIG", str(kubeconfig)):
            reaches(internal, "early")
            relay.cut()
            apply(rule("late", class_name="internal"))
            controller = lab.controllers["internal"]
            until_true(
                lambda: any("default/late" in each for each in controller.problems()),
                "the Ingress it has not heard of is said",
            )
            assert internal("early").status == 200
            assert internal("late").status == 404
            relay.mend()
            reaches(internal, "late", within=40)


@contextmanager
def environment(lab: Lab, name: str, value: str) -> Iterator[None]:
    """Have the second Traefik run with an environment variable more."""
    place = "traefik-internal"
    live = lab.object("deployment", place, namespace=place)
    live["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": name, "value": value})
    lab.api.replace(live)
    lab.wait_ready(namespace=place)
    try:
        yield
    finally:
        deployment = lab.object("deployment", place, namespace=place)
        env = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
        env[:] = [each for each in env if each["name"] != name]
        lab.api.replace(deployment)
        lab.wait_ready(namespace=place)


def test_after_a_restart_of_the_api_server_every_controller_serves_again(
    lab: Lab, first: Probe, internal: Probe, apply: Apply
) -> None:
    apply(rule("kept"), rule("inner", class_name="internal"))
    first.until(has_status(200), "kept")
    record = last_record(lab.instance)
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)
    again = bring_up(lab.instance)
    try:
        reaches(Probe(again, "traefik"), "kept")
        reaches(Probe(again, "internal"), "inner")
        again.apply(rule("later", class_name="internal"))
        reaches(Probe(again, "internal"), "later")
    finally:
        again.delete("ingress", "later")
        again.close()
