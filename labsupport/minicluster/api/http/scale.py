"""The `scale` subresource: `autoscaling/v1 Scale`, one face for all that has replicas."""

from labsupport.base.types import Json
from labsupport.minicluster.api.http.bodies import sent_object, structured_as
from labsupport.minicluster.api.http.requests import ResourceRequest
from labsupport.minicluster.api.http.responses import Response, json_response
from labsupport.minicluster.api.patch import patched
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.api.schemas import Schemas
from labsupport.rules.structure import loads_with_duplicates


async def scaled(registry: Registry, schemas: Schemas, request: ResourceRequest) -> Response:
    """GET, PUT and PATCH on `…/scale`."""
    resource, target = request.resource, request.target
    if request.verb == "get":
        return json_response(_scale(registry.get(resource.key, target.namespace, target.name)))

    def change(obj: Json) -> Json:
        if request.verb == "update":
            wanted = sent_object(schemas, request.http, "Scale")
        else:
            patch, _ = loads_with_duplicates(request.http.body)
            schema = schemas.not_stored("Scale")
            value = patched(_scale(obj), patch, request.http.content_type, schema)
            wanted = structured_as(schemas, value, "Scale")
        metadata = dict(obj["metadata"])
        if version := (wanted.get("metadata") or {}).get("resourceVersion"):
            metadata["resourceVersion"] = version
        replicas = (wanted.get("spec") or {}).get("replicas", 0)
        return {**obj, "metadata": metadata, "spec": {**obj.get("spec", {}), "replicas": replicas}}

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
