"""Label and field selectors: the query language of lists and watches, and of Services.

Grammar and error texts follow apimachinery's `labels.Parse` and `fields.ParseSelector`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labsupport.base.types import Json
from labsupport.rules.formats import label_value, qualified_name
from labsupport.rules.status import bad_request

_EVERY_KIND = frozenset({"metadata.name", "metadata.namespace"})
_FIELDS_OF_KIND = {
    "Event": {
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
        "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion",
        "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
    },
    "Namespace": {"status.phase"},
    "Node": {"spec.unschedulable"},
    "Pod": {
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
        "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName",
    },
    "ReplicaSet": {"status.replicas"},
    "Secret": {"type"},
    "Service": {"spec.clusterIP", "spec.type"},
}  # fmt: skip
_ABSENT_FIELDS = {"spec.unschedulable": "false", "spec.hostNetwork": "false"}


@dataclass(frozen=True)
class Requirement:
    """One condition on a label; `operator` as in matchExpressions, plus `Gt` and `Lt`."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet the condition; a missing key meets NotIn."""
        value = labels.get(self.key)
        match self.operator:
            case "In":
                return value in self.values
            case "NotIn":
                return value is None or value not in self.values
            case "Exists":
                return value is not None
            case "DoesNotExist":
                return value is None
            case _:
                return value is not None and self._compares(value)

    def _compares(self, value: str) -> bool:
        try:
            found, bound = int(value), int(self.values[0])
        except ValueError:
            return False
        return found > bound if self.operator == "Gt" else found < bound


