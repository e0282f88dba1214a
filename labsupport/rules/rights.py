"""The rights that a lab needs on a cluster of others, and the RBAC objects that grant them."""

from collections.abc import Iterable
from dataclasses import dataclass

from labsupport.base.types import Json
from labsupport.rules.rbac import GROUP

READ = ("get", "list", "watch")
CHANGE = (*READ, "create", "update", "patch", "delete")
NETWORKING = "networking.k8s.io"


@dataclass(frozen=True)
class Right:
    """Some verbs on one resource (`pods`, `pods/log`), in the learner's namespace or everywhere."""

    group: str
    resource: str
    verbs: tuple[str, ...]
    everywhere: bool = False

    def __str__(self) -> str:
        qualified = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{', '.join(self.verbs)} {qualified}{' everywhere' if self.everywhere else ''}"


LEARNING = (
    Right("", "services", CHANGE),
    Right("", "configmaps", CHANGE),
    Right("", "secrets", CHANGE),
    Right("apps", "deployments", CHANGE),
    Right("apps", "deployments/scale", ("get", "update", "patch")),
    Right(NETWORKING, "ingresses", CHANGE),
    Right("", "pods", (*READ, "delete")),
    Right("", "pods/log", ("get",)),
    Right("", "events", READ),
    Right("apps", "replicasets", READ),
    Right("discovery.k8s.io", "endpointslices", READ),
    Right(NETWORKING, "ingressclasses", READ, everywhere=True),
)
"""What a learner can't do without: their own objects, and a look at the classes."""

NODES = Right("", "nodes", READ, everywhere=True)
"""To see which nodes there are."""

CUSTOM_KINDS = Right("traefik.io", "*", CHANGE)
"""Traefik's own kinds, in the learner's namespace."""

LOOKING = (
    Right("", "pods", READ),
    Right("", "pods/log", ("get",)),
    Right("", "services", READ),
    Right("", "services/proxy", ("get",)),
    Right("apps", "deployments", READ),
    Right("discovery.k8s.io", "endpointslices", READ),
)
"""What lessons look at in the namespace of the lab's Traefik, where somebody else installed it."""

INSTALLING = (
    Right("", "namespaces", ("get", "create", "delete"), everywhere=True),
    Right("apiextensions.k8s.io", "customresourcedefinitions", CHANGE, everywhere=True),
    Right(GROUP, "clusterroles", ("get", "create", "delete"), everywhere=True),
    Right(GROUP, "clusterrolebindings", ("get", "create", "delete"), everywhere=True),
    Right(NETWORKING, "ingressclasses", CHANGE, everywhere=True),
    Right("", "services", CHANGE, everywhere=True),
    Right("", "secrets", CHANGE, everywhere=True),
    Right("apps", "deployments", CHANGE, everywhere=True),
    Right("", "serviceaccounts", ("get", "create", "delete"), everywhere=True),
)
"""What it takes beside that to install an ingress controller: an administrator's rights."""


def granting(namespace: str, subject: Json, *, traefik: str = "") -> list[Json]:
    """The Namespace, Roles, ClusterRole and bindings that give `subject` what a learner needs.

    `subject` is one of a RoleBinding (`rbac.authorization.k8s.io/v1 Subject`). `traefik` is the
    namespace of a Traefik that the learner shall be able to look at, and tell by its own kinds.
    """
    name = f"ingress-lab-{namespace}"
    inside = [right for right in LEARNING if not right.everywhere]
    inside += [CUSTOM_KINDS] if traefik else []
    outside = [right for right in (*LEARNING, NODES) if right.everywhere]
    places = [(namespace, inside), *([(traefik, LOOKING)] if traefik else [])]
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        *(
            made
            for place, rights in places
            for made in (
                _role("Role", {"name": name, "namespace": place}, rights),
                _binding("RoleBinding", {"name": name, "namespace": place}, "Role", subject),
            )
        ),
        _role("ClusterRole", {"name": name}, outside),
        _binding("ClusterRoleBinding", {"name": name}, "ClusterRole", subject),
    ]


def subject_of(user: str) -> Json:
    """The subject that a user name stands for: a ServiceAccount, or a User."""
    parts = user.split(":")
    if parts[:2] == ["system", "serviceaccount"] and len(parts) == 4:
        return {"kind": "ServiceAccount", "namespace": parts[2], "name": parts[3]}
    return {"apiGroup": GROUP, "kind": "User", "name": user}


def _role(kind: str, metadata: Json, rights: Iterable[Right]) -> Json:
    rules = [
        {"apiGroups": [right.group], "resources": [right.resource], "verbs": list(right.verbs)}
        for right in rights
    ]
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": metadata, "rules": rules}


def _binding(kind: str, metadata: Json, role: str, subject: Json) -> Json:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": kind,
        "metadata": metadata,
        "roleRef": {"apiGroup": GROUP, "kind": role, "name": metadata["name"]},
        "subjects": [subject],
    }
