"""POST, PUT, PATCH and DELETE on objects."""

import json
from typing import Any, get_args

from labsupport.base.types import Json
from labsupport.minicluster.api.deletion import DeleteOptions, Propagation
from labsupport.minicluster.api.http.bodies import (
    APPLY_PATCH,
    checked_object,
    document,
    sent_object,
)
from labsupport.minicluster.api.http.requests import ResourceRequest, is_dry_run
from labsupport.minicluster.api.http.responses import Response, json_response
from labsupport.minicluster.api.http.selection import selection_of
from labsupport.minicluster.api.patch import MERGE_PATCH, STRATEGIC_MERGE_PATCH, patched
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.api.resources import Resource
from labsupport.minicluster.api.schemas import Schemas
from labsupport.rules.admission import ingress_warnings
from labsupport.rules.status import StatusError, bad_request
from labsupport.rules.structure import loads_with_duplicates
from labsupport.rules.validation import invalid
from labsupport.rules.validation.field import invalid_value


class Writes:
    """The handlers that change objects."""

    def __init__(self, registry: Registry, schemas: Schemas) -> None:
        self._registry = registry
        self._schemas = schemas

    async def create(self, request: ResourceRequest) -> Response:
        """POST on a collection."""
        value, duplicates = document(request.http)
        obj, warnings = checked_object(
            self._schemas, request.resource, value, request.http, duplicates
        )
        if request.resource.kind == "Ingress" and request.resource.definition:
            warnings += ingress_warnings(obj)
        return await self._created(request, obj, warnings)

    async def update(self, request: ResourceRequest) -> Response:
        """PUT on an object, its status, or its finalizers."""
        value, duplicates = document(request.http)
        obj, warnings = checked_object(
            self._schemas, request.resource, value, request.http, duplicates
        )
        _check_name(request, obj)
        if request.target.namespace:
            obj["metadata"].setdefault("namespace", request.target.namespace)
        stored = await self._registry.update(
            request.resource.key,
            obj,
            subresource=request.target.subresource,
            dry_run=request.dry_run,
        )
        return json_response(_in_version(request.resource, stored), warnings=warnings)

    async def patch(self, request: ResourceRequest) -> Response:
        """PATCH by any of the four kinds of patch; the reading and the writing are one step."""
        content_type = request.http.content_type
        if content_type == APPLY_PATCH:
            return await self._apply(request)
        patch, _ = loads_with_duplicates(request.http.body)
        return await self._patched(request, patch, content_type)

    async def delete(self, request: ResourceRequest) -> Response:
        """DELETE on an object: its last state while it has to end first, else a Status."""
        last = await self._deleted(request, self._sent(request, "DeleteOptions"))
        if "deletionTimestamp" in last["metadata"]:
            return json_response(_in_version(request.resource, last))
        return json_response(_success(_details(request.resource, last)))

    async def evict(self, request: ResourceRequest) -> Response:
        """POST of a `policy/v1 Eviction` (`kubectl drain`): a deletion, as nothing forbids it."""
        await self._deleted(request, self._sent(request, "Eviction").get("deleteOptions") or {})
        return json_response(_success(), 201)

    async def delete_collection(self, request: ResourceRequest) -> Response:
        """DELETE on a collection, honouring selectors."""
        body = self._sent(request, "DeleteOptions")
        deleted = await self._registry.delete_collection(
            request.resource.key,
            request.namespace,
            selection_of(request).matches,
            _delete_options(request, body),
            dry_run=_is_dry(request, body),
        )
        version = str(self._registry.store.resource_version)
        return json_response(
            {
                "kind": f"{request.resource.kind}List",
                "apiVersion": request.resource.api_version,
                "metadata": {"resourceVersion": version},
                "items": [_in_version(request.resource, obj) for obj in deleted],
            }
        )

    def _sent(self, request: ResourceRequest, kind: str) -> Json:
        return sent_object(self._schemas, request.http, kind)

    async def _deleted(self, request: ResourceRequest, body: Json) -> Json:
        """The object's last state, after a deletion with the options in `body`."""
        options = _delete_options(request, body)
        return await self._registry.delete(
            request.resource.key,
            request.target.namespace,
            request.target.name,
            uid=options.uid,
            propagation=options.propagation,
            grace_period=options.grace_period,
            resource_version=options.resource_version,
            dry_run=_is_dry(request, body),
        )

    async def _created(self, request: ResourceRequest, obj: Json, warnings: list[str]) -> Response:
        stored = await self._registry.create(
            request.resource.key, obj, namespace=request.namespace, dry_run=request.dry_run
        )
        return json_response(_in_version(request.resource, stored), 201, warnings)

    async def _patched(self, request: ResourceRequest, patch: Any, content_type: str) -> Response:
        resource, target = request.resource, request.target
        schema = self._schemas.schema(resource)
        warnings: list[str] = []

        def change(old: Json) -> Json:
            value = patched(_in_version(resource, old), patch, content_type, schema)
            try:
                obj, found = checked_object(self._schemas, resource, value, request.http)
            except StatusError as error:
                raise _unfit(value, error) from error
            _check_name(request, obj)
            warnings.extend(found)
            return obj

        stored = await self._registry.mutate(
            resource.key,
            target.namespace,
            target.name,
            change,
            subresource=target.subresource,
            dry_run=request.dry_run,
        )
        return json_response(_in_version(resource, stored), warnings=warnings)

    async def _apply(self, request: ResourceRequest) -> Response:
        """Server-side apply, without field ownership: what is applied is merged in, or created.

        So two appliers never conflict, and a field that one leaves out stays.
        """
        value, duplicates = document(request.http)
        obj, warnings = checked_object(
            self._schemas, request.resource, value, request.http, duplicates
        )
        _check_name(request, obj)
        merge = STRATEGIC_MERGE_PATCH if request.resource.definition else MERGE_PATCH
        try:
            return await self._patched(request, obj, merge)
        except StatusError as missing:
            if missing.code != 404 or request.target.subresource:
                raise
        return await self._created(request, obj, warnings)


