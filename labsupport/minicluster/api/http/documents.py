"""Paths that name no object: discovery, OpenAPI, version."""

import asyncio
from collections.abc import Callable

from labsupport.base.types import Json
from labsupport.minicluster.api import discovery, openapi
from labsupport.minicluster.api.catalog import ResourceTable, unknown_resource
from labsupport.minicluster.api.http.requests import Request
from labsupport.minicluster.api.http.responses import Response, encoded, json_response
from labsupport.rules.status import StatusError

_V3 = "/openapi/v3/"
_OPENAPI_V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2"
"""How kubectl asks for version 2, and takes nothing else. No bytes are an empty document: it has
the schemas from version 3 already, and only needs an answer that it can read."""


class Documents:
    """Descriptions of what the API serves now."""

    def __init__(self, resources: ResourceTable) -> None:
        self._resources = resources

    async def answer(self, request: Request) -> Response:
        """The document at the path; 404 when there is none, 405 for another method than GET."""
        if request.method != "GET":
            raise StatusError(405, "MethodNotAllowed", "only GET is allowed on this path")
        path = request.path.rstrip("/")
        if path in ("/api", "/apis"):
            return self._roots(request, core=path == "/api")
        if path.startswith("/openapi"):
            return await self._openapi(path, request.headers.get("accept", ""))
        return json_response(_found(self._plain(path)))

    def _plain(self, path: str) -> Json | None:
        if path == "/version":
            return discovery.version()
        parts = path.strip("/").split("/")
        if parts == ["api", "v1"]:
            return discovery.resource_list(self._resources, "v1")
        if parts[0] == "apis" and len(parts) == 2:
            return discovery.group(self._resources, parts[1])
        if parts[0] == "apis" and len(parts) == 3:
            return discovery.resource_list(self._resources, f"{parts[1]}/{parts[2]}")
        return None

    def _roots(self, request: Request, *, core: bool) -> Response:
        form = discovery.aggregated_version(request.headers.get("accept", ""))
        if form:
            return Response(
                encoded(discovery.aggregated(self._resources, core=core, form=form)),
                content_type=discovery.aggregated_content_type(form),
                headers=[(b"vary", b"Accept")],
            )
        if core:
            return json_response(discovery.core_versions(request.headers.get("host", "")))
        return json_response(discovery.group_list(self._resources))

    async def _openapi(self, path: str, accept: str) -> Response:
        resources = list(self._resources)
        if path == "/openapi/v3":
            return json_response(openapi.index(resources))
        if path == "/openapi/v2":
            if accept.startswith(_OPENAPI_V2_PROTOBUF):
                return Response(b"", content_type=f"{_OPENAPI_V2_PROTOBUF}.v1.0+protobuf")
            return await _made_aside(lambda: openapi.document_v2(resources))
        if not path.startswith(_V3):
            raise unknown_resource()
        api_version = path.removeprefix(_V3).partition("/")[2]
        return await _made_aside(lambda: openapi.document(resources, api_version))


async def _made_aside(make: Callable[[], Json | None]) -> Response:
    """The document, made in a thread: it takes long enough to be felt by everybody else."""
    body = await asyncio.to_thread(lambda: encoded(_found(make())))
    return Response(body)


def _found(document: Json | None) -> Json:
    if document is None:
        raise unknown_resource()
    return document
