"""GET on `pods/NAME/log`: which container is meant, and the bytes from the node."""

import asyncio
from collections.abc import AsyncIterator

from labsupport.base.types import Json
from labsupport.minicluster.api.http.requests import ResourceRequest
from labsupport.minicluster.api.http.responses import Stream
from labsupport.minicluster.api.logs import LogOptions, LogSource
from labsupport.minicluster.api.registry import Registry
from labsupport.rules.status import StatusError, bad_request

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_REFUSAL_SECONDS = 0.5


async def log_read(
    registry: Registry, source: LogSource | None, request: ResourceRequest, closing: asyncio.Event
) -> Stream:
    """The log of one container, as plain text."""
    target = request.target
    pod = registry.get("pods", target.namespace, target.name)
    container = _container(pod, request.http.query.get("container", ""))
    if source is None:
        raise StatusError(503, "ServiceUnavailable", "no node is running that could give the log")
    http = request.http
    options = LogOptions(
        follow=http.flag("follow"),
        previous=http.flag("previous"),
        timestamps=http.flag("timestamps"),
        tail_lines=http.integer("tailLines"),
        since_seconds=http.integer("sinceSeconds"),
        limit_bytes=http.integer("limitBytes"),
    )
    chunks = source(target.namespace, target.name, container, options)
    return Stream(await _started(chunks), closing, content_type="text/plain")


async def _started(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same chunks; a refusal that comes at once is raised while it can still be a status."""
    first = asyncio.ensure_future(anext(chunks, b""))
    await asyncio.wait({first}, timeout=_REFUSAL_SECONDS)
    if first.done():
        first.result()

    async def all_chunks() -> AsyncIterator[bytes]:
        try:
            if chunk := await first:
                yield chunk
            async for chunk in chunks:
                yield chunk
        finally:
            first.cancel()

    return all_chunks()


def _container(pod: Json, wanted: str) -> str:
    """The container asked for, or the only one, or the one an annotation names; else 400."""
    spec, name = pod["spec"], pod["metadata"]["name"]
    names = [each["name"] for each in spec["containers"]]
    init = [each["name"] for each in spec.get("initContainers") or ()]
    annotations = pod["metadata"].get("annotations") or {}
    chosen = wanted or annotations.get(_DEFAULT_CONTAINER) or (names[0] if len(names) == 1 else "")
    if not chosen:
        choices = f"choose one of: [{' '.join(names)}]"
        if init:
            choices += f" or one of the init containers: [{' '.join(init)}]"
        raise bad_request(f"a container name must be specified for pod {name}, {choices}")
    if chosen not in (*names, *init):
        raise bad_request(f"container {chosen} is not valid for pod {name}")
    return str(chosen)
