"""What `lab status` tells: the cluster, who is in it, where, and what it takes."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from labsupport.base.types import Json
from labsupport.kube.wait import unready_deployments
from labsupport.providers.protocol import ClusterStatus, Provider
from labsupport.rules.diagnosis.case import load_balancer
from labsupport.rules.status import StatusError

if TYPE_CHECKING:
    from labsupport.session.lab import Lab

_FORBIDDEN, _NOT_FOUND = 403, 404
_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"


@dataclass(frozen=True)
class LabStatus:
    """One look at a lab. Without a running cluster, only `cluster` tells anything.

    `nodes`: name, ready, version, address. `controllers`: one per IngressClass, with its class,
    controller, default and address. `missing`: what is not ready, and problems, in words.
    """

    cluster: ClusterStatus
    nodes: tuple[Json, ...] = ()
    controllers: tuple[Json, ...] = ()
    missing: tuple[str, ...] = ()

    def to_json(self) -> Json:
        """The status as a JSON object."""
        about = asdict(self.cluster)
        cluster = {key: about.pop(key) for key in ("provider", "running", "about", "pid")}
        return {
            "cluster": cluster,
            "nodes": list(self.nodes),
            "controllers": list(self.controllers),
            "missing": list(self.missing),
            **about,
        }

    def __str__(self) -> str:
        cluster = self.cluster
        if not cluster.running:
            return f"cluster      {cluster.provider}, {cluster.about} (start it: ./lab up)"
        lines = [f"cluster      {cluster.provider}, {cluster.about}"]
        for node in self.nodes:
            state = "ready" if node["ready"] else "not ready"
            lines.append(f"node         {node['name']}, {state}, {node['version']}")
        for controller in self.controllers:
            default = ", the default" if controller["default"] else ""
            lines.append(
                f"controller   {controller['controller']} (class {controller['class']}{default}) "
                f"at {controller['address'] or 'no address yet'}"
            )
        lines += [f"not ready    {text}" for text in self.missing]
        lines += _section("addresses", cluster.addresses)
        lines += _section("ports", cluster.ports)
        lines.append(f"kubeconfig   {cluster.kubeconfig}")
        memory = {name: f"{size:.1f} MB" for name, size in cluster.memory.items()}
        return "\n".join([*lines, *_section("memory", memory)])


def status_of(provider: Provider, lab: "Lab | None") -> LabStatus:
    """The status of a provider's cluster, and of the lab on it when it runs."""
    cluster = provider.status()
    if lab is None or not cluster.running:
        return LabStatus(cluster)
    return LabStatus(
        cluster,
        tuple(_node(node) for node in _nodes(lab)),
        _controllers(lab),
        (
            *unready_deployments(lab.objects("deployments", namespace=None)),
            *_problems(lab),
            *lab.dns.problems(),
            *lab.problems(),
        ),
    )


def _nodes(lab: "Lab") -> list[Json]:
    """The cluster's nodes, where they may be looked at."""
    try:
        return lab.objects("nodes", namespace=None)
    except StatusError as error:
        if error.code != _FORBIDDEN:
            raise
        return []


def _problems(lab: "Lab") -> list[str]:
    """What the cluster itself reports: addresses that it could not listen on, one a line."""
    try:
        config_map = lab.object("configmap", "ingress-lab", namespace="kube-public")
    except StatusError as error:
        if error.code not in (_FORBIDDEN, _NOT_FOUND):
            raise
        return []
    return str(config_map.get("data", {}).get("problems", "")).splitlines()


def _node(node: Json) -> Json:
    status = node.get("status", {})
    ready = [c["status"] for c in status.get("conditions", ()) if c["type"] == "Ready"]
    return {
        "name": node["metadata"]["name"],
        "ready": ready == ["True"],
        "version": status.get("nodeInfo", {}).get("kubeletVersion", ""),
        "address": next((a["address"] for a in status.get("addresses", ())), ""),
    }


def _controllers(lab: "Lab") -> tuple[Json, ...]:
    """One for each class; its address is its controller's Service's, or what Ingresses have got."""
    published = _addresses_by_class(lab)
    own = {name: each.external_addresses() for name, each in lab.controllers.items()}
    return tuple(
        {
            "class": item["metadata"]["name"],
            "controller": item["spec"]["controller"],
            "default": item["metadata"].get("annotations", {}).get(_DEFAULT_CLASS) == "true",
            "address": next(
                iter(own.get(item["metadata"]["name"], ())),
                published.get(item["metadata"]["name"], ""),
            ),
        }
        for item in lab.objects("ingressclasses", namespace=None)
    )


def _addresses_by_class(lab: "Lab") -> dict[str, str]:
    """The address that each class's Ingresses have got: what its controller is reached at."""
    found: dict[str, str] = {}
    for ingress in lab.objects("ingresses", namespace=None):
        for address in load_balancer(ingress):
            found.setdefault(ingress["spec"].get("ingressClassName", ""), address)
    return found


def _section(title: str, entries: dict[str, str]) -> list[str]:
    return [
        f"{title if not index else '':<12} {name:<15} {text}"
        for index, (name, text) in enumerate(entries.items())
    ]