def _check_name(request: ResourceRequest, obj: Json) -> None:
    """400 unless the body speaks of the object that the path names."""
    metadata = obj.setdefault("metadata", {})
    name = metadata.setdefault("name", request.target.name)
    if name != request.target.name:
        raise bad_request(
            f"the name of the object ({name}) does not match the name on the URL "
            f"({request.target.name})"
        )
    namespace = metadata.get("namespace", "")
    if namespace and namespace != request.target.namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )


def _unfit(patched: Json, error: StatusError) -> StatusError:
    """The refusal of a patch whose outcome has a wrong type: 422, by which it is told apart."""
    _, decoding, why = error.message.partition("json: ")
    if error.code != 400 or not decoding:
        return error
    value = json.dumps(patched, separators=(",", ":"), ensure_ascii=False)
    return invalid("", "", "", [invalid_value("patch", value, decoding + why)])


def _is_dry(request: ResourceRequest, body: Json) -> bool:
    """Whether a deletion is only to be tried: `kubectl delete --dry-run` says so in the body."""
    return request.dry_run or is_dry_run(body.get("dryRun") or ())


def _delete_options(request: ResourceRequest, body: Json) -> DeleteOptions:
    """`metav1.DeleteOptions` from the body, else from the query."""
    query = request.http.query
    propagation: Any = body.get("propagationPolicy") or query.get("propagationPolicy")
    if not propagation:
        orphan = body.get("orphanDependents") is True or request.http.flag("orphanDependents")
        propagation = "Orphan" if orphan else "Background"
    if propagation not in get_args(Propagation):
        raise bad_request(
            f'invalid propagationPolicy "{propagation}": expected one of '
            + ", ".join(get_args(Propagation))
        )
    grace = body.get("gracePeriodSeconds")
    preconditions = body.get("preconditions") or {}
    return DeleteOptions(
        preconditions.get("uid"),
        preconditions.get("resourceVersion"),
        propagation,
        request.http.integer("gracePeriodSeconds") if grace is None else grace,
    )


def _details(resource: Resource, last: Json) -> Json:
    """`metav1.StatusDetails` of the object that is gone."""
    metadata = last["metadata"]
    details = {"name": metadata["name"], "kind": resource.plural, "uid": metadata["uid"]}
    return details | ({"group": resource.group} if resource.group else {})


def _success(details: Json | None = None) -> Json:
    status: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return status | ({"details": details} if details else {})


def _in_version(resource: Resource, obj: Json) -> Json:
    """The object in the version asked for; only custom kinds have more than one."""
    if obj["apiVersion"] == resource.api_version:
        return obj
    return {**obj, "apiVersion": resource.api_version}
