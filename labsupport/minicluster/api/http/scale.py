"""The `scale` subresource: `autoscaling/v1 Scale`, one face for all that has replicas."""

from labsupport.base.types import Json
from labsupport.minicluster.api.http.bodies import json_object
from labsupport.minicluster.api.http.requests import ResourceRequest
from labsupport.minicluster.api.http.responses import Response, json_response
from labsupport.minicluster.api.patch import MERGE_PATCH, patched
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.api.schemas import Schemas
from labsupport.rules.status import bad_request, method_not_allowed
from labsupport.rules.structure import loads_with_duplicates


async def scaled(registry: Registry, schemas: Schemas, request: ResourceRequest) -> Response:
    """GET, PUT and PATCH on `…/scale`."""
    resource, target = request.resource, request.target
    if request.verb == "get":
        return json_response(_scale(registry.get(resource.key, target.namespace, target.name)))
    if request.verb not in ("update", "patch"):
        raise method_not_allowed(resource.plural, resource.group)

    def change(obj: Json) -> Json:
        scale = _scale(obj)
        if request.verb == "update":
            wanted = json_object(request.http)
        else:
            patch, _ = loads_with_duplicates(request.http.body)
            content_type = request.http.content_type
            if content_type.startswith("application/strategic"):
                content_type = MERGE_PATCH  # a Scale has no lists, so the two are the same
            wanted = patched(scale, patch, content_type, schemas.schema(resource))
        replicas = (wanted.get("spec") or {}).get("replicas", 0)
        if not isinstance(replicas, int) or isinstance(replicas, bool):
            raise bad_request("Scale.spec.replicas must be a whole number")
        metadata = dict(obj["metadata"])
        if version := (wanted.get("metadata") or {}).get("resourceVersion"):
            metadata["resourceVersion"] = version
        return {**obj, "metadata": metadata, "spec": {**obj["spec"], "replicas": replicas}}

    stored = await registry.mutate(
        resource.key, target.namespace, target.name, change, dry_run=request.dry_run
    )
    return json_response(_scale(stored))


def _scale(obj: Json) -> Json:
    metadata, spec = obj["metadata"], obj.get("spec", {})
    labels = (spec.get("selector") or {}).get("matchLabels") or {}
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in kept if name in metadata},
        "spec": {"replicas": spec.get("replicas", 0)},
        "status": {
            "replicas": obj.get("status", {}).get("replicas", 0),
            "selector": ",".join(f"{name}={value}" for name, value in sorted(labels.items())),
        },
    }
