"""Definitions of kinds out of the published OpenAPI of Kubernetes 1.37.

They come with the package `kubernetes-validate`: its file is found without importing the package
(which takes more than a second), and read one definition at a time, since the whole would cost
the daemon tens of megabytes.
"""

import importlib.util
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from labsupport.base.errors import LabError
from labsupport.base.types import Json

KUBERNETES_VERSION = "v1.37.0"
OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

_DEFINITION = re.compile(r'"(io\.k8s\.[\w.-]+)": (?=\{)')
_REFERENCE_PREFIX = "#/$defs/"


def definition_name(api_version: str, kind: str) -> str:
    """What the definition of a built-in kind is called: `io.k8s.api.networking.v1.Ingress`."""
    group, _, version = api_version.rpartition("/")
    return f"io.k8s.api.{group.partition('.')[0] or 'core'}.{version}.{kind}"


def definitions(names: Iterable[str], *, descriptions: bool = False) -> dict[str, Json]:
    """The definitions `names` and all they refer to, by name, as Kubernetes publishes them.

    Not kept: each call reads the file. `descriptions` are most of the text; only `kubectl explain`
    needs them.
    """
    text = _definitions_file().read_text(encoding="utf-8")
    starts = {match[1]: match.end() for match in _DEFINITION.finditer(text)}
    decoder = json.JSONDecoder()
    found: dict[str, Json] = {}
    wanted = sorted(names)
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        definition, _ = decoder.raw_decode(text, starts[name])
        wanted.extend(references(definition))
        found[name] = definition if descriptions else _without_descriptions(definition)
    return found


def references(node: Any) -> set[str]:
    """The names of the definitions that `node` refers to, itself not resolved."""
    if isinstance(node, list):
        return set().union(*map(references, node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*map(references, node.values()))
    if isinstance(node.get("$ref"), str):
        found.add(node["$ref"].removeprefix(_REFERENCE_PREFIX))
    return found


def _without_descriptions(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_descriptions(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        # A property may itself be called `description`; then its value is a schema, not a text.
        name: _without_descriptions(value)
        for name, value in node.items()
        if not (name == "description" and isinstance(value, str))
    }


def _definitions_file() -> Path:
    spec = importlib.util.find_spec("kubernetes_validate")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        path = (
            Path(folder)
            / "kubernetes-json-schema"
            / f"{KUBERNETES_VERSION}-local"
            / "_definitions.json"
        )
        if path.is_file():
            return path
    raise LabError(
        f"the schemas of Kubernetes {KUBERNETES_VERSION} are not installed",
        found=f"looked in {', '.join(folders)}" if folders else "no package kubernetes-validate",
        remedy="python -m pip install 'kubernetes-validate==1.37.0'",
    )
