"""What the downward API says of a pod: fieldRef and resourceFieldRef."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from labsupport.base.types import Json

_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]")
_SUFFIXES: dict[str, int | Decimal] = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
    "m": Decimal("0.001"), "u": Decimal("0.000001"), "n": Decimal("0.000000001"),
}  # fmt: skip
_QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)")


@dataclass(frozen=True)
class PodFacts:
    """What the node knows of a pod besides its spec: addresses, and what the node has to give."""

    pod_ip: str
    host_ip: str
    node_name: str
    allocatable: Mapping[str, str] = field(default_factory=dict)


def quantity(text: str | int) -> Decimal:
    """A Kubernetes quantity (`500m`, `64Mi`) as a number; ValueError when it is none."""
    match = _QUANTITY.fullmatch(str(text))
    if match is None or match[2] not in _SUFFIXES:
        raise ValueError(f"{text!r} is no quantity such as 500m or 64Mi")
    return Decimal(match[1]) * _SUFFIXES[match[2]]


def field_value(pod: Json, path: str, facts: PodFacts) -> str:
    """The value of a `fieldRef.fieldPath`; ValueError for one that the API doesn't offer."""
    meta = pod["metadata"]
    if match := _SUBSCRIPT.fullmatch(path):
        return str((meta.get(match[1]) or {}).get(match[2], ""))
    if path in ("metadata.labels", "metadata.annotations"):
        entries = meta.get(path.removeprefix("metadata.")) or {}
        return "\n".join(f'{name}="{value}"' for name, value in sorted(entries.items()))
    known = {
        "metadata.name": meta["name"],
        "metadata.namespace": meta["namespace"],
        "metadata.uid": meta["uid"],
        "spec.nodeName": facts.node_name,
        "spec.serviceAccountName": pod["spec"].get("serviceAccountName", "default"),
        "status.hostIP": facts.host_ip,
        "status.hostIPs": facts.host_ip,
        "status.podIP": facts.pod_ip,
        "status.podIPs": facts.pod_ip,
    }
    if path not in known:
        raise ValueError(f"unsupported fieldPath: {path}")
    return str(known[path])


def resource_value(pod: Json, container: Json, reference: Json, facts: PodFacts) -> str:
    """The value of a `resourceFieldRef`: a limit or request in units of its divisor, rounded up.

    A limit that isn't set is what the node has.
    """
    name = reference.get("containerName") or container["name"]
    source = next((c for c in pod["spec"]["containers"] if c["name"] == name), None)
    if source is None:
        raise ValueError(f"the pod has no container named {name!r}")
    kind, _, resource = reference["resource"].partition(".")
    given = (source.get("resources", {}).get(kind) or {}).get(resource)
    if given is None:
        given = facts.allocatable.get(resource, "0") if kind == "limits" else "0"
    divisor = quantity(reference.get("divisor") or "1") or Decimal(1)
    return str(math.ceil(quantity(given) / divisor))
