"""YAML as JSON text, the way Kubernetes' Go libraries read it (sigs.k8s.io/yaml).

Where PyYAML alone differs: a timestamp stays text, `80:30` is no number in base 60, `1e3` is a
number, keys are always text, and a key that comes twice is kept twice, so that the JSON reader
finds it.
"""

import json
import re
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode

from labsupport.rules.status import bad_request

MOST_NODES = 1_000_000
"""Values in a document, aliases followed: a few lines of them can stand for billions."""

_BOOL, _FLOAT, _INT, _NULL, _TIMESTAMP = (
    f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "int", "null", "timestamp")
)
_SCALARS = (_BOOL, _FLOAT, _INT, _NULL)


class _Loader(yaml.SafeLoader):
    """Finds out what a plain scalar is."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [each for each in resolvers if each[0] not in (_INT, _FLOAT, _TIMESTAMP)]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    _INT,
    re.compile(r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)\Z"),
    list("-+0123456789"),
)
_Loader.add_implicit_resolver(
    _FLOAT,
    re.compile(
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z"
        r"|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z"
    ),
    list("-+0123456789."),
)


def json_text(body: bytes) -> str:
    """The one document in `body` as JSON; 400 when it is no YAML."""
    try:
        loader = _Loader(body)
        node = loader.get_single_node()
        return _Writer(loader).text(node) if node else "null"
    except (yaml.YAMLError, ValueError, LookupError, RecursionError) as error:
        raise bad_request(f"error converting YAML to JSON: {error}") from None


class _Writer:
    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self._written = 0

    def text(self, node: Node) -> str:
        """The node and what is below it."""
        self._written += 1
        if self._written > MOST_NODES:
            raise ValueError("document contains excessive aliasing")
        if isinstance(node, MappingNode):
            members = (
                f"{json.dumps(key)}:{self.text(value)}" for key, value in self._members(node)
            )
            return "{" + ",".join(members) + "}"
        if isinstance(node, SequenceNode):
            return "[" + ",".join(map(self.text, node.value)) + "]"
        return json.dumps(self._scalar(node))

    def _members(self, node: MappingNode) -> list[tuple[str, Node]]:
        """Keys and values in order; what `<<` brings is not there if the mapping has it itself."""
        own = [pair for pair in node.value if pair[0].tag != "tag:yaml.org,2002:merge"]
        names = {self._key(key) for key, _ in own}
        self._loader.flatten_mapping(node)
        merged = node.value[: len(node.value) - len(own)]
        node.value = [pair for pair in merged if self._key(pair[0]) not in names] + own
        return [(self._key(key), value) for key, value in node.value]

    def _key(self, node: Node) -> str:
        if isinstance(node, MappingNode | SequenceNode):
            raise yaml.YAMLError(f"a key must be a scalar{node.start_mark}")
        value = self._scalar(node)
        return value if isinstance(value, str) else json.dumps(value)

    def _scalar(self, node: Node) -> Any:
        return self._loader.construct_object(node) if node.tag in _SCALARS else node.value
