"""Who may do what."""

from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.rules.rbac import (
    Attributes,
    Policy,
    allowed,
    bootstrap_objects,
    granted,
    refusal,
    service_account_user,
)

USER, GROUPS = service_account_user("traefik", "traefik")
ACCOUNT = {"kind": "ServiceAccount", "name": "traefik", "namespace": "traefik"}


def asks(verb: str = "get", resource: str = "pods", **fields: Any) -> Attributes:
    return Attributes(USER, verb, GROUPS, resource=resource, **fields)


def rule(verbs: str, resources: str, groups: str = "", **fields: Any) -> Json:
    lists = {"verbs": verbs, "resources": resources, "apiGroups": groups}
    return {name: text.split(",") for name, text in lists.items()} | fields


def permitted(attributes: Attributes, *rules: Json, subject: Json = ACCOUNT) -> bool:
    """Whether a ClusterRole of these rules, bound cluster-wide, allows the request."""
    policy = Policy(
        cluster_roles=[{"metadata": {"name": "r"}, "rules": list(rules)}],
        cluster_role_bindings=[bound("ClusterRole", subject=subject)],
    )
    return allowed(attributes, policy)


def bound(kind: str, namespace: str = "", subject: Json = ACCOUNT) -> Json:
    metadata = {"name": "b", "namespace": namespace}
    return {"metadata": metadata, "roleRef": {"kind": kind, "name": "r"}, "subjects": [subject]}


@pytest.mark.parametrize(
    ("attributes", "given", "answer"),
    [
        (asks(), rule("get", "pods"), True),
        (asks(), rule("list", "pods"), False),
        (asks(), rule("get", "services"), False),
        (asks(), rule("*", "*", "*"), True),
        (asks(group="apps"), rule("get", "pods"), False),
        (asks(subresource="log"), rule("get", "pods"), False),
        (asks(subresource="log"), rule("get", "pods/log"), True),
        (asks(subresource="log"), rule("get", "*/log"), True),
        (asks(), rule("get", "pods/log"), False),
        (asks(name="a"), rule("get", "pods", resourceNames=["a"]), True),
        (asks(name="b"), rule("get", "pods", resourceNames=["a"]), False),
        (asks("list"), rule("list", "pods", resourceNames=["a"]), False),
        (asks(resource="", path="/healthz"), {"verbs": ["get"], "nonResourceURLs": ["/healthz"]},
         True),
        (asks(resource="", path="/api/v1"), {"verbs": ["get"], "nonResourceURLs": ["/api/*"]},
         True),
        (asks(resource="", path="/metrics"), {"verbs": ["get"], "nonResourceURLs": ["/api/*"]},
         False),
        (asks(resource="", path="/metrics"), rule("*", "*", "*"), False),
    ],
)  # fmt: skip
def test_a_rule_grants_what_it_names(attributes: Attributes, given: Json, answer: bool) -> None:
    assert permitted(attributes, given) is answer


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        (ACCOUNT, True),
        ({**ACCOUNT, "namespace": "default"}, False),
        ({"kind": "Group", "name": "system:serviceaccounts:traefik"}, True),
        ({"kind": "Group", "name": "system:authenticated"}, True),
        ({"kind": "Group", "name": "system:masters"}, False),
        ({"kind": "User", "name": "system:serviceaccount:traefik:traefik"}, True),
        ({"kind": "User", "name": "ann"}, False),
    ],
)
def test_a_binding_grants_to_its_subjects(subject: Json, answer: bool) -> None:
    assert permitted(asks(), rule("get", "pods"), subject=subject) is answer


@pytest.mark.parametrize("kind", ["Role", "ClusterRole"])
@pytest.mark.parametrize(("namespace", "answer"), [("a", True), ("b", False), ("", False)])
def test_a_role_binding_grants_in_its_own_namespace(
    kind: str, namespace: str, answer: bool
) -> None:
    role = {"metadata": {"name": "r", "namespace": "a"}, "rules": [rule("get", "pods")]}
    policy = Policy(
        cluster_roles=[role] if kind == "ClusterRole" else [],
        roles=[role] if kind == "Role" else [],
        role_bindings=[bound(kind, "a")],
    )
    assert allowed(asks(namespace=namespace), policy) is answer


def test_what_is_granted_adds_up_over_the_bindings() -> None:
    reads, writes = rule("get", "pods"), rule("create", "services")
    policy = Policy(
        cluster_roles=[{"metadata": {"name": "r"}, "rules": [reads]}],
        roles=[{"metadata": {"name": "r", "namespace": "a"}, "rules": [writes]}],
        cluster_role_bindings=[bound("ClusterRole")],
        role_bindings=[bound("Role", "a"), bound("Role", "b")],
    )
    assert granted(USER, GROUPS, "a", policy) == [reads, writes]
    assert granted(USER, GROUPS, "b", policy) == [reads]
    assert granted("ann", (), "a", policy) == []


def test_the_superusers_may_everything_without_a_rule() -> None:
    admin = Attributes("admin", "delete", ("system:masters",), resource="nodes")
    assert allowed(admin, Policy())


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        (asks("list", "ingresses", group="networking.k8s.io"),
         f'User "{USER}" cannot list resource "ingresses" in API group "networking.k8s.io" '
         "at the cluster scope"),
        (asks("get", "pods", subresource="log", namespace="default"),
         f'User "{USER}" cannot get resource "pods/log" in API group "" '
         'in the namespace "default"'),
        (asks("get", "", path="/metrics"), f'User "{USER}" cannot get path "/metrics"'),
    ],
)  # fmt: skip
def test_a_refusal_says_who_and_what(attributes: Attributes, words: str) -> None:
    assert refusal(attributes) == words


def test_every_account_may_ask_the_server_what_it_serves() -> None:
    objects = list(bootstrap_objects())
    policy = Policy(
        cluster_roles=[each for each in objects if each["kind"] == "ClusterRole"],
        cluster_role_bindings=[each for each in objects if each["kind"] == "ClusterRoleBinding"],
    )
    assert allowed(asks(resource="", path="/apis/networking.k8s.io/v1"), policy)
