"""The three-way merge of `kubectl apply`, in plain data."""

from typing import Any

from labsupport.base.types import Json

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

# Lists that Kubernetes merges item by item, and the keys that tell the items apart
# (x-kubernetes-patch-merge-key); any other list is replaced as a whole.
_ITEM_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "env": ("name",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    "ports": ("containerPort", "port"),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}


def merged(before: Json, wanted: Json, live: Json) -> Json:
    """`live` with what `wanted` says, less what `before` said and `wanted` no longer does.

    `before` is what was applied last time. What others set, and neither names, stays.
    """
    result = {key: value for key, value in live.items() if key in wanted or key not in before}
    for key, value in wanted.items():
        result[key] = _value(key, before.get(key), value, live.get(key))
    return result


def _value(key: str, before: Any, wanted: Any, live: Any) -> Any:
    if isinstance(wanted, dict) and isinstance(live, dict):
        return merged(before if isinstance(before, dict) else {}, wanted, live)
    if isinstance(wanted, list) and isinstance(live, list):
        item_key = _item_key(key, [*wanted, *live])
        if item_key:
            return _items(item_key, before if isinstance(before, list) else [], wanted, live)
    return wanted


def _item_key(key: str, items: list[Any]) -> str | None:
    if not items or not all(isinstance(item, dict) for item in items):
        return None
    candidates = _ITEM_KEYS.get(key, ())
    return next((name for name in candidates if all(name in item for item in items)), None)


def _items(key: str, before: list[Json], wanted: list[Json], live: list[Json]) -> list[Json]:
    """`wanted`'s items in its order, each over its live counterpart; then what others added."""
    then = {item[key]: item for item in before if key in item}
    now = {item[key]: item for item in live}
    result = [merged(then.get(i[key], {}), i, now.get(i[key], {})) for i in wanted]
    named = {item[key] for item in wanted} | set(then)
    return result + [item for item in live if item[key] not in named]
