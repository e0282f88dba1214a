"""Field errors in apimachinery's words (`util/validation/field`, v0.36), and the 422 they make."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from labsupport.rules.status import Cause, StatusError


class ErrorType(StrEnum):
    """What is wrong with a field: the `reason` of a `StatusCause`."""

    REQUIRED = "FieldValueRequired"
    INVALID = "FieldValueInvalid"
    DUPLICATE = "FieldValueDuplicate"
    FORBIDDEN = "FieldValueForbidden"
    NOT_FOUND = "FieldValueNotFound"
    NOT_SUPPORTED = "FieldValueNotSupported"
    TOO_LONG = "FieldValueTooLong"
    TOO_MANY = "FieldValueTooMany"


_WORDS = {
    ErrorType.REQUIRED: "Required value",
    ErrorType.INVALID: "Invalid value",
    ErrorType.DUPLICATE: "Duplicate value",
    ErrorType.FORBIDDEN: "Forbidden",
    ErrorType.NOT_FOUND: "Not found",
    ErrorType.NOT_SUPPORTED: "Unsupported value",
    ErrorType.TOO_LONG: "Too long",
    ErrorType.TOO_MANY: "Too many",
}
_WITHOUT_VALUE = frozenset({ErrorType.REQUIRED, ErrorType.FORBIDDEN, ErrorType.TOO_LONG})
_GO_ESCAPES = {
    "\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r",
    "\t": r"\t", "\v": r"\v", "\\": r"\\", '"': r"\"",
}  # fmt: skip


@dataclass(frozen=True)
class FieldError:
    """One broken rule: the field (`spec.rules[0].host`), the value found and what it must be."""

    type: ErrorType
    field: str
    bad_value: object = ""
    detail: str = ""

    @property
    def body(self) -> str:
        """The message without the field: `Invalid value: "a_b": must be …`."""
        parts = [_WORDS[self.type]]
        if self.type not in _WITHOUT_VALUE:
            parts.append(_printed(self.bad_value))
        if self.detail:
            parts.append(self.detail)
        return ": ".join(parts)

    def __str__(self) -> str:
        return f"{self.field}: {self.body}"


def quoted(text: str) -> str:
    """The text as Go's `%q` prints it."""
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in _GO_ESCAPES:
        return _GO_ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _printed(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def required(field: str, detail: str = "") -> FieldError:
    """The field must be given."""
    return FieldError(ErrorType.REQUIRED, field, "", detail)


def invalid_value(field: str, value: object, detail: str) -> FieldError:
    """The value breaks a rule of form or sense."""
    return FieldError(ErrorType.INVALID, field, value, detail)


def duplicate(field: str, value: object) -> FieldError:
    """The value must be unique among its siblings."""
    return FieldError(ErrorType.DUPLICATE, field, value)


def forbidden(field: str, detail: str) -> FieldError:
    """The field must not be given here."""
    return FieldError(ErrorType.FORBIDDEN, field, "", detail)


def not_found(field: str, value: object) -> FieldError:
    """The value refers to something the object does not have."""
    return FieldError(ErrorType.NOT_FOUND, field, value)


def not_supported(field: str, value: object, supported: Iterable[str]) -> FieldError:
    """The value is none of the enumerated ones."""
    values = ", ".join(quoted(each) for each in supported)
    return FieldError(ErrorType.NOT_SUPPORTED, field, value, f"supported values: {values}")


def too_long(field: str, limit: int) -> FieldError:
    """The value is longer than `limit` bytes."""
    detail = f"may not be more than {limit} bytes"
    return FieldError(ErrorType.TOO_LONG, field, "", detail)


def too_many(field: str, count: int, limit: int) -> FieldError:
    """The list holds more than `limit` items."""
    items = "item" if limit == 1 else "items"
    return FieldError(ErrorType.TOO_MANY, field, count, f"must have at most {limit} {items}")


def each_invalid(field: str, value: object, messages: Iterable[str]) -> list[FieldError]:
    """One `invalid_value` for each message (an empty list when there is none)."""
    return [invalid_value(field, value, message) for message in messages]


def one_of(field: str, value: object, supported: Collection[str]) -> list[FieldError]:
    """Required and one of `supported`, named in the message in the order given."""
    if not value:
        return [required(field)]
    return [] if value in supported else [not_supported(field, value, supported)]


def non_negative(field: str, value: int | None) -> list[FieldError]:
    """A number, where given, that must not be below 0."""
    if value is None or value >= 0:
        return []
    return [invalid_value(field, value, "must be greater than or equal to 0")]


def exactly_one(field: str, given: Sequence[str], what: str) -> list[FieldError]:
    """Of several members of `field` that exclude each other, `given` are those that are there."""
    if not given:
        return [required(field, f"must specify a {what}")]
    why = f"may not specify more than 1 {what}"
    return [forbidden(f"{field}.{name}", why) for name in given[1:]]


def immutable(field: str, new: object, old: object) -> list[FieldError]:
    """The field must stay as it was."""
    return [] if new == old else [invalid_value(field, new, "field is immutable")]


def invalid(group: str, kind: str, name: str, errors: Sequence[FieldError]) -> StatusError:
    """422 `Invalid`: `Ingress.networking.k8s.io "x" is invalid: …`, with a cause for each error.

    Equal errors are said once; several are put in brackets.
    """
    errors = list({str(error): error for error in errors}.values())
    messages = [str(error) for error in errors]
    summary = messages[0] if len(messages) == 1 else f"[{', '.join(messages)}]"
    qualified = f"{kind}.{group}" if group else kind
    message = f"{qualified} {quoted(name)} is invalid"
    if messages:
        message += f": {summary}"
    causes = tuple(Cause(error.type.value, error.body, error.field) for error in errors)
    return StatusError(422, "Invalid", message, group, kind, name, causes)
