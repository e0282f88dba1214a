"""What a container's process gets: arguments, variables, files."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.base.types import Json
from labsupport.minicluster.node import images
from labsupport.minicluster.node.environment import container_variables, service_variables
from labsupport.minicluster.node.expansion import MountPaths, expanded
from labsupport.minicluster.node.fields import PodFacts, field_value, quantity, resource_value
from labsupport.minicluster.node.network import Network, PodAddresses
from labsupport.minicluster.node.payloads import File, SourceMissing, Sources, payload
from labsupport.minicluster.node.restarts import BackOff, restarts
from labsupport.minicluster.node.volumes import publish

FACTS = PodFacts("127.77.64.1", "127.77.0.2", "lab-node", {"cpu": "2", "memory": "1024Ki"})
POD: Json = {
    "metadata": {
        "name": "web-1",
        "namespace": "default",
        "uid": "u1",
        "labels": {"b": "2", "a": "1"},
        "annotations": {"lab/x": "y"},
    },
    "spec": {"serviceAccountName": "web", "containers": [{"name": "c"}]},
}
CONFIG: Json = {"kind": "ConfigMap", "data": {"key": "value", "other": "b"}}
SECRET: Json = {"kind": "Secret", "data": {"password": base64.b64encode(b"s3cret").decode()}}
SOURCES = Sources(
    config_map=lambda name: CONFIG if name == "config" else None,
    secret=lambda name: SECRET if name == "secret" else None,
    token=lambda: "token",
    field=lambda item: field_value(POD, item["fieldRef"]["fieldPath"], FACTS),
)
NO_MOUNTS = MountPaths({})


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$(A)/$(B)", "1/2"),
        ("$$(A)", "$(A)"),
        ("$(NOPE) $A", "$(NOPE) $A"),
        ("$$$(A)", "$1"),
        ("$(A", "$(A"),
        ("100$", "100$"),
    ],
)
def test_references_expand_as_in_kubernetes(text: str, result: str) -> None:
    assert expanded(text, {"A": "1", "B": "2"}) == result


@given(st.text())
def test_text_without_references_stays_as_it_is(text: str) -> None:
    plain = text.replace("$", "")
    assert expanded(plain, {"A": "1"}) == plain


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("/app", "/real/v"),
        ("/app/main.py", "/real/v/main.py"),
        ("--file=/app/x:/app", "--file=/real/v/x:/real/v"),
        ("/app/data/x", "/other/x"),
        ("/apple /app.py /srv/app ./app", "/apple /app.py /srv/app ./app"),
        ("exec python /app/a.py", "exec python /real/v/a.py"),
    ],
)
def test_mount_paths_are_rewritten_at_path_boundaries_only(text: str, result: str) -> None:
    mounts = MountPaths({"/app": "/real/v", "/app/data/": "/other"})
    assert mounts.rewritten(text) == result


def test_a_rewritten_path_is_not_rewritten_again() -> None:
    assert MountPaths({"/app": "/app/real"}).rewritten("/app/x") == "/app/real/x"


@pytest.mark.parametrize(
    "reference",
    ["python:3", "python:3-alpine", "python:3.12", "docker.io/library/python:3.13-slim"],
)
def test_python_images_are_this_machines_python(reference: str) -> None:
    image = images.find(reference)
    assert image is not None
    assert image.argv([], []) == ["python3"]
    assert Path(image.programs["python"]).exists()


@pytest.mark.parametrize("reference", ["nginx", "python:2", "python", "my/python:3", "python:3/x"])
def test_other_images_are_not_here_and_the_message_says_which_are(reference: str) -> None:
    assert images.find(reference) is None
    assert "python:3*" in images.missing_message(reference)


def test_arguments_alone_go_to_the_program_of_the_image() -> None:
    image = images.Image("traefik", {}, ("traefik",), default_program="traefik")
    assert image.argv([], ["--ping"]) == ["traefik", "--ping"]
    assert image.argv(["sh"], ["-c", "x"]) == ["sh", "-c", "x"]


def test_service_variables_name_host_and_port_of_each_service() -> None:
    service: Json = {
        "metadata": {"name": "my-quote"},
        "spec": {"clusterIP": "127.77.128.5", "ports": [{"name": "http", "port": 80}]},
    }
    headless: Json = {"metadata": {"name": "h"}, "spec": {"clusterIP": "None"}}
    found = service_variables([service, headless], Network("127.77"))
    assert found["MY_QUOTE_SERVICE_HOST"] == "127.77.128.5"
    assert found["MY_QUOTE_SERVICE_PORT"] == found["MY_QUOTE_SERVICE_PORT_HTTP"] == "80"
    assert found["MY_QUOTE_PORT_80_TCP"] == "tcp://127.77.128.5:80"
    assert not any(name.startswith("H_") for name in found)


def test_service_variables_tell_the_port_that_is_really_listened_on() -> None:
    service: Json = {
        "metadata": {"name": "quote"},
        "spec": {"clusterIP": "127.77.128.5", "ports": [{"port": 80}, {"port": 1024, "name": "x"}]},
    }
    found = service_variables([service], Network("127.77", port_offset=8000))
    assert found["QUOTE_SERVICE_PORT"] == "8080"
    assert found["QUOTE_SERVICE_PORT_X"] == "1024"


def variables(container: Json, services: dict[str, str] | None = None) -> dict[str, str]:
    return container_variables(container, POD, FACTS, SOURCES, NO_MOUNTS, services or {})


def test_variables_come_from_values_fields_config_maps_and_secrets() -> None:
    found = variables(
        {
            "envFrom": [{"configMapRef": {"name": "config"}, "prefix": "C_"}],
            "env": [
                {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                {"name": "URL", "value": "http://$(IP):$(PORT)"},
                {"name": "P", "valueFrom": {"secretKeyRef": {"name": "secret", "key": "password"}}},
                {"name": "K", "valueFrom": {"configMapKeyRef": {"name": "config", "key": "key"}}},
            ],
        },
        {"PORT": "80"},
    )
    assert found == {
        "PORT": "80",
        "C_key": "value",
        "C_other": "b",
        "IP": "127.77.64.1",
        "URL": "http://127.77.64.1:80",
        "P": "s3cret",
        "K": "value",
    }


def test_a_missing_source_is_named() -> None:
    reference = {"name": "nope", "key": "k"}
    container: Json = {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": reference}}]}
    with pytest.raises(SourceMissing, match='configmap "nope" not found'):
        variables(container)
    container["env"][0]["valueFrom"]["configMapKeyRef"]["optional"] = True
    assert variables(container) == {}


def test_a_missing_key_is_named() -> None:
    reference = {"name": "secret", "key": "k"}
    container: Json = {"env": [{"name": "A", "valueFrom": {"secretKeyRef": reference}}]}
    with pytest.raises(SourceMissing, match="couldn't find key k in Secret default/secret"):
        variables(container)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "web-1"),
        ("metadata.labels['a']", "1"),
        ("metadata.annotations['lab/x']", "y"),
        ("metadata.labels", 'a="1"\nb="2"'),
        ("spec.nodeName", "lab-node"),
        ("spec.serviceAccountName", "web"),
        ("status.hostIP", "127.77.0.2"),
    ],
)
def test_the_downward_api_tells_fields(path: str, value: str) -> None:
    assert field_value(POD, path, FACTS) == value


def test_a_field_that_is_not_offered_is_refused() -> None:
    with pytest.raises(ValueError, match=r"spec\.secret"):
        field_value(POD, "spec.secret", FACTS)


def test_quantities_and_resource_fields() -> None:
    assert [int(quantity(q) * 1000) for q in ("1", "500m", "1Ki", "2k")] == [
        1000, 500, 1024_000, 2000_000,
    ]  # fmt: skip
    reference = {"resource": "limits.memory", "divisor": "1Ki"}
    assert resource_value(POD, {"name": "c"}, reference, FACTS) == "1024"
    with pytest.raises(ValueError, match="12x"):
        quantity("12x")


def test_volumes_take_all_keys_or_chosen_ones_under_their_paths() -> None:
    whole = payload({"name": "v", "configMap": {"name": "config"}}, SOURCES)
    assert whole["key"] == File(b"value", 0o644)
    items = [{"key": "key", "path": "sub/k.txt", "mode": 0o600}]
    chosen = payload({"name": "v", "configMap": {"name": "config", "items": items}}, SOURCES)
    assert chosen == {"sub/k.txt": File(b"value", 0o600)}


def test_a_projected_volume_joins_its_sources() -> None:
    labels = {"path": "labels", "fieldRef": {"fieldPath": "metadata.name"}}
    parts = [
        {"configMap": {"name": "config", "items": [{"key": "key", "path": "k"}]}},
        {"secret": {"name": "secret"}},
        {"downwardAPI": {"items": [labels]}},
        {"serviceAccountToken": {"path": "token"}},
    ]
    files = payload({"name": "v", "projected": {"sources": parts}}, SOURCES)
    assert {name: file.content for name, file in files.items()} == {
        "k": b"value",
        "password": b"s3cret",
        "labels": b"web-1",
        "token": b"token",
    }


def test_a_volume_of_another_type_is_refused_with_those_there_are() -> None:
    with pytest.raises(SourceMissing, match=r"type hostPath.*configMap, downwardAPI, emptyDir"):
        payload({"name": "v", "hostPath": {"path": "/"}}, SOURCES)


def test_a_volume_changes_as_a_whole(tmp_path: Path) -> None:
    volume = tmp_path / "v"
    assert publish(volume, {"a": File(b"1", 0o644), "sub/b": File(b"2", 0o600)})
    held = (volume / "..data").resolve()
    assert not publish(volume, {"a": File(b"1", 0o644), "sub/b": File(b"2", 0o600)})
    assert (volume / "a").read_bytes() == b"1"
    assert (volume / "sub/b").stat().st_mode & 0o777 == 0o600
    assert publish(volume, {"a": File(b"9", 0o644)})
    assert (volume / "a").read_bytes() == b"9"
    assert sorted(p.name for p in volume.iterdir() if not p.name.startswith("..")) == ["a"]
    assert not held.exists()


def test_back_off_starts_at_once_and_doubles_to_five_minutes() -> None:
    back_off = BackOff()
    assert [back_off.after(1) for _ in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]
    assert back_off.after(600) == 0


@pytest.mark.parametrize(
    ("policy", "code", "again"),
    [
        ("Always", 0, True),
        ("OnFailure", 0, False),
        ("OnFailure", 1, True),
        ("Never", 1, False),
    ],
)
def test_the_restart_policy_decides(policy: str, code: int, again: bool) -> None:
    assert restarts(policy, code) is again


def test_pod_addresses_come_again_as_late_as_possible() -> None:
    addresses = PodAddresses(Network("127.77"))
    first, second = addresses.allocate(), addresses.allocate()
    assert (first, second) == ("127.77.64.1", "127.77.64.2")
    addresses.release(first)
    assert addresses.allocate() == "127.77.64.3"