@dataclass(frozen=True)
class LabelSelector:
    """Conditions that must all hold; none at all selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        """Whether an object with these labels is selected."""
        found = labels or {}
        return all(requirement.matches(found) for requirement in self.requirements)

    @property
    def empty(self) -> bool:
        """Whether there is no condition."""
        return not self.requirements


def label_selector(selector: Json | None) -> LabelSelector:
    """The selector of a `metav1.LabelSelector` (matchLabels and matchExpressions)."""
    selector = selector or {}
    requirements = [
        Requirement(key, "In", (value,))
        for key, value in (selector.get("matchLabels") or {}).items()
    ]
    for expression in selector.get("matchExpressions") or []:
        values = tuple(expression.get("values") or ())
        requirements.append(Requirement(expression["key"], expression["operator"], values))
    return LabelSelector(tuple(requirements))


def parse_label_selector(text: str) -> LabelSelector:
    """The selector of a query string such as `a=b,c!=d,e in (f,g),!h`; StatusError 400."""
    return _LabelParser(text).selector()


_TOKEN = re.compile(r"\s*(?:(==|!=|[=!(),<>])|([^\s=!(),<>]+))")
_OPERATORS = {
    "in": "In", "notin": "NotIn", "=": "In", "==": "In", "!=": "NotIn", ">": "Gt", "<": "Lt",
}  # fmt: skip
_SYMBOLS = frozenset({"==", "!=", "=", "!", "(", ")", ",", "<", ">"})


class _LabelParser:
    """A recursive-descent parser over the tokens; "" stands for the end of the text."""

    def __init__(self, text: str) -> None:
        self._tokens = [symbol or word for symbol, word in _TOKEN.findall(text)]
        self._next = 0

    def selector(self) -> LabelSelector:
        requirements: list[Requirement] = []
        while following := self._peek():
            if not self._may_start(following):
                why = "expected: !, identifier, or 'end of string'"
                raise bad_request(f"found '{following}', {why}")
            requirements.append(self._requirement())
            separator = self._take()
            if separator not in ("", ","):
                raise bad_request(f"found '{separator}', expected: ',' or 'end of string'")
            following = self._peek()
            if separator and not self._may_start(following):
                raise bad_request(f"found '{following}', expected: identifier after ','")
        return LabelSelector(tuple(requirements))

    @staticmethod
    def _may_start(text: str) -> bool:
        """Whether a requirement can begin with this token."""
        return text == "!" or (text != "" and text not in _SYMBOLS)

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._next += 1
        return token

    def _requirement(self) -> Requirement:
        absent = self._peek() == "!"
        if absent:
            self._take()
        key = self._take()
        if key == "" or key in _SYMBOLS:
            raise _unparsable(f"found '{key}', expected: identifier")
        _check(f"key: Invalid value: {_go_quoted(key)}", qualified_name(key))
        if absent:
            return Requirement(key, "DoesNotExist")
        if self._peek() in ("", ","):
            return Requirement(key, "Exists")
        operator = self._take()
        if operator not in _OPERATORS:
            raise _unparsable(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")
        values = self._values() if operator in ("in", "notin") else (self._value(),)
        if _OPERATORS[operator] in ("In", "NotIn"):
            for index, value in enumerate(values):
                field = f"values[{index}][{key}]: Invalid value: {_go_quoted(value)}"
                _check(field, label_value(value))
        return Requirement(key, _OPERATORS[operator], values)

    def _value(self) -> str:
        token = self._peek()
        if token in ("", ","):
            return ""
        if token in _SYMBOLS:
            raise _unparsable(f"found '{token}', expected: identifier")
        return self._take()

    def _values(self) -> tuple[str, ...]:
        opening = self._take()
        if opening != "(":
            raise _unparsable(f"found '{opening}' expected: '('")
        values = [self._list_value()]
        while self._peek() == ",":
            self._take()
            values.append(self._list_value())
        closing = self._take()
        if closing != ")":
            raise _unparsable(f"found '{closing}', expected: ',' or ')'")
        return tuple(sorted(set(values)))

    def _list_value(self) -> str:
        if self._peek() == ")":
            return ""
        return self._value()


def _unparsable(why: str) -> Exception:
    return bad_request(f"unable to parse requirement: {why}")


def _go_quoted(text: str) -> str:
    return f'"{text}"'


def _check(what: str, messages: Sequence[str]) -> None:
    if messages:
        raise _unparsable(f"{what}: {'; '.join(messages)}")


@dataclass(frozen=True)
class FieldSelector:
    """Conditions on fields, all of which must hold: (path, must be equal, value)."""

    requirements: tuple[tuple[str, bool, str], ...] = ()

    def matches(self, obj: Json) -> bool:
        """Whether the object is selected; a missing field counts as empty."""
        return all(
            (field_text(obj, path) == value) == equal for path, equal, value in self.requirements
        )

    @property
    def empty(self) -> bool:
        """Whether there is no condition."""
        return not self.requirements

    def exact(self, path: str) -> str | None:
        """The one value that `path` must equal, where the selector says so."""
        for each, equal, value in self.requirements:
            if each == path and equal:
                return value
        return None


def field_text(obj: Json, path: str) -> str:
    """The field as selectors compare it: text, `true`/`false`, "" when missing."""
    if path == "source":  # Events: the component, under its old or its new name
        source = obj.get("source") or {}
        return str(source.get("component") or obj.get("reportingComponent") or "")
    value: object = obj
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        return _ABSENT_FIELDS.get(path, "")
    return str(value).lower() if isinstance(value, bool) else str(value)


def parse_field_selector(text: str, kind: str = "") -> FieldSelector:
    """The selector of a query string such as `metadata.name=x,status.phase!=Running`.

    With `kind`, only the fields that Kubernetes offers for it are accepted; StatusError 400.
    """
    requirements = []
    for term in filter(None, re.split(r"(?<!\\),", text)):
        match = re.fullmatch(r"([^=!]+)(==|!=|=)(.*)", term, re.DOTALL)
        if match is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        path, operator, value = match.groups()
        if kind and path not in _EVERY_KIND and path not in _FIELDS_OF_KIND.get(kind, ()):
            raise bad_request(
                f"field label not supported: {path}"
                if kind in _FIELDS_OF_KIND and kind != "ReplicaSet"
                else f'"{path}" is not a known field selector: only '
                '"metadata.name", "metadata.namespace"'
            )
        plain = re.sub(r"\\([\\,=])", r"\1", value)
        requirements.append((path, operator != "!=", plain))
    return FieldSelector(tuple(requirements))
