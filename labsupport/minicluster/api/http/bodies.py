"""Reading request bodies: JSON, YAML, protobuf; then the structure of the kind."""

from collections.abc import Sequence
from typing import Any

from labsupport.base.types import Json
from labsupport.minicluster.api import protobuf
from labsupport.minicluster.api.http.requests import Request
from labsupport.minicluster.api.resources import Resource
from labsupport.minicluster.api.schemas import Schemas
from labsupport.rules.status import bad_request, unsupported_media_type
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


def json_object(request: Request) -> Json:
    """The body as a JSON object; an empty body is an empty object."""
    if not request.body:
        return {}
    value, _ = document(request)
    if not isinstance(value, dict):
        raise bad_request("the body of the request is not a JSON object")
    return value


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
    import yaml  # costs the daemon memory, and is rarely needed

    try:
        return yaml.safe_load(body), []
    except yaml.YAMLError as error:
        raise bad_request(f"error decoding YAML: {error}") from None
