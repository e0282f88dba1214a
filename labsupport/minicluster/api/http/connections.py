"""GET on `nodes/NAME/proxy/connections`: what the node's service proxy relayed last.

A real kubelet answers at `nodes/NAME/proxy` too, with other paths; this one is our own.
"""

from collections.abc import Callable

from labsupport.base.types import Json
from labsupport.minicluster.api.http.requests import ResourceRequest
from labsupport.minicluster.api.http.responses import Response, encoded
from labsupport.minicluster.api.registry import Registry
from labsupport.rules.status import StatusError, bad_request

ConnectionSource = Callable[[str, int | None], list[Json]]
"""A Service (`NAMESPACE/NAME`, "" for all) and how many at most -> connections, newest last."""

_PATH = "/proxy/connections"


def connections_read(
    registry: Registry, source: ConnectionSource | None, request: ResourceRequest
) -> Response:
    """The connections as `{"items": [...]}`; `?service=NAMESPACE/NAME&limit=N` for fewer."""
    registry.get("nodes", "", request.target.name)
    if not request.http.path.rstrip("/").endswith(_PATH):
        raise StatusError(404, "NotFound", f"the node has nothing to read here but {_PATH}")
    if source is None:
        raise StatusError(503, "ServiceUnavailable", "no node is running that could tell")
    limit = request.http.integer("limit")
    if limit is not None and limit < 1:
        raise bad_request("limit: expected a whole number of 1 or more")
    return Response(encoded({"items": source(request.http.query.get("service", ""), limit)}))
