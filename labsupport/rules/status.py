"""The answers an API server refuses with: `metav1.Status`, as apimachinery builds them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from labsupport.base.errors import LabError
from labsupport.base.types import Json


@dataclass(frozen=True)
class Cause:
    """One entry of `Status.details.causes`: a reason, a message and the field it speaks of."""

    reason: str
    message: str
    field: str = ""

    def to_json(self) -> Json:
        """The cause as `metav1.StatusCause`."""
        return {"reason": self.reason, "message": self.message, "field": self.field}


@dataclass(eq=False)
class StatusError(LabError):
    """A refusal by the API server: an HTTP code, a `reason` and a message for people."""

    code: int
    reason: str
    message: str
    group: str = ""
    kind: str = ""
    name: str = ""
    causes: Sequence[Cause] = field(default=())
    retry_after_seconds: int = 0

    def __post_init__(self) -> None:
        LabError.__init__(self, self.message)

    def to_json(self) -> Json:
        """The refusal as a `metav1.Status` document."""
        details: Json = {}
        if self.name:
            details["name"] = self.name
        if self.group:
            details["group"] = self.group
        if self.kind:
            details["kind"] = self.kind
        if self.causes:
            details["causes"] = [cause.to_json() for cause in self.causes]
        if self.retry_after_seconds:
            details["retryAfterSeconds"] = self.retry_after_seconds
        status: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        if details:
            status["details"] = details
        return status


def _qualified(resource: str, group: str) -> str:
    return f"{resource}.{group}" if group else resource


def not_found(resource: str, group: str, name: str) -> StatusError:
    """404: `ingresses.networking.k8s.io "x" not found`."""
    message = f'{_qualified(resource, group)} "{name}" not found'
    return StatusError(404, "NotFound", message, group, resource, name)


def already_exists(resource: str, group: str, name: str) -> StatusError:
    """409: the name is taken."""
    message = f'{_qualified(resource, group)} "{name}" already exists'
    return StatusError(409, "AlreadyExists", message, group, resource, name)


def conflict(resource: str, group: str, name: str, detail: str = "") -> StatusError:
    """409: the object moved on since the caller read it."""
    why = detail or (
        "the object has been modified; please apply your changes to the latest version "
        "and try again"
    )
    message = f'Operation cannot be fulfilled on {_qualified(resource, group)} "{name}": {why}'
    return StatusError(409, "Conflict", message, group, resource, name)


def forbidden(resource: str, group: str, name: str, why: str) -> StatusError:
    """403: `ingresses.networking.k8s.io "x" is forbidden: why`."""
    target = _qualified(resource, group)
    message = f'{target} "{name}" is forbidden: {why}' if name else f"{target} is forbidden: {why}"
    return StatusError(403, "Forbidden", message, group, resource, name)


def bad_request(message: str) -> StatusError:
    """400: the request itself could not be read."""
    return StatusError(400, "BadRequest", message)


def unauthorized() -> StatusError:
    """401: no token, or one that nobody issued."""
    return StatusError(401, "Unauthorized", "Unauthorized")


def expired(message: str) -> StatusError:
    """410: the resource version asked for is no longer kept."""
    return StatusError(410, "Expired", message)


def method_not_allowed(resource: str, group: str) -> StatusError:
    """405: the resource does not offer this verb."""
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", message, group, resource)


def unsupported_media_type(accepted: Sequence[str]) -> StatusError:
    """415: the body's content type is not among `accepted`."""
    message = (
        "the body of the request was in an unknown format - accepted media types include: "
        + ", ".join(accepted)
    )
    return StatusError(415, "UnsupportedMediaType", message)


def internal(message: str) -> StatusError:
    """500: the server failed, not the caller."""
    return StatusError(500, "InternalError", f"Internal error occurred: {message}")
