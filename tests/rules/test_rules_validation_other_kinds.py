"""ConfigMaps, Secrets, roles, bindings, definitions, leases, events, nodes."""

from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.rules.defaults import with_defaults
from labsupport.rules.validation import creation_errors, update_errors

RBAC = "rbac.authorization.k8s.io"


def obj(kind: str, api_version: str = "v1", **fields: Any) -> Json:
    metadata = {"name": "a", "namespace": "default", **fields.pop("metadata", {})}
    if kind.startswith("Cluster"):
        del metadata["namespace"]
    made = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}
    return with_defaults(kind, made)


def messages(made: Json) -> list[str]:
    return [str(error) for error in creation_errors(made["kind"], made)]


def changes(new: Json, old: Json) -> list[str]:
    return [str(error) for error in update_errors(new["kind"], new, old)]


MEBIBYTE = "x" * 1024 * 1024
CONFIG_KEY = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (obj("ConfigMap", data={"app.py": "print()", "..": ""}), [
            "data[..]: Invalid value: \"..\": must not be '..'"]),
        (obj("ConfigMap", data={"a/b": ""}), [
            f'data[a/b]: Invalid value: "a/b": {CONFIG_KEY}']),
        (obj("ConfigMap", data={"a": ""}, binaryData={"a": ""}), [
            'data[a]: Invalid value: "a": duplicate of key present in binaryData']),
        (obj("ConfigMap", data={"a": MEBIBYTE}), []),
        (obj("ConfigMap", data={"a": MEBIBYTE + "x"}), [
            "[]: Too long: may not be more than 1048576 bytes"]),
        (obj("Secret", data={"a": "eA=="}), []),
        (obj("Secret", type="kubernetes.io/tls", data={"tls.crt": "eA=="}), [
            "data[tls.key]: Required value"]),
        (obj("Secret", type="kubernetes.io/tls"), [
            "data[tls.crt]: Required value", "data[tls.key]: Required value"]),
        (obj("Secret", type="kubernetes.io/service-account-token"), [
            "metadata.annotations[kubernetes.io/service-account.name]: Required value"]),
        (obj("Secret", type="kubernetes.io/basic-auth", data={"username": "eA=="}), []),
    ],
)  # fmt: skip
def test_config_is_judged_in_upstreams_words(made: Json, expected: list[str]) -> None:
    assert messages(made) == expected


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_an_immutable_object_keeps_its_data(kind: str) -> None:
    old = obj(kind, data={"a": "eA=="}, immutable=True)
    why = "Forbidden: field is immutable when `immutable` is set"
    assert changes(obj(kind, data={"a": "eQ=="}), old) == [f"immutable: {why}", f"data: {why}"]
    assert changes(obj(kind, data={"a": "eA=="}, immutable=True), old) == []


def test_the_type_of_a_secret_stays() -> None:
    errors = changes(obj("Secret", type="mine"), obj("Secret"))
    assert errors == ['type: Invalid value: "mine": field is immutable']


def role(*rules: Json, kind: str = "ClusterRole") -> Json:
    return obj(kind, f"{RBAC}/v1", rules=list(rules))


READ = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
URLS = {"nonResourceURLs": ["/healthz"], "verbs": ["get"]}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (role(READ, URLS), []),
        (role({**READ, "verbs": []}), [
            "rules[0].verbs: Required value"]),
        (role({"verbs": ["get"]}), [
            "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
            "rules[0].resources: Required value: resource rules must supply at least one resource",
        ]),
        (role(URLS, kind="Role"), [
            'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: '
            "namespaced rules cannot apply to non-resource URLs"]),
    ],
)  # fmt: skip
def test_roles_are_judged_in_upstreams_words(made: Json, expected: list[str]) -> None:
    assert messages(made) == expected


ACCOUNT = {"kind": "ServiceAccount", "name": "traefik", "namespace": "traefik"}


def binding(*subjects: Json, kind: str = "ClusterRoleBinding", **reference: str) -> Json:
    role_ref = {"kind": "ClusterRole", "name": "reader", **reference}
    return obj(kind, f"{RBAC}/v1", roleRef=role_ref, subjects=list(subjects))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (binding(ACCOUNT, {"kind": "User", "name": "ann"}), []),
        (binding(kind="RoleBinding", name=""), ["roleRef.name: Required value"]),
        (binding(kind="RoleBinding"), []),
        (binding(kind="ClusterRoleBinding") | {"roleRef": {
            "apiGroup": RBAC, "kind": "Role", "name": "a"}}, [
            'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"']),
        (binding({"kind": "ServiceAccount", "name": "a"}), [
            "subjects[0].namespace: Required value"]),
        (binding({"kind": "Robot", "name": "a"}), [
            'subjects[0].kind: Unsupported value: "Robot": '
            'supported values: "ServiceAccount", "User", "Group"']),
    ],
)  # fmt: skip
def test_bindings_are_judged_in_upstreams_words(made: Json, expected: list[str]) -> None:
    assert messages(made) == expected


