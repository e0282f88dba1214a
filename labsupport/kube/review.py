"""What an API server would say to a manifest, before it is sent: each problem with its line."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

import yaml

from labsupport.base.errors import ManifestError
from labsupport.base.types import Json
from labsupport.kube.manifests import Document, documents
from labsupport.rules.defaults import with_defaults
from labsupport.rules.schema import DefinitionReader, Schema, custom_schema
from labsupport.rules.status import StatusError
from labsupport.rules.structure import structured
from labsupport.rules.validation import creation_errors
from labsupport.schemas import OBJECT_META, definition_name, definitions

_NEXT_DOCUMENT = re.compile(r"^(?=---(?:\s|$))", re.MULTILINE)
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_UNKNOWN = re.compile(r'unknown field "(.+)"')
_GO_FIELD = re.compile(r"Go struct field \w+\.(\S+)")
_GO_STRUCT = re.compile(r"\b[A-Z]\w*\.")
_BUILT_IN_GROUPS = frozenset({"", "apps", "batch", "networking.k8s.io", "discovery.k8s.io"})
_REMEMBERED = 4096  # documents whose review is kept: typing changes one of many at a time


@dataclass(frozen=True)
class Problem:
    """Why an object would be refused: `line` from 1, `field` "" where none is to blame."""

    line: int
    message: str
    field: str = ""

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


@dataclass(frozen=True)
class Review:
    """The objects of a manifest that would be taken, and what is wrong with the others."""

    objects: tuple[Json, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every object would be taken."""
        return not self.problems


def reviewed(text: str, *, namespace: str = "default") -> Review:
    """The objects in `text`, defaulted and read-only, and every problem with its line.

    YAML that can't be read, unknown fields, wrong types (for Kubernetes' own kinds), and what the
    rules of validation refuse. Objects without a namespace get `namespace`. What only a live
    cluster can know (whether a name is taken, default classes) is not looked at.
    """
    objects: list[Json] = []
    problems: list[Problem] = []
    offset = 0
    for part in _NEXT_DOCUMENT.split(text):
        review = _part_reviewed(part, namespace)
        objects += review.objects
        problems += [replace(each, line=each.line + offset) for each in review.problems]
        offset += part.count("\n")
    return Review(tuple(objects), tuple(problems))


@lru_cache(maxsize=_REMEMBERED)
def _part_reviewed(text: str, namespace: str) -> Review:
    try:
        found = documents(text)
    except ManifestError as error:
        what = error.what.partition(": ")[2] or error.what
        message = "; ".join(filter(None, (what, error.found, error.remedy)))
        return Review(problems=(Problem(error.line or 1, message),))
    reviews = [_document_reviewed(document, namespace) for document in found]
    return Review(
        tuple(obj for review in reviews for obj in review.objects),
        tuple(problem for review in reviews for problem in review.problems),
    )


def _document_reviewed(document: Document, namespace: str) -> Review:
    """One object's structure; only if nothing is wrong with that, its values."""
    obj, node = document.object, document.node
    api_version, kind = str(obj["apiVersion"]), str(obj["kind"])
    schema = _schema(api_version, kind)
    if schema.custom and api_version.rpartition("/")[0] in _BUILT_IN_GROUPS:
        message = f'no matches for kind "{kind}" in version "{api_version}"'
        return Review(problems=(Problem(line_of(node, "kind"), message, "kind"),))
    try:
        obj, warnings = structured(
            obj,
            schema,
            kind=kind,
            version=api_version.rpartition("/")[2],
            field_validation="Warn",
        )
    except StatusError as error:
        message = error.message.partition(": ")[2] or error.message
        return Review(problems=(_problem(node, _GO_FIELD, message),))
    if warnings:
        return Review(problems=tuple(_problem(node, _UNKNOWN, each) for each in warnings))
    obj = _completed(obj, namespace)
    faults = creation_errors(kind, obj)
    if not faults:
        return Review((obj,))
    return Review(
        problems=tuple(
            Problem(line_of(node, fault.field), str(fault), fault.field) for fault in faults
        )
    )


def _problem(node: yaml.Node, field_pattern: re.Pattern[str], message: str) -> Problem:
    """A problem that names its field in its message."""
    match = field_pattern.search(message)
    # Go's names of structs inside structs are no fields; these begin in lower case.
    field = _GO_STRUCT.sub("", match[1]) if match else ""
    return Problem(line_of(node, field), message, field)


def _completed(obj: Json, namespace: str) -> Json:
    """The object as the server would validate it: with its namespace and defaults."""
    metadata = obj["metadata"]
    if not metadata.get("namespace") and obj["kind"] not in _CLUSTER_WIDE:
        obj = {**obj, "metadata": {**metadata, "namespace": namespace}}
    return with_defaults(obj["kind"], obj)


_CLUSTER_WIDE = frozenset(
    {
        "Namespace", "Node", "IngressClass", "ClusterRole", "ClusterRoleBinding",
        "CustomResourceDefinition",
    }
)  # fmt: skip


@lru_cache
def _schema(api_version: str, kind: str) -> Schema:
    """The published structure of a built-in kind; of any other, what metadata all kinds have."""
    name = definition_name(api_version, kind)
    try:
        return DefinitionReader(definitions([name])).named(name)
    except KeyError:
        metadata = DefinitionReader(definitions([OBJECT_META])).named(OBJECT_META)
        return custom_schema({"x-kubernetes-preserve-unknown-fields": True}, metadata)


def line_of(node: yaml.Node, field: str) -> int:
    """The line, from 1, of a field (`spec.rules[0].host`), or of what is there of its way.

    A way that leaves out an index goes into the first item that has the next field.
    """
    line = node.start_mark.line
    for index, name in _STEP.findall(field):
        if isinstance(node, yaml.SequenceNode):
            position = int(index) if index else _first_with(node, name)
            if position >= len(node.value):
                break
            node = node.value[position]
            line = node.start_mark.line
        if name:
            found = _member(node, name)
            if found is None:
                break
            line, node = found
    return int(line) + 1


def _member(node: yaml.Node, name: str) -> tuple[int, yaml.Node] | None:
    """The line of a mapping's key, and its value."""
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in node.value:
        if key.value == name:
            return key.start_mark.line, value
    return None


def _first_with(sequence: yaml.SequenceNode, name: str) -> int:
    for position, item in enumerate(sequence.value):
        if _member(item, name) is not None:
            return position
    return len(sequence.value)
