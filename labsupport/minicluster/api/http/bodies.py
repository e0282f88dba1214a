"""Reading request bodies: JSON, YAML, protobuf; then the structure of the kind."""

from collections.abc import Sequence
from typing import Any

from labsupport.base.types import Json
from labsupport.minicluster.api import protobuf
from labsupport.minicluster.api.http.requests import Request
from labsupport.minicluster.api.resources import Resource
from labsupport.minicluster.api.schemas import Schemas
from labsupport.rules.status import unsupported_media_type
from labsupport.rules.structure import loads_with_duplicates, structured
from labsupport.rules.validation import invalid
from labsupport.rules.values import value_errors, with_schema_defaults

JSON = "application/json"
YAML = "application/yaml"
APPLY_PATCH = "application/apply-patch+yaml"


def document(request: Request) -> tuple[Any, list[str]]:
    """The body as JSON values, and the paths of fields that came twice; 400 or 415 otherwise."""
    if request.content_type == protobuf.CONTENT_TYPE:
        return protobuf.decoded(request.body), []
    if request.content_type in (YAML, APPLY_PATCH):
        return _yaml(request.body)
    if request.content_type != JSON:
        raise unsupported_media_type((JSON, YAML, protobuf.CONTENT_TYPE))
    return loads_with_duplicates(request.body)


def sent_object(schemas: Schemas, request: Request, kind: str) -> Json:
    """The body as an object that is not stored (`DeleteOptions`, `Scale`, a review).

    An empty body is an empty object. 400 when its structure is not the kind's.
    """
    if not request.body:
        return {}
    value, _ = document(request)
    return structured_as(schemas, value, kind)


def structured_as(schemas: Schemas, value: Any, kind: str) -> Json:
    """`value` as an object of a kind that is not stored; 400 when it is none."""
    schema = schemas.not_stored(kind)
    obj, _ = structured(value, schema, kind=kind, version="v1", field_validation="Ignore")
    return obj


def checked_object(
    schemas: Schemas,
    resource: Resource,
    value: Any,
    request: Request,
    duplicates: Sequence[str] = (),
) -> tuple[Json, list[str]]:
    """`value` as an object of this kind, and warnings for the client.

    400 when its structure is not the kind's; 422 when a custom kind's schema refuses values.
    """
    schema = schemas.schema(resource)
    obj, warnings = structured(
        value,
        schema,
        kind=resource.kind,
        version=resource.version,
        field_validation=request.query.get("fieldValidation", "Warn"),
        duplicates=duplicates,
    )
    if not resource.definition:
        obj = with_schema_defaults(obj, schema)
        if errors := value_errors(obj, schema):
            name = (obj.get("metadata") or {}).get("name", "")
            raise invalid(resource.group, resource.kind, name, errors)
    return obj, warnings


def _yaml(body: bytes) -> tuple[Any, list[str]]:
    """YAML, of which JSON is a part: clients mostly send that under the name of YAML."""
    if body.lstrip()[:1] in (b"{", b"["):
        return loads_with_duplicates(body)
    # Here, because it costs the daemon memory and is rarely needed.
    from labsupport.minicluster.api.http.yaml_text import json_text

    return loads_with_duplicates(json_text(body))