def test_what_a_binding_grants_stays() -> None:
    errors = changes(binding(ACCOUNT, name="writer"), binding(ACCOUNT))
    assert errors == [
        'roleRef: Invalid value: {"kind":"ClusterRole","name":"writer",'
        f'"apiGroup":"{RBAC}"}}: cannot change roleRef'
    ]


VERSION = {
    "name": "v1",
    "served": True,
    "storage": True,
    "schema": {"openAPIV3Schema": {"type": "object"}},
}


def definition(name: str = "widgets.example.com", **spec: Any) -> Json:
    fields = {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "kind": "Widget"},
        "versions": [VERSION],
        **spec,
    }
    made = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name, "resourceVersion": "1"},
        "spec": fields,
    }
    return with_defaults("CustomResourceDefinition", made)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (definition(), []),
        (definition("widget.example.com"), [
            'metadata.name: Invalid value: "widget.example.com": '
            'must be spec.names.plural+"."+spec.group']),
        (definition(scope="World"), [
            'spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"']),
        (definition(versions=[]), [
            "spec.versions: Invalid value: []: "
            "must have exactly one version marked as storage version"]),
        (definition(versions=[{"name": "v1", "storage": True}]), [
            "spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required"]),
        (definition(versions=[{**VERSION, "additionalPrinterColumns": [{"type": "colour"}]}]), [
            "spec.versions[0].additionalPrinterColumns[0].name: Required value",
            "spec.versions[0].additionalPrinterColumns[0].jsonPath: Required value",
            'spec.versions[0].additionalPrinterColumns[0].type: Invalid value: "colour": '
            "must be one of boolean,date,integer,number,string"]),
    ],
)  # fmt: skip
def test_definitions_are_judged_in_upstreams_words(made: Json, expected: list[str]) -> None:
    assert messages(made) == expected


def test_the_scope_of_a_definition_stays() -> None:
    errors = changes(definition(scope="Cluster"), definition())
    assert errors == ['spec.scope: Invalid value: "Cluster": field is immutable']


def test_a_lease_lasts_some_time() -> None:
    lease = obj("Lease", "coordination.k8s.io/v1", spec={"leaseDurationSeconds": 0})
    assert messages(lease) == [
        "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"
    ]


def test_a_lease_prefers_a_holder_only_by_a_strategy() -> None:
    spec = {"preferredHolder": "a"}
    assert messages(obj("Lease", "coordination.k8s.io/v1", spec=spec)) == [
        "spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined"
    ]
    spec["strategy"] = "OldestEmulationVersion"
    assert messages(obj("Lease", "coordination.k8s.io/v1", spec=spec)) == []


def node(*taints: Json) -> Json:
    metadata = {"name": "a"}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {"taints": taints}}


def test_a_taint_has_a_key_and_an_effect() -> None:
    assert messages(node({"key": "a/b", "effect": "NoSchedule"})) == []
    assert messages(node({"key": "a", "effect": "Never"}, {"key": "a"})) == [
        'metadata.taints[0].effect: Unsupported value: "Never": '
        'supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
        "metadata.taints[1].effect: Required value",
    ]
    (no_key, *_) = messages(node({"effect": "NoExecute"}))
    assert no_key.startswith('metadata.taints[0].key: Invalid value: "": name part must be')


def test_a_taint_comes_once() -> None:
    taint = {"key": "a", "effect": "NoExecute"}
    (error,) = creation_errors("Node", node(taint, taint))
    assert (error.field, error.detail) == (
        "metadata.taints[1]",
        "taints must be unique by key and effect pair",
    )


def test_an_event_lives_beside_what_it_is_about() -> None:
    assert messages(obj("Event", involvedObject={"namespace": "default"})) == []
    assert messages(obj("Event", involvedObject={"kind": "Node"})) == []
    assert messages(obj("Event", involvedObject={"namespace": "other"})) == [
        'involvedObject.namespace: Invalid value: "other": does not match event.namespace'
    ]
