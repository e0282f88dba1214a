"""ObjectMeta, on a ConfigMap as the plainest kind."""

from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.rules.validation import creation_errors, update_errors

QUALIFIED = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)


def config_map(**metadata: Any) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "default", **metadata},
    }


def named(kind: str, name: str, api_version: str = "v1") -> list[str]:
    obj = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}
    return [error.detail for error in creation_errors(kind, obj) if error.field == "metadata.name"]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, []),
        ({"labels": {"app": "kiada", "example.com/part": ""}}, []),
        ({"generateName": "a-"}, []),
        ({"name": ""}, ["metadata.name: Required value: name or generateName is required"]),
        ({"namespace": ""}, ["metadata.namespace: Required value"]),
        ({"namespace": "a.b"}, [
            'metadata.namespace: Invalid value: "a.b": must not contain dots']),
        ({"labels": {"a b": "c"}}, [
            f'metadata.labels: Invalid value: "a b": name part {QUALIFIED}']),
        ({"labels": {"/a": "c"}}, [
            'metadata.labels: Invalid value: "/a": prefix part must be non-empty']),
        ({"labels": {"a/b/c": ""}}, [
            f'metadata.labels: Invalid value: "a/b/c": a valid label key {QUALIFIED} '
            "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]),
        ({"labels": {"a": "b" * 64}}, [
            f'metadata.labels: Invalid value: "{"b" * 64}": must be no more than 63 bytes']),
        ({"annotations": {"A B": ""}}, [
            f'metadata.annotations: Invalid value: "A B": name part {QUALIFIED}']),
        ({"annotations": {"a": "b" * 262144}}, [
            "metadata.annotations: Too long: may not be more than 262144 bytes"]),
        ({"finalizers": ["orphan", "foregroundDeletion"]}, [
            'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: '
            "finalizer orphan and foregroundDeletion cannot be both set"]),
        ({"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "a"}]}, [
            'metadata.ownerReferences.uid: Invalid value: "": must not be empty']),
    ],
)  # fmt: skip
def test_metadata_is_judged_in_upstreams_words(metadata: Json, expected: list[str]) -> None:
    assert [str(e) for e in creation_errors("ConfigMap", config_map(**metadata))] == expected


def test_a_cluster_scoped_object_has_no_namespace() -> None:
    obj = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "namespace": "default"}}
    expected = ["metadata.namespace: Forbidden: not allowed on this type"]
    assert [str(error) for error in creation_errors("Node", obj)] == expected


@pytest.mark.parametrize(
    ("kind", "api_version", "name", "accepted"),
    [
        ("ConfigMap", "v1", "a.b", True),
        ("Namespace", "v1", "a.b", False),
        ("Service", "v1", "1a", True),
        ("Role", "rbac.authorization.k8s.io/v1", "system:Node_1", True),
        ("Role", "rbac.authorization.k8s.io/v1", "a/b", False),
        ("Service", "v1", "a.b", False),
        ("Service", "serving.knative.dev/v1", "a.b", True),
    ],
)
def test_each_kind_has_its_own_form_of_names(
    kind: str, api_version: str, name: str, accepted: bool
) -> None:
    assert (named(kind, name, api_version) == []) is accepted


def changes(new: Json, old: Json) -> list[str]:
    return [str(error) for error in update_errors("ConfigMap", new, old)]


def test_identity_can_not_change() -> None:
    old, new = config_map(uid="1"), config_map(uid="2", name="b")
    assert changes(new, old) == [
        'metadata.name: Invalid value: "b": field is immutable',
        'metadata.uid: Invalid value: "2": field is immutable',
    ]


def test_an_update_may_leave_out_what_the_server_knows() -> None:
    old = config_map(uid="1", creationTimestamp="2026-01-01T00:00:00Z", resourceVersion="5")
    assert changes(config_map(), old) == []


def test_a_dying_object_takes_no_new_finalizers() -> None:
    old = config_map(deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["a.b/c"])
    new = config_map(deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["a.b/c", "a.b/d"])
    assert changes(new, old) == [
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being "
        'deleted, found new finalizers []string{"a.b/d"}'
    ]


def test_custom_resources_must_say_which_version_an_update_is_based_on() -> None:
    obj = {"apiVersion": "traefik.io/v1", "kind": "Middleware", "metadata": {"name": "a"}}
    errors = update_errors("Middleware", obj, obj)
    assert [str(error) for error in errors] == [
        'metadata.resourceVersion: Invalid value: "": must be specified for an update'
    ]
