"""The form in which a client wants objects: as they are, as a table, or their metadata only."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from labsupport.base.types import Json
from labsupport.minicluster.api.http.requests import Request
from labsupport.minicluster.api.resources import Resource
from labsupport.minicluster.api.tables import table


class Form(Protocol):
    """Turns stored texts into what is sent."""

    def one(self, resource: Resource, body: str) -> str:
        """The JSON text of one object."""

    def many(self, resource: Resource, bodies: Sequence[str], metadata: Json) -> str:
        """The JSON text of a list; `metadata` is its `metav1.ListMeta`."""


class Plain:
    """Objects as they are stored: spliced as text, not parsed."""

    def one(self, resource: Resource, body: str) -> str:
        """The object in the version asked for (custom kinds may be served in several)."""
        if body.startswith(f'{{"apiVersion":"{resource.api_version}"'):
            return body
        return _dumped({**json.loads(body), "apiVersion": resource.api_version})

    def many(self, resource: Resource, bodies: Sequence[str], metadata: Json) -> str:
        """A list of the kind."""
        items = ",".join(self.one(resource, body) for body in bodies)
        head = _dumped(
            {
                "kind": f"{resource.kind}List",
                "apiVersion": resource.api_version,
                "metadata": metadata,
            }
        )
        return f'{head[:-1]},"items":[{items}]}}'


class Metadata:
    """`meta.k8s.io/v1 PartialObjectMetadata`, for clients that look after all kinds alike."""

    def one(self, resource: Resource, body: str) -> str:
        """The object's metadata."""
        del resource
        return _dumped(_partial(json.loads(body)))

    def many(self, resource: Resource, bodies: Sequence[str], metadata: Json) -> str:
        """A list of metadata."""
        del resource
        return _dumped(
            {
                "kind": "PartialObjectMetadataList",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": metadata,
                "items": [_partial(json.loads(body)) for body in bodies],
            }
        )


class Table:
    """`meta.k8s.io/v1 Table`: the columns that `kubectl get` prints."""

    def __init__(self, include_object: str) -> None:
        self._include_object = include_object

    def one(self, resource: Resource, body: str) -> str:
        """A table of one row."""
        obj = json.loads(body)
        version = obj["metadata"].get("resourceVersion", "")
        return _dumped(self._table(resource, [obj], {"resourceVersion": version}))

    def many(self, resource: Resource, bodies: Sequence[str], metadata: Json) -> str:
        """A table with a row for each object."""
        return _dumped(self._table(resource, [json.loads(body) for body in bodies], metadata))

    def _table(self, resource: Resource, items: list[Json], metadata: Json) -> Json:
        made = table(
            resource,
            items,
            resource_version=metadata["resourceVersion"],
            include_object=self._include_object,
            now=datetime.now(UTC),
        )
        return {**made, "metadata": metadata}


def form_of(request: Request) -> Form:
    """The first form in `Accept` that the server has; JSON when none is named.

    Clients that prefer protobuf take JSON too.
    """
    for media_range in request.headers.get("accept", "").split(","):
        media_type, *parameters = (part.strip() for part in media_range.split(";"))
        asked = dict(part.partition("=")[::2] for part in parameters)
        if media_type != "application/json":
            continue
        if asked.get("as") == "Table" and asked.get("v") == "v1":
            return Table(request.query.get("includeObject", "Metadata"))
        if asked.get("as", "").startswith("PartialObjectMetadata") and asked.get("v") == "v1":
            return Metadata()
        if "as" not in asked:
            return Plain()
    return Plain()


def _partial(obj: Json) -> Json:
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": obj["metadata"],
    }


def _dumped(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
