"""Manifests: YAML text to Kubernetes objects, with the line of whatever is wrong."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from labsupport.base.errors import ManifestError
from labsupport.base.types import Json

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """YAML as the API server understands it: no dates, they are strings in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
    for first, known in _Base.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Document:
    """One object of a manifest, and the YAML node it was read from."""

    object: Json
    node: yaml.Node


def objects(text: str, *, source: str = "the manifest") -> list[Json]:
    """The objects in `text`, in order; a `kind: List` counts as its items, empty documents don't.

    ManifestError names `source` and the line of what is not YAML, or not a Kubernetes object.
    """
    return [document.object for document in documents(text, source=source)]


def documents(text: str, *, source: str = "the manifest") -> list[Document]:
    """The objects in `text` as `objects` gives them, each with where it stands."""
    loader = _Loader(text)
    try:
        return list(_documents(loader, source))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        where = f"{source}, line {line}" if mark else source
        found = " ".join(filter(None, (error.context, error.problem)))
        remedy = _remedy(found, dict(enumerate(text.split("\n"), start=1)).get(line, ""))
        raise ManifestError(f"{where}: not YAML", found=found, remedy=remedy, line=line) from error
    except yaml.YAMLError as error:
        raise ManifestError(f"{source}: not YAML", found=str(error)) from error
    finally:
        loader.dispose()


def dumped(obj: Json) -> str:
    """`obj` as YAML, keys in the order they came."""
    text: str = yaml.safe_dump(obj, sort_keys=False, allow_unicode=True, width=100)
    return text


def _documents(loader: Any, source: str) -> Iterator[Document]:
    while loader.check_node():
        node = loader.get_node()
        _refuse_duplicate_keys(node, source)
        value = _constructed(loader, node, source)
        if value is not None:
            yield from _checked(value, node, source)


def _constructed(loader: Any, node: yaml.Node, source: str) -> Any:
    try:
        return _with_text_keys(loader.construct_document(node))
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
        # What PyYAML lets through for a value that is not of the type it is tagged with.
        line = node.start_mark.line + 1
        raise ManifestError(
            f"{source}, line {line}: a value that can't be read", found=str(error), line=line
        ) from error


def _with_text_keys(value: Any) -> Any:
    """The value as JSON has it, where every key is text: `{80: a}` is `{"80": a}`."""
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else json.dumps(key): _with_text_keys(member)
            for key, member in value.items()
        }
    return [_with_text_keys(item) for item in value] if isinstance(value, list) else value


def _checked(value: Any, node: yaml.Node, source: str) -> Iterator[Document]:
    line = node.start_mark.line + 1
    where = f"{source}, line {line}"
    if not isinstance(value, dict):
        raise ManifestError(
            f"{where}: a Kubernetes object was expected (apiVersion, kind, metadata)",
            found=f"{type(value).__name__} {str(value)[:60]!r}",
            line=line,
        )
    if value.get("kind") == "List" and isinstance(value.get("items"), list):
        items = next(child for key, child in node.value if key.value == "items")
        for item, its_node in zip(value["items"], items.value, strict=True):
            yield from _checked(item, its_node, source)
        return
    metadata = value.get("metadata")
    named = isinstance(metadata, dict) and metadata.get("name")
    missing = [key for key in ("apiVersion", "kind") if not value.get(key)]
    missing += [] if named else ["metadata.name"]
    if missing:
        raise ManifestError(
            f"{where}: a Kubernetes object needs apiVersion, kind and metadata.name",
            found=f"no {', '.join(missing)}",
            line=line,
        )
    yield Document(value, node)


def _refuse_duplicate_keys(node: yaml.Node, source: str) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                line = key.start_mark.line + 1
                raise ManifestError(
                    f"{source}, line {line}: a key may be given once only",
                    found=f"{key.value!r} again",
                    line=line,
                )
            seen.add(key.value)
            _refuse_duplicate_keys(value, source)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_duplicate_keys(item, source)


def _remedy(found: str, line: str) -> str:
    if "alias" in found:
        return 'put a value that begins with * in quotes: host: "*.example.com"'
    if "\t" in line:
        return "indent with spaces, not tabs"
    return "check the indentation and quotes near that line"
