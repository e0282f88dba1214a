"""The backends of the conformance scenarios."""

from typing import Any

import kubernetes_validate
import yaml

from labsupport.manifests import documents
from labsupport.rules.conformance import SCENARIOS, ingress


def objects(kind: str) -> list[dict[str, Any]]:
    found = yaml.safe_load_all(documents("conformance"))
    return [each for each in found if each["kind"] == kind]


def test_every_document_keeps_to_the_kubernetes_schemas() -> None:
    for each in yaml.safe_load_all(documents("conformance")):
        kubernetes_validate.validate(each, "1.37", strict=True)


def test_every_service_leads_to_the_port_that_the_pod_answers_for_it() -> None:
    container = objects("Deployment")[0]["spec"]["template"]["spec"]["containers"][0]
    told = next(each["value"] for each in container["env"] if each["name"] == "SERVICES")
    services = {
        each["metadata"]["name"]: str(each["spec"]["ports"][0]["targetPort"])
        for each in objects("Service")
    }
    assert dict(pair.split(":") for pair in told.split()) == services


def test_every_service_that_an_ingress_names_is_there() -> None:
    services = {each["metadata"]["name"] for each in objects("Service")}
    named: set[str] = set()
    for feature in {scenario.feature for scenario in SCENARIOS}:
        spec = ingress(feature)["spec"]
        paths = [path for rule in spec.get("rules", []) for path in rule["http"]["paths"]]
        backends = [path["backend"] for path in paths]
        backends += [spec["defaultBackend"]] if "defaultBackend" in spec else []
        named |= {each["service"]["name"] for each in backends}
    assert named == services
