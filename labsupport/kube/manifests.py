"""Manifests: YAML text to Kubernetes objects, with the line of whatever is wrong."""

from collections.abc import Iterator
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


def objects(text: str, *, source: str = "the manifest") -> list[Json]:
    """The objects in `text`, in order; a `kind: List` counts as its items, empty documents don't.

    ManifestError names `source` and the line of what is not YAML, or not a Kubernetes object.
    """
    loader = _Loader(text)
    try:
        return list(_objects(loader, source))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{source}, line {mark.line + 1}" if mark else source
        found = " ".join(filter(None, (error.context, error.problem)))
        raise ManifestError(f"{where}: not YAML", found=found, remedy=_remedy(found)) from error
    except yaml.YAMLError as error:
        raise ManifestError(f"{source}: not YAML", found=str(error)) from error
    finally:
        loader.dispose()


def dumped(obj: Json) -> str:
    """`obj` as YAML, keys in the order they came."""
    text: str = yaml.safe_dump(obj, sort_keys=False, allow_unicode=True, width=100)
    return text


def _objects(loader: Any, source: str) -> Iterator[Json]:
    while loader.check_node():
        node = loader.get_node()
        _refuse_duplicate_keys(node, source)
        value = loader.construct_document(node)
        if value is not None:
            yield from _checked(value, f"{source}, line {node.start_mark.line + 1}")


def _checked(value: Any, where: str) -> Iterator[Json]:
    if not isinstance(value, dict):
        raise ManifestError(
            f"{where}: a Kubernetes object was expected (apiVersion, kind, metadata)",
            found=f"{type(value).__name__} {str(value)[:60]!r}",
        )
    if value.get("kind") == "List" and isinstance(value.get("items"), list):
        for item in value["items"]:
            yield from _checked(item, where)
        return
    metadata = value.get("metadata")
    named = isinstance(metadata, dict) and metadata.get("name")
    missing = [key for key in ("apiVersion", "kind") if not value.get(key)]
    missing += [] if named else ["metadata.name"]
    if missing:
        raise ManifestError(
            f"{where}: a Kubernetes object needs apiVersion, kind and metadata.name",
            found=f"no {', '.join(missing)}",
        )
    yield value


def _refuse_duplicate_keys(node: yaml.Node, source: str) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                line = key.start_mark.line + 1
                raise ManifestError(
                    f"{source}, line {line}: a key may be given once only",
                    found=f"{key.value!r} again",
                )
            if isinstance(key.value, str):
                seen.add(key.value)
            _refuse_duplicate_keys(value, source)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_duplicate_keys(item, source)


def _remedy(found: str) -> str:
    if "alias" in found:
        return 'put a value that begins with * in quotes: host: "*.example.com"'
    if "\\t" in found:
        return "indent with spaces, not tabs"
    return "check the indentation and quotes near that line"
