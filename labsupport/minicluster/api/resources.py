"""The kinds the API server serves, as discovery describes them."""

from dataclasses import dataclass, field

from labsupport.base.types import Json

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True)
class Resource:
    """One kind: its names, scope and subresources, and the schema it is checked by.

    `definition` is the schema's name in the OpenAPI document (`io.k8s.api.core.v1.Pod`); kinds
    that a CustomResourceDefinition brought carry their own `schema` instead.
    """

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    definition: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: frozenset[str] = field(default_factory=frozenset)
    schema: Json | None = field(default=None, compare=False)
    printer_columns: tuple[Json, ...] = field(default=(), compare=False)

    @property
    def key(self) -> str:
        """`ingresses.networking.k8s.io`; for the core group just the plural."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        """`networking.k8s.io/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def has_status(self) -> bool:
        """Whether status is written apart from spec."""
        return "status" in self.subresources


def _built_in(
    api_version: str,
    kind: str,
    plural: str,
    *,
    namespaced: bool = True,
    short: tuple[str, ...] = (),
    categories: tuple[str, ...] = (),
    sub: tuple[str, ...] = (),
) -> Resource:
    group, _, version = api_version.rpartition("/")
    package = group.removesuffix(".k8s.io").replace(".authorization", "") or "core"
    definition = (
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition"
        if kind == "CustomResourceDefinition"
        else f"io.k8s.api.{package}.{version}.{kind}"
    )
    return Resource(
        group,
        version,
        kind,
        plural,
        kind.lower(),
        namespaced,
        definition,
        short,
        categories,
        frozenset(sub),
    )


BUILT_IN: tuple[Resource, ...] = (
    _built_in(
        "v1", "Namespace", "namespaces", namespaced=False, short=("ns",), sub=("status", "finalize")
    ),
    _built_in("v1", "Node", "nodes", namespaced=False, short=("no",), sub=("status", "proxy")),
    _built_in(
        "v1",
        "Pod",
        "pods",
        short=("po",),
        categories=("all",),
        sub=("status", "log", "eviction", "proxy"),
    ),
    _built_in(
        "v1",
        "Service",
        "services",
        short=("svc",),
        categories=("all",),
        sub=("status", "proxy"),
    ),
    _built_in("v1", "Endpoints", "endpoints", short=("ep",)),
    _built_in("v1", "ConfigMap", "configmaps", short=("cm",)),
    _built_in("v1", "Secret", "secrets"),
    _built_in("v1", "ServiceAccount", "serviceaccounts", short=("sa",), sub=("token",)),
    _built_in("v1", "Event", "events", short=("ev",)),
    _built_in(
        "apps/v1",
        "Deployment",
        "deployments",
        short=("deploy",),
        categories=("all",),
        sub=("status", "scale"),
    ),
    _built_in(
        "apps/v1",
        "ReplicaSet",
        "replicasets",
        short=("rs",),
        categories=("all",),
        sub=("status", "scale"),
    ),
    _built_in("discovery.k8s.io/v1", "EndpointSlice", "endpointslices"),
    _built_in("networking.k8s.io/v1", "Ingress", "ingresses", short=("ing",), sub=("status",)),
    _built_in("networking.k8s.io/v1", "IngressClass", "ingressclasses", namespaced=False),
    _built_in("rbac.authorization.k8s.io/v1", "Role", "roles"),
    _built_in("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings"),
    _built_in("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", namespaced=False),
    _built_in(
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        "clusterrolebindings",
        namespaced=False,
    ),
    _built_in("coordination.k8s.io/v1", "Lease", "leases"),
    _built_in(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        namespaced=False,
        short=("crd", "crds"),
        categories=("api-extensions",),
        sub=("status",),
    ),
)
