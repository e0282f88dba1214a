"""Taking objects away: grace for pods, finalizers, preconditions, what goes along with a CRD."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from labsupport.base.types import Json
from labsupport.minicluster.api.catalog import CRDS, custom_resources
from labsupport.minicluster.api.resources import Resource
from labsupport.minicluster.api.strategies import check_preconditions, timestamp
from labsupport.minicluster.store import Key, Transaction
from labsupport.rules.status import forbidden, not_found

Propagation = Literal["Background", "Foreground", "Orphan"]

DEFAULT_GRACE_SECONDS = 30
_IMMORTAL_NAMESPACES = ("default", "kube-system", "kube-public")
_PROPAGATION_FINALIZERS = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}


@dataclass(frozen=True)
class DeleteOptions:
    """`metav1.DeleteOptions`, as far as it is honoured; grace in seconds."""

    uid: str | None = None
    resource_version: str | None = None
    propagation: Propagation = "Background"
    grace_period: int | None = None


def deleted(
    tx: Transaction, resource: Resource, key: Key, options: DeleteOptions, now: datetime
) -> Json:
    """Deletes the object, or marks it as being deleted if something must happen first.

    Returns its last state; one that is still there has `metadata.deletionTimestamp` and is found
    by another read.
    """
    old = tx.get(key)
    if old is None:
        raise not_found(resource.plural, resource.group, key.name)
    check_preconditions(resource, old, uid=options.uid, resource_version=options.resource_version)
    if resource.key == "namespaces" and key.name in _IMMORTAL_NAMESPACES:
        raise forbidden("namespaces", "", key.name, "this namespace may not be deleted")
    marked = _marked(resource, old, options, now)
    if not _held_back(marked):
        return removed(tx, resource, key)
    return tx.put(key, marked)


def removed(tx: Transaction, resource: Resource, key: Key) -> Json:
    """Takes the object out of the store; with a CustomResourceDefinition go its objects."""
    last = tx.delete(key)
    if resource.key == CRDS:
        for custom in {each.key for each in custom_resources(last)}:
            for obj in tx.list(custom):
                metadata = obj["metadata"]
                tx.delete(Key(custom, metadata.get("namespace", ""), metadata["name"]))
    return last


def is_finished(obj: Json) -> bool:
    """Whether an object that is being deleted has nothing left to wait for."""
    return "deletionTimestamp" in obj["metadata"] and not _held_back(obj)


def _held_back(obj: Json) -> bool:
    metadata = obj["metadata"]
    if metadata.get("finalizers") or metadata.get("deletionGracePeriodSeconds"):
        return True
    return obj["kind"] == "Namespace" and bool(obj.get("spec", {}).get("finalizers"))


def _marked(resource: Resource, old: Json, options: DeleteOptions, now: datetime) -> Json:
    """`old` as being deleted. A second deletion may only shorten the grace of the first."""
    metadata = dict(old["metadata"])
    finalizers = [
        name
        for name in metadata.get("finalizers") or ()
        if name not in _PROPAGATION_FINALIZERS.values()
    ]
    if options.propagation in _PROPAGATION_FINALIZERS:
        finalizers.append(_PROPAGATION_FINALIZERS[options.propagation])
    elif "deletionTimestamp" in metadata:
        finalizers = list(metadata.get("finalizers") or ())
    metadata.pop("finalizers", None)
    if finalizers:
        metadata["finalizers"] = finalizers
    grace = _grace_seconds(resource, old, options)
    earlier = metadata.get("deletionGracePeriodSeconds")
    if "deletionTimestamp" not in metadata or (earlier is not None and grace < earlier):
        metadata["deletionTimestamp"] = timestamp(now + timedelta(seconds=grace))
        metadata["deletionGracePeriodSeconds"] = grace
    marked = {**old, "metadata": metadata}
    if resource.key == "namespaces":
        marked["status"] = {**old.get("status", {}), "phase": "Terminating"}
    return marked


def _grace_seconds(resource: Resource, old: Json, options: DeleteOptions) -> int:
    """Only a pod that may run gets time to end."""
    if resource.key != "pods":
        return 0
    spec, status = old.get("spec", {}), old.get("status", {})
    if not spec.get("nodeName") or status.get("phase") in ("Succeeded", "Failed"):
        return 0
    if options.grace_period is not None:
        return max(options.grace_period, 0)
    return int(spec.get("terminationGracePeriodSeconds", DEFAULT_GRACE_SECONDS))
