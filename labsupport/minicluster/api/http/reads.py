"""GET on one object and on lists, page by page when asked."""

import base64
import binascii
import json

from labsupport.base.types import Json
from labsupport.minicluster.api.http.forms import form_of
from labsupport.minicluster.api.http.requests import ResourceRequest
from labsupport.minicluster.api.http.responses import Response
from labsupport.minicluster.api.http.selection import (
    check_list_options,
    selection_of,
    version_of,
)
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.store.store import too_large_version
from labsupport.rules.status import bad_request, expired


def got(registry: Registry, request: ResourceRequest) -> Response:
    """GET on a name."""
    target = request.target
    body = registry.body(request.resource.key, target.namespace, target.name)
    return Response(form_of(request.http).one(request.resource, body).encode())


def listed(registry: Registry, request: ResourceRequest) -> Response:
    """GET on a collection, honouring selectors, `limit` and `continue`."""
    query = request.http.query
    check_list_options(query, watch=False)
    selection = selection_of(request)
    snapshot = registry.snapshot(request.resource.key, request.namespace)
    version = snapshot.resource_version
    _check_version(version, version_of(query), exact=query.get("resourceVersionMatch") == "Exact")
    bodies = snapshot.bodies
    if not selection.empty:
        bodies = [body for body in bodies if selection.matches(json.loads(body))]
    metadata: Json = {"resourceVersion": str(version)}
    limit = request.http.integer("limit") or 0
    if query.get("continue") or 0 < limit < len(bodies):
        bodies, metadata = _page(
            bodies, version, limit, query.get("continue", ""), count_rest=selection.empty
        )
    return Response(form_of(request.http).many(request.resource, bodies, metadata).encode())


def _check_version(current: int, wanted: int | None, *, exact: bool) -> None:
    if wanted is None:
        return
    if wanted > current:
        raise too_large_version(wanted, current)
    if exact and wanted < current:
        raise expired("The resourceVersion for the provided list is too old.")


def _page(
    bodies: list[str], version: int, limit: int, token: str, *, count_rest: bool
) -> tuple[list[str], Json]:
    """One page and its ListMeta.

    Every page carries the first one's resourceVersion: who watches from there misses nothing
    that happened between the pages.
    """
    if token:
        version, after = _read_token(token)
        bodies = [body for body in bodies if _position(body) > after]
    page, rest = (bodies[:limit], bodies[limit:]) if limit > 0 else (bodies, [])
    metadata: Json = {"resourceVersion": str(version)}
    if rest:
        metadata["continue"] = _token(version, _position(page[-1]))
        if count_rest:
            metadata["remainingItemCount"] = len(rest)
    return page, metadata


def _position(body: str) -> list[str]:
    metadata = json.loads(body)["metadata"]
    return [metadata.get("namespace", ""), metadata["name"]]


def _token(version: int, after: list[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([version, after]).encode()).decode()


def _read_token(token: str) -> tuple[int, list[str]]:
    try:
        version, after = json.loads(base64.urlsafe_b64decode(token))
        return int(version), [str(part) for part in after]
    except (ValueError, TypeError, binascii.Error):
        raise bad_request("continue key is not valid: it was not issued by this server") from None
