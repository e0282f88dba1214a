"""Who may do what: Kubernetes' role-based access control (`rbac.authorization.k8s.io/v1`)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from labsupport.base.types import Json

GROUP = "rbac.authorization.k8s.io"
SUPERUSERS = "system:masters"


@dataclass(frozen=True)
class Attributes:
    """What somebody asks to do: a verb on a resource, or on a URL `path` that is none.

    `subresource` is the part after the name (`log`, `status`); `name` is "" for create, list,
    watch and deletecollection; `namespace` is "" for cluster-wide requests.
    """

    user: str
    verb: str
    groups: tuple[str, ...] = ()
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


def service_account_user(namespace: str, name: str) -> tuple[str, tuple[str, ...]]:
    """The user name and groups that a ServiceAccount's token stands for."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return f"system:serviceaccount:{namespace}:{name}", (*groups, "system:authenticated")


@dataclass(frozen=True)
class Policy:
    """The RBAC objects of a cluster: all that is granted, and to whom."""

    cluster_roles: Sequence[Json] = ()
    roles: Sequence[Json] = ()
    cluster_role_bindings: Sequence[Json] = ()
    role_bindings: Sequence[Json] = ()


def allowed(attributes: Attributes, policy: Policy) -> bool:
    """Whether some binding grants the request; RBAC only ever adds rights.

    Members of `system:masters` may do everything.
    """
    if SUPERUSERS in attributes.groups:
        return True
    rules = granted(attributes.user, attributes.groups, attributes.namespace, policy)
    return any(_grants(rule, attributes) for rule in rules)


def granted(user: str, groups: Collection[str], namespace: str, policy: Policy) -> list[Json]:
    """The rules (`v1.PolicyRule`) that hold for somebody in a namespace ("": cluster-wide).

    A RoleBinding grants within its own namespace, also when it refers to a ClusterRole; URLs
    that are no resources need a ClusterRoleBinding.
    """
    rules_of_cluster_role = {_name(role): role.get("rules") or [] for role in policy.cluster_roles}
    rules_of_role = {
        _name(role): role.get("rules") or []
        for role in policy.roles
        if _namespace(role) == namespace
    }
    rules: list[Json] = []
    for binding in policy.cluster_role_bindings:
        if _binds(binding, user, groups):
            rules += rules_of_cluster_role.get(binding["roleRef"]["name"], [])
    for binding in policy.role_bindings if namespace else ():
        if _namespace(binding) == namespace and _binds(binding, user, groups):
            reference = binding["roleRef"]
            known = rules_of_role if reference["kind"] == "Role" else rules_of_cluster_role
            rules += known.get(reference["name"], [])
    return rules


def refusal(attributes: Attributes) -> str:
    """Why not, as the API server puts it after `… is forbidden: `."""
    who = f'User "{attributes.user}" cannot {attributes.verb}'
    if attributes.path:
        return f'{who} path "{attributes.path}"'
    resource = "/".join(filter(None, (attributes.resource, attributes.subresource)))
    where = (
        f'in the namespace "{attributes.namespace}"'
        if attributes.namespace
        else "at the cluster scope"
    )
    return f'{who} resource "{resource}" in API group "{attributes.group}" {where}'


def bootstrap_objects() -> Iterator[Json]:
    """The ClusterRoles and bindings that every cluster starts with, as far as the lab needs them.

    `cluster-admin`, `system:discovery` (what kubectl asks before anything else) and
    `system:basic-user` (`kubectl auth can-i`), the latter two for every authenticated user.
    """
    urls = ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*",
            "/readyz", "/version", "/version/"]  # fmt: skip
    reviews = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]
    everything = [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ]
    reading = [{"nonResourceURLs": urls, "verbs": ["get"]}]
    asking = [{"apiGroups": ["authorization.k8s.io"], "resources": reviews, "verbs": ["create"]}]
    for name, rules, group in (
        ("cluster-admin", everything, SUPERUSERS),
        ("system:discovery", reading, "system:authenticated"),
        ("system:basic-user", asking, "system:authenticated"),
    ):
        metadata = {"name": name, "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}
        head = {"apiVersion": f"{GROUP}/v1", "metadata": metadata}
        reference = {"apiGroup": GROUP, "kind": "ClusterRole", "name": name}
        subjects = [{"apiGroup": GROUP, "kind": "Group", "name": group}]
        yield {**head, "kind": "ClusterRole", "rules": rules}
        yield {**head, "kind": "ClusterRoleBinding", "roleRef": reference, "subjects": subjects}


def _name(obj: Json) -> str:
    return str(obj["metadata"]["name"])


def _namespace(obj: Json) -> str:
    return str(obj["metadata"].get("namespace") or "")


def _binds(binding: Json, user: str, groups: Collection[str]) -> bool:
    return any(
        _is_subject(subject, user, groups, _namespace(binding))
        for subject in binding.get("subjects") or []
    )


def _is_subject(subject: Json, user: str, groups: Collection[str], default_namespace: str) -> bool:
    name = subject["name"]
    if subject["kind"] == "User":
        return bool(name == user)
    if subject["kind"] == "Group":
        return name in groups
    namespace = subject.get("namespace") or default_namespace
    return user == f"system:serviceaccount:{namespace}:{name}"


def _grants(rule: Json, attributes: Attributes) -> bool:
    if not _covers(rule.get("verbs"), attributes.verb):
        return False
    if attributes.path:
        return any(
            attributes.path == url or (url.endswith("*") and attributes.path.startswith(url[:-1]))
            for url in rule.get("nonResourceURLs") or []
        )
    names = rule.get("resourceNames")
    return (
        _covers(rule.get("apiGroups"), attributes.group)
        and _covers_resource(rule.get("resources") or [], attributes)
        and (not names or attributes.name in names)
    )


def _covers(listed: list[str] | None, value: str) -> bool:
    return listed is not None and ("*" in listed or value in listed)


def _covers_resource(listed: list[str], attributes: Attributes) -> bool:
    if "*" in listed:
        return True
    if not attributes.subresource:
        return attributes.resource in listed
    wanted = (f"{attributes.resource}/{attributes.subresource}", f"*/{attributes.subresource}")
    return any(each in listed for each in wanted)
