"""What a list or a watch asks for: selectors, and how fresh it must be."""

from collections.abc import Mapping
from dataclasses import dataclass

from labsupport.base.types import Json
from labsupport.minicluster.api.http.requests import ResourceRequest
from labsupport.rules.selectors import (
    FieldSelector,
    LabelSelector,
    parse_field_selector,
    parse_label_selector,
)
from labsupport.rules.status import bad_request
from labsupport.rules.validation import FieldError, invalid
from labsupport.rules.validation.field import forbidden, not_supported

_NOT_OLDER_THAN = "NotOlderThan"
_EXACT = "Exact"


@dataclass(frozen=True)
class Selection:
    """Label and field selectors together, within a namespace when one is given."""

    labels: LabelSelector
    fields: FieldSelector
    namespace: str | None = None

    @property
    def empty(self) -> bool:
        """Whether every object is selected, whatever its namespace."""
        return self.labels.empty and self.fields.empty

    def matches(self, obj: Json) -> bool:
        """Whether the object is selected."""
        return self.labels.matches(obj["metadata"].get("labels")) and self.fields.matches(obj)


def selection_of(request: ResourceRequest) -> Selection:
    """The selectors of a request; 400 when they can't be read.

    A watch on one name is a watch with a field selector.
    """
    fields = request.http.query.get("fieldSelector", "")
    if request.verb == "watch" and request.target.name:
        fields = ",".join(filter(None, (f"metadata.name={request.target.name}", fields)))
    kind = request.resource.kind if request.resource.definition else "CustomResource"
    return Selection(
        parse_label_selector(request.http.query.get("labelSelector", "")),
        parse_field_selector(fields, kind),
        request.namespace,
    )


def version_of(query: Mapping[str, str]) -> int | None:
    """The parameter resourceVersion: None when it is absent or "0", which both mean any."""
    text = query.get("resourceVersion", "")
    if text in ("", "0"):
        return None
    if not text.isdecimal():
        raise bad_request(f'Invalid value: "{text}": invalid resource version')
    return int(text)


def check_list_options(query: Mapping[str, str], *, watch: bool) -> None:
    """422 for combinations that `metav1.ListOptions` does not allow."""
    errors = _initial_events_errors(query, watch=watch)
    match = query.get("resourceVersionMatch", "")
    if match and not errors:
        errors = _match_errors(query, match, watch=watch)
    if errors:
        raise invalid("meta.k8s.io", "ListOptions", "", errors)


def _initial_events_errors(query: Mapping[str, str], *, watch: bool) -> list[FieldError]:
    if "sendInitialEvents" not in query:
        return []
    if not watch:
        return [forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")]
    if query.get("resourceVersionMatch") != _NOT_OLDER_THAN:
        why = f"sendInitialEvents requires setting resourceVersionMatch to {_NOT_OLDER_THAN}"
        return [forbidden("resourceVersionMatch", why)]
    return []


def _match_errors(query: Mapping[str, str], match: str, *, watch: bool) -> list[FieldError]:
    field = "resourceVersionMatch"
    if watch:
        if "sendInitialEvents" in query:
            return []
        return [forbidden(field, "resourceVersionMatch is forbidden for watch")]
    if not query.get("resourceVersion"):
        why = "resourceVersionMatch is forbidden unless resourceVersion is provided"
        return [forbidden(field, why)]
    if match not in (_EXACT, _NOT_OLDER_THAN):
        return [not_supported(field, match, (_EXACT, _NOT_OLDER_THAN))]
    if match == _EXACT and query["resourceVersion"] == "0":
        why = 'resourceVersionMatch "Exact" is forbidden for resourceVersion "0"'
        return [forbidden(field, why)]
    if query.get("continue"):
        return [forbidden(field, "resourceVersionMatch is forbidden when continue is provided")]
    return []
