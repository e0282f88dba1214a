"""Our rules of admission against a real kube-apiserver's: the same objects, the same answers.

Both are asked for a dry run, with strict field validation. What is refused must be so with the same
code, reason and causes; what is taken must have the same defaults. The differences that are known
are taken away here, and stand in docs/architecture.md.
"""

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from differential_objects import WHOLE, drawn
from shared_cluster import SharedCluster, embedded

from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.kube.manifests import dumped, objects
from labsupport.kube.review import reviewed
from labsupport.manifests import ADDONS, CONTROLLERS, SAMPLES, documents
from labsupport.rules.status import StatusError

STRICT = {"dryRun": "All", "fieldValidation": "Strict"}
BUILT_IN = {(each["apiVersion"], each["kind"]) for each in WHOLE.values()}
BUILT_IN |= {("apiextensions.k8s.io/v1", "CustomResourceDefinition")}
OBJECTS = 120  # of each kind, in each test
SEED = 37

Refusal = tuple[int, str, str, list[tuple[str, str, str]]]


@pytest.fixture(scope="module")
def real(real_cluster: SharedCluster) -> Api:
    return real_cluster.api


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, real: Api) -> Iterator[Api]:
    """The lab's own; asked for after the real one, so that none is started in vain."""
    with embedded(tmp_path_factory.mktemp("ours")) as cluster:
        yield cluster.api


def answer(api: Api, obj: Json) -> Json | StatusError:
    try:
        return api.call("POST", api.kind(obj).path("default"), STRICT, body=obj)
    except StatusError as error:
        return error


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_object_is_taken_with_the_same_defaults(name: str, real: Api, ours: Api) -> None:
    answers = [answer(api, WHOLE[name]) for api in (real, ours)]
    assert all(isinstance(each, dict) for each in answers)
    compare(WHOLE[name], *answers)


@pytest.mark.parametrize("name", [*ADDONS, *SAMPLES, *CONTROLLERS])
def test_what_the_lab_installs_is_kept_in_the_same_way(name: str, real: Api, ours: Api) -> None:
    for obj in objects(documents(name)):
        if (obj["apiVersion"], obj["kind"]) in BUILT_IN:
            there = {**obj, "metadata": {**obj["metadata"]}}
            if "namespace" in obj["metadata"]:
                there["metadata"]["namespace"] = "default"
            compare(there, answer(real, there), answer(ours, there))


@pytest.mark.parametrize("name", WHOLE)
def test_one_change_has_the_same_answer(name: str, real: Api, ours: Api) -> None:
    random = Random(f"{SEED} {name}")
    for _ in range(OBJECTS):
        obj = drawn(random, WHOLE[name], 1)
        compare(obj, answer(real, obj), answer(ours, obj))


@pytest.mark.parametrize("name", WHOLE)
def test_several_changes_have_the_same_answer(name: str, real: Api, ours: Api) -> None:
    random = Random(f"{SEED} {name}, several")
    for _ in range(OBJECTS):
        obj = drawn(random, WHOLE[name], random.randint(2, 4))
        # Of several fields of a wrong type one is named, and which one is not promised.
        compare(obj, answer(real, obj), answer(ours, obj), structure=False)


@pytest.mark.parametrize("name", ["Ingress", "IngressClass", "Service", "Secret"])
def test_a_review_in_a_notebook_finds_what_the_real_server_refuses(name: str, real: Api) -> None:
    random = Random(f"{SEED} {name}, reviewed")
    for _ in range(OBJECTS):
        obj = drawn(random, WHOLE[name], 1)
        if not isinstance(obj.get("metadata"), dict) or not obj["metadata"].get("name"):
            continue  # said before anything is reviewed: a Kubernetes object needs a name
        if is_known(obj):
            continue
        refused = isinstance(answer(real, obj), StatusError)
        assert reviewed(dumped(obj)).ok is not refused, obj


def compare(
    obj: Json, real: Json | StatusError, ours: Json | StatusError, *, structure: bool = True
) -> None:
    """Fail unless both say the same, known differences apart."""
    if not is_known(obj):
        assert view(ours, structure=structure) == view(real, structure=structure), obj


def is_known(obj: Json) -> bool:
    """Whether this is an object that only one of them takes.

    Bytes may be a list of numbers there. Slices here may have loopback addresses, for pods have
    them, and no port that nobody can connect to.
    """
    if obj["kind"] in ("ConfigMap", "Secret"):
        data = [obj.get("data"), obj.get("binaryData")]
        return any(isinstance(v, list) for d in data if isinstance(d, dict) for v in d.values())
    if obj["kind"] != "EndpointSlice":
        return False
    listed = obj["ports"] if isinstance(obj.get("ports"), list) else ()
    ports = [each.get("port") for each in listed if isinstance(each, dict)]
    odd = any(isinstance(port, int) and not 1 <= port <= 65535 for port in ports)
    return odd or any(address in str(obj) for address in ("'127.0.0.1'", "'::1'"))


def view(said: Json | StatusError, *, structure: bool) -> Json | Refusal:
    """What is promised of an answer."""
    if isinstance(said, dict):
        return without_place(said)
    # Their order is not promised. A real dry run gives node ports, and finds them given twice.
    causes = {
        (
            each.reason,
            each.field,
            each.message.replace("Invalid value: {}:", "Invalid value: null:"),
        )
        for each in said.causes
        if not each.field.endswith(".nodePort")
    }
    message = said.message
    if said.causes:
        message = message.partition(": ")[0]
    elif said.code == 400:
        message = decoding(message) if structure else ""
    return said.code, said.reason, message, sorted(causes)


def decoding(message: str) -> str:
    """What is said of a wrong type, in words that both have.

    Published schemas don't tell Go's named strings (`v1.ServiceType`) from others, nor all of its
    structs in structs, and what is wrong inside of bytes is said of each byte.
    """
    message = re.sub(r"of type (v1\.\w+|string)$", "of type string", message)
    message = re.sub(r"unmarshal \w+ (.*) of type (\[\])?uint8$", r"unmarshal \1 of bytes", message)
    return message.replace("LocalObjectReference.", "")


def without_place(obj: Json) -> Json:
    """A taken object without what is given anew each time, and what only a real cluster gives."""
    kept: Json = _said(obj)
    for name in ("uid", "creationTimestamp", "managedFields", "resourceVersion", "generation"):
        kept["metadata"].pop(name, None)
    kept.pop("status", None)
    spec = kept.get("spec", {})
    if obj["kind"] == "Service":
        for name in ("clusterIP", "clusterIPs", "healthCheckNodePort"):
            spec.pop(name, None)
        for port in spec.get("ports", ()):
            port.pop("nodePort", None)
    if obj["kind"] == "Pod":
        for name in ("tolerations", "priority", "preemptionPolicy"):
            spec.pop(name, None)
        spec["volumes"] = _without_token(spec.get("volumes", ()))
        for container in spec["containers"]:
            container["volumeMounts"] = _without_token(container.get("volumeMounts", ()))
    again: Json = _said(kept)
    return again


def _without_token(named: Any) -> list[Json]:
    """Without the token of the ServiceAccount, which pods here have in their kubeconfig."""
    return [each for each in named if not each["name"].startswith("kube-api-access-")]


def _said(value: Any) -> Any:
    """The value without members that say nothing: null, "" and []."""
    if isinstance(value, dict):
        return {k: _said(each) for k, each in value.items() if each not in (None, "", [])}
    return [_said(each) for each in value] if isinstance(value, list) else value
