"""The arithmetic of rolling out a Deployment. Pure: numbers and objects in, numbers out."""

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labsupport.base.types import Json

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
_OWN_ANNOTATIONS = frozenset(
    {
        REVISION,
        "deployment.kubernetes.io/revision-history",
        DESIRED,
        MAXIMUM,
        "kubectl.kubernetes.io/last-applied-configuration",
    }
)
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # Kubernetes' SafeEncodeString: no vowels, no bad words


def template_hash(template: Json) -> str:
    """Ten characters that are the same for the same pod template, whatever the order of keys."""
    text = json.dumps(_without_hash(template), sort_keys=True, separators=(",", ":"))
    return "".join(_ALPHABET[byte % 27] for byte in hashlib.sha256(text.encode()).digest()[:10])


def same_template(one: Json, other: Json) -> bool:
    """Whether two pod templates are equal but for the label the controller itself adds."""
    return _without_hash(one) == _without_hash(other)


def _without_hash(template: Json) -> Json:
    meta = dict(template.get("metadata") or {})
    meta["labels"] = {k: v for k, v in (meta.get("labels") or {}).items() if k != HASH_LABEL}
    meta.pop("creationTimestamp", None)
    return {**template, "metadata": meta}


def revision(obj: Json) -> int:
    """The object's revision annotation as a number; 0 when it has none."""
    return int((obj["metadata"].get("annotations") or {}).get(REVISION, 0))


def handed_down(deployment: Json) -> dict[str, str]:
    """The Deployment's annotations that its ReplicaSets carry too."""
    annotations = deployment["metadata"].get("annotations") or {}
    return {k: v for k, v in annotations.items() if k not in _OWN_ANNOTATIONS}


def replicas(obj: Json) -> int:
    """`spec.replicas`, 1 when unset."""
    value = obj["spec"].get("replicas")
    return 1 if value is None else int(value)


def current(replica_sets: Iterable[Json], field: str = "replicas") -> int:
    """The sum of a number in the ReplicaSets' statuses."""
    return sum(rs.get("status", {}).get(field, 0) for rs in replica_sets)


def _share(value: int | str, total: int, *, up: bool) -> int:
    """An IntOrString: a number, or a percentage of `total` rounded up or down."""
    if isinstance(value, int):
        return value
    exact = int(value.removesuffix("%")) * total / 100
    return math.ceil(exact) if up else math.floor(exact)


@dataclass(frozen=True)
class Bounds:
    """How many pods a rollout may have at most and must have available at least."""

    surge: int
    unavailable: int
    maximum: int
    minimum_available: int


def bounds(deployment: Json) -> Bounds:
    """The Deployment's `rollingUpdate` parameters as numbers (deploymentutil.ResolveFenceposts)."""
    wanted = replicas(deployment)
    strategy = deployment["spec"].get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return Bounds(0, wanted, wanted, 0)
    rolling = strategy.get("rollingUpdate") or {}
    surge = _share(rolling.get("maxSurge", "25%"), wanted, up=True)
    unavailable = _share(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    unavailable = min(unavailable, wanted)
    return Bounds(surge, unavailable, wanted + surge, wanted - unavailable)


def new_size(deployment: Json, new: Json, everyone: Sequence[Json]) -> int:
    """How many replicas the new ReplicaSet should have now (NewRSNewReplicas)."""
    wanted, size = replicas(deployment), replicas(new)
    if size >= wanted or (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
        return wanted
    room = bounds(deployment).maximum - sum(map(replicas, everyone))
    return size + max(0, min(room, wanted - size))


def old_sizes(deployment: Json, new: Json, old: Sequence[Json]) -> dict[str, int]:
    """How many replicas each old ReplicaSet (by name) should have now.

    Replicas that were never available go first, whatever their number; then available ones, as
    long as enough stay available (reconcileOldReplicaSets).
    """
    limits = bounds(deployment)
    sizes = {rs["metadata"]["name"]: replicas(rs) for rs in old}
    new_unavailable = replicas(new) - current([new], "availableReplicas")
    spare = sum(sizes.values()) + replicas(new) - limits.minimum_available - new_unavailable
    oldest_first = sorted(old, key=lambda rs: rs["metadata"]["creationTimestamp"])
    for rs in oldest_first:
        name = rs["metadata"]["name"]
        unhealthy = max(0, sizes[name] - current([rs], "availableReplicas"))
        cut = min(unhealthy, max(0, spare))
        sizes[name] -= cut
        spare -= cut
    available = current([new, *old], "availableReplicas")
    # The statuses may lag behind the sizes just set: never give away more than both allow.
    spare = min(spare, available - limits.minimum_available)
    for rs in oldest_first:
        name = rs["metadata"]["name"]
        cut = min(sizes[name], max(0, spare))
        sizes[name] -= cut
        spare -= cut
    return sizes


def is_complete(deployment: Json, status: Json) -> bool:
    """Whether everything asked for is updated and available, and nothing old is left."""
    wanted = replicas(deployment)
    return all(
        status.get(field, 0) == wanted
        for field in ("updatedReplicas", "replicas", "availableReplicas")
    )


def expired_history(deployment: Json, old: Iterable[Json]) -> list[Json]:
    """The old, empty ReplicaSets beyond `revisionHistoryLimit`, oldest revision first."""
    limit = deployment["spec"].get("revisionHistoryLimit", 10)
    empty = sorted((rs for rs in old if not replicas(rs) and not current([rs])), key=revision)
    return empty[: max(0, len(empty) - limit)]
