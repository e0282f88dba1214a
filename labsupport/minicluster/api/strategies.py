"""What an object keeps of what the caller sent, and what the server sets: create and update."""

import base64
import secrets
import uuid
from datetime import UTC, datetime

from labsupport.base.types import Json
from labsupport.minicluster.api.catalog import CRDS
from labsupport.minicluster.api.resources import Resource
from labsupport.rules.status import StatusError, bad_request, conflict

# Kubernetes' alphabet for generated names: no vowels, so no words.
_SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX_LENGTH = 5
_GENERATED_BASE = 63 - _SUFFIX_LENGTH

_WITH_GENERATION = {
    CRDS,
    "deployments.apps",
    "endpointslices.discovery.k8s.io",
    "ingressclasses.networking.k8s.io",
    "ingresses.networking.k8s.io",
    "pods",
    "replicasets.apps",
}
_FIRST_STATUS: dict[str, Json] = {
    "deployments.apps": {},
    "ingresses.networking.k8s.io": {"loadBalancer": {}},
    "namespaces": {"phase": "Active"},
    "pods": {"phase": "Pending"},
    "replicasets.apps": {"replicas": 0},
    "services": {"loadBalancer": {}},
}
_SET_BY_THE_SERVER = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
)
_NOT_KEPT = ("selfLink", "managedFields")


def timestamp(moment: datetime) -> str:
    """A moment as `metav1.Time`: RFC 3339 in UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def generated_name(base: str) -> str:
    """`generateName` with five random letters behind it."""
    suffix = "".join(secrets.choice(_SUFFIX_LETTERS) for _ in range(_SUFFIX_LENGTH))
    return base[:_GENERATED_BASE] + suffix


def new_object(resource: Resource, sent: Json, namespace: str | None, now: datetime) -> Json:
    """What is to be created from what was sent, before defaults, admission and validation."""
    obj = _typed(resource, sent)
    metadata = {
        name: value
        for name, value in (sent.get("metadata") or {}).items()
        if name not in (*_SET_BY_THE_SERVER, *_NOT_KEPT, "resourceVersion")
    }
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = generated_name(metadata["generateName"])
    _set_namespace(resource, metadata, namespace)
    metadata["uid"] = str(uuid.uuid4())
    metadata["creationTimestamp"] = timestamp(now)
    if has_generation(resource):
        metadata["generation"] = 1
    obj["metadata"] = metadata
    if resource.has_status and resource.kind != "Node":  # a kubelet registers with its status
        obj.pop("status", None)
        if resource.key in _FIRST_STATUS:
            obj["status"] = dict(_FIRST_STATUS[resource.key])
    return obj


def changed_object(resource: Resource, sent: Json, old: Json, subresource: str) -> Json:
    """What `old` becomes when `sent` is written over it, before defaults and validation."""
    if subresource == "status":
        return {**old, "status": sent.get("status") or {}}
    if subresource == "binding":  # the scheduler's: where a pod runs, and that this is decided
        spec = {**old["spec"], "nodeName": sent["spec"]["nodeName"]}
        return {**old, "spec": spec, "status": sent.get("status") or {}}
    if subresource == "finalize":
        return {**old, "spec": {**old.get("spec", {}), **(sent.get("spec") or {})}}
    obj = _typed(resource, sent)
    kept = {name: old["metadata"][name] for name in _SET_BY_THE_SERVER if name in old["metadata"]}
    obj["metadata"] = {
        **{
            name: value
            for name, value in (sent.get("metadata") or {}).items()
            if name not in _SET_BY_THE_SERVER and name not in _NOT_KEPT
        },
        **kept,
    }
    if resource.has_status:
        obj.pop("status", None)
        if "status" in old:
            obj["status"] = old["status"]
    return obj


def with_next_generation(resource: Resource, new: Json, old: Json) -> Json:
    """`new` with its generation raised if what its author wants differs from `old`."""
    if not has_generation(resource) or _wanted(new) == _wanted(old):
        return new
    generation = old["metadata"].get("generation", 0) + 1
    return {**new, "metadata": {**new["metadata"], "generation": generation}}


def has_generation(resource: Resource) -> bool:
    """Whether `metadata.generation` counts the changes of this kind, as all custom kinds do."""
    return resource.key in _WITH_GENERATION or not resource.definition


def check_preconditions(
    resource: Resource, old: Json, *, uid: str | None, resource_version: str | None
) -> None:
    """409 when the caller speaks of another object, or of an earlier state of this one."""
    metadata = old["metadata"]
    if uid and uid != metadata["uid"]:
        detail = f"Precondition failed: UID in precondition: {uid}, UID in object meta: "
        raise conflict(resource.plural, resource.group, metadata["name"], detail + metadata["uid"])
    if resource_version and resource_version != metadata["resourceVersion"]:
        raise conflict(resource.plural, resource.group, metadata["name"])


def with_string_data(secret: Json) -> Json:
    """A Secret with `stringData` moved into `data`, as base64."""
    plain = secret.get("stringData")
    if plain is None:
        return secret
    encoded = {name: base64.b64encode(value.encode()).decode() for name, value in plain.items()}
    obj = {**secret, "data": {**(secret.get("data") or {}), **encoded}}
    del obj["stringData"]
    return obj


def _typed(resource: Resource, sent: Json) -> Json:
    """The object with the apiVersion and kind it is stored under; 400 when it says another."""
    kind, version = sent.get("kind"), sent.get("apiVersion")
    if kind and kind != resource.kind:
        raise bad_request(
            f"{kind} in version {_quoted(version or '')} cannot be handled as a {resource.kind}: "
            f"no kind {_quoted(kind)} is registered for {resource.api_version}"
        )
    if resource.definition and version and version != resource.api_version:
        raise bad_request(
            f"{resource.kind} in version {_quoted(str(version).rpartition('/')[2])} cannot be "
            f"handled as a {resource.kind}: no kind {_quoted(resource.kind)} is registered for "
            f'version {_quoted(str(version))} in scheme "pkg/runtime/scheme.go:111"'
        )
    group = (version or resource.api_version).rpartition("/")[0]
    if group != resource.group:
        raise bad_request(
            f"the API version in the data ({version}) does not match the expected API version "
            f"({resource.api_version})"
        )
    rest = {name: value for name, value in sent.items() if name not in ("kind", "apiVersion")}
    return {"apiVersion": resource.api_version, "kind": resource.kind, **rest}


def _set_namespace(resource: Resource, metadata: Json, namespace: str | None) -> None:
    if not resource.namespaced:
        metadata.pop("namespace", None)
        return
    sent = metadata.get("namespace")
    if namespace and sent and sent != namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if not (namespace or sent):
        raise StatusError(400, "BadRequest", "an empty namespace may not be set during creation")
    metadata["namespace"] = namespace or sent


def _wanted(obj: Json) -> Json:
    return {name: value for name, value in obj.items() if name not in ("metadata", "status")}


def _quoted(text: str) -> str:
    return f'"{text}"'
