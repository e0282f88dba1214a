"""The ASGI application: it recognises who asks and what for, and finds the handler."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from labsupport.base.errors import StorageError
from labsupport.minicluster.api.auth import Authenticator, Authorizer, User
from labsupport.minicluster.api.catalog import unknown_resource
from labsupport.minicluster.api.http.connections import ConnectionSource, connections_read
from labsupport.minicluster.api.http.documents import Documents
from labsupport.minicluster.api.http.logs import log_read
from labsupport.minicluster.api.http.proxying import proxied
from labsupport.minicluster.api.http.reads import got, listed
from labsupport.minicluster.api.http.requests import (
    Request,
    ResourceRequest,
    Target,
    headers_of,
    query_of,
    target_of,
)
from labsupport.minicluster.api.http.responses import (
    Answer,
    Message,
    Receive,
    Response,
    Send,
    refusal_response,
)
from labsupport.minicluster.api.http.reviews import REVIEWS, reviewed, token_issued
from labsupport.minicluster.api.http.scale import scaled
from labsupport.minicluster.api.http.unavailable import unavailable
from labsupport.minicluster.api.http.watching import watched
from labsupport.minicluster.api.http.writes import Writes
from labsupport.minicluster.api.logs import LogSource
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.api.resources import Resource
from labsupport.minicluster.api.schemas import Schemas
from labsupport.rules.rbac import Attributes
from labsupport.rules.status import StatusError, internal, method_not_allowed

BODY_LIMIT = 3 * 1024 * 1024
"""Bytes of a request body at most, as in Kubernetes."""

_HEALTH_PATHS = ("/healthz", "/livez", "/readyz")

_DEPRECATIONS = {
    "endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
}

logger = logging.getLogger(__name__)

Handler = Callable[[ResourceRequest], Awaitable[Answer]]


class ApiApp:
    """Kubernetes' API over a registry.

    `log_source` gives the bytes of pod logs, `connection_source` what the service proxy relayed;
    they may be set once there is a node.
    """

    def __init__(
        self, registry: Registry, authenticator: Authenticator, *, schemas: Schemas | None = None
    ) -> None:
        self._registry = registry
        self._authenticator = authenticator
        self._authorizer = Authorizer(registry)
        self._schemas = schemas or Schemas.load()
        self._documents = Documents(registry.resources)
        self._writes = Writes(registry, self._schemas)
        self._special: dict[str, dict[str, Handler]] = {
            "eviction": {"create": self._writes.evict},
            "log": {"get": self._log},
            "proxy": {"get": self._proxy},
            "scale": dict.fromkeys(("get", "update", "patch"), self._scale),
            "token": {"create": self._token},
        }
        self._closing = asyncio.Event()
        self.log_source: LogSource | None = None
        self.connection_source: ConnectionSource | None = None

    def close(self) -> None:
        """Ends the watches and logs that are open, so that the server can stop."""
        self._closing.set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""
        try:
            body = await _body(receive)
            if body is None:
                return
            query = scope["query_string"]
            sent = b"?".join(filter(None, (scope["raw_path"], query)))
            request = Request(
                scope["method"],
                scope["path"],
                query_of(query),
                headers_of(scope["headers"]),
                body,
                sent.decode("latin-1"),
            )
            answer = await self._answer(request)
        except StatusError as refusal:
            answer = refusal_response(refusal)
        except StorageError as failure:
            logger.error("%s", failure)
            answer = refusal_response(internal(str(failure)))
        except Exception as failure:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            answer = refusal_response(internal(f"{type(failure).__name__}: {failure}"))
        await answer.send(send, receive)

    async def _answer(self, request: Request) -> Answer:
        if request.path in _HEALTH_PATHS:
            return Response(b"ok", content_type="text/plain")
        if request.path == "/version":
            return await self._documents.answer(request)
        user = self._authenticator.user(request.headers)
        if request.path in REVIEWS and request.method == "POST":
            return reviewed(self._authorizer, self._schemas, user, request)
        target = target_of(request.path)
        if target is None:
            verb = "get" if request.method == "GET" else request.method.lower()
            path = Attributes(user.name, verb, groups=user.groups, path=request.path)
            self._authorizer.check(path)
            return await self._documents.answer(request)
        return await self._handled(request, user, target)

    async def _handled(self, request: Request, user: User, target: Target) -> Answer:
        resource = self._registry.resources.find(target.group, target.version, target.plural)
        if resource is None:
            raise unknown_resource()
        asked = ResourceRequest(request, user, target, resource)
        self._authorizer.check(asked.attributes())
        _check_path(target, resource)
        handler = self._handler(asked)
        if handler is None:
            raise method_not_allowed(resource.plural, resource.group)
        answer = await handler(asked)
        deprecation = _DEPRECATIONS.get(resource.key)
        return answer.with_warning(deprecation) if deprecation else answer

    def _handler(self, request: ResourceRequest) -> Handler | None:
        handlers: dict[str, Handler] = {
            "get": self._get,
            "list": self._list,
            "watch": self._watch,
            "update": self._writes.update,
            "patch": self._writes.patch,
        }
        if not request.target.subresource:
            handlers["create"] = self._writes.create
            handlers["delete"] = self._writes.delete
            handlers["deletecollection"] = self._writes.delete_collection
        return self._special.get(request.target.subresource, handlers).get(request.verb)

    async def _get(self, request: ResourceRequest) -> Answer:
        return got(self._registry, request)

    async def _list(self, request: ResourceRequest) -> Answer:
        return listed(self._registry, request)

    async def _watch(self, request: ResourceRequest) -> Answer:
        return watched(self._registry, request, self._closing)

    async def _scale(self, request: ResourceRequest) -> Answer:
        return await scaled(self._registry, self._schemas, request)

    async def _log(self, request: ResourceRequest) -> Answer:
        return await log_read(self._registry, self.log_source, request, self._closing)

    async def _proxy(self, request: ResourceRequest) -> Answer:
        if request.target.plural != "nodes":
            return await proxied(self._registry, request)
        return connections_read(self._registry, self.connection_source, request)

    async def _token(self, request: ResourceRequest) -> Answer:
        return token_issued(self._registry, self._schemas, self._authenticator.tokens, request)


def _check_path(target: Target, resource: Resource) -> None:
    """404 where scope or subresource are not those of the kind, 501 where they might well be."""
    if target.namespace and not resource.namespaced:
        raise unknown_resource()
    if target.name and resource.namespaced and not target.namespace:
        raise unknown_resource()
    if target.subresource and target.subresource not in resource.subresources:
        raise unavailable(target) or unknown_resource()


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when the client left before it was, so that nothing may be done."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_LIMIT:
            why = f"Request entity too large: limit is {BODY_LIMIT}"
            raise StatusError(413, "RequestEntityTooLarge", why)
        if not message.get("more_body"):
            return b"".join(parts)
