"""Writes the table of Kubernetes' protobuf messages, from the struct tags in their Go sources.

Run it when a newer Kubernetes is wanted, on the modules as Go's own tool downloads them:

    go mod download -json k8s.io/api@v0.36.3 k8s.io/apimachinery@v0.36.3   # "Dir" of each
    python .ci/protobuf_table.py API_DIR APIMACHINERY_DIR \
        > labsupport/minicluster/api/protobuf/messages.json  # see messages.py for the format
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOTS = """
apps/v1.Deployment apps/v1.ReplicaSet autoscaling/v1.Scale coordination/v1.Lease
authentication/v1.SelfSubjectReview authentication/v1.TokenRequest
authorization/v1.SelfSubjectAccessReview authorization/v1.SelfSubjectRulesReview
core/v1.ConfigMap core/v1.Endpoints core/v1.Event core/v1.Namespace core/v1.Node core/v1.Pod
core/v1.Secret core/v1.Service core/v1.ServiceAccount discovery/v1.EndpointSlice
meta/v1.DeleteOptions networking/v1.Ingress networking/v1.IngressClass policy/v1.Eviction
rbac/v1.ClusterRole rbac/v1.ClusterRoleBinding rbac/v1.Role rbac/v1.RoleBinding
"""
"""What clients send: the kinds served, and the questions and options that are not stored."""

NOT_READ = ("managedFields", "extra")  # the API server drops them anyway

_SCALARS = {
    "string": "s", "bool": "b", "int32": "i", "int64": "i", "[]byte": "y",
    "meta/v1.Time": "t", "meta/v1.MicroTime": "u",
    "api/resource.Quantity": "q", "util/intstr.IntOrString": "x",
}  # fmt: skip
_PREDECLARED = ("bool", "byte", "int32", "int64", "string")
_CONTAINER = re.compile(r"(\*|\[\]|map\[\S+?\])(\S+)$")
_IMPORT = re.compile(r'^\s+(?:(\w+) )?"k8s\.io/(\S+)"$', re.MULTILINE)
_STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_ALIAS = re.compile(r"^type (\w+) (?!struct\b|interface\b|func\b)(\S+)$", re.MULTILINE)
_FIELD = re.compile(r'^\t(?:\w+\s+)?(\S+)\s+`.*json:"([^",]*).*protobuf:"\w+,(\d+),', re.MULTILINE)
_TYPE_NAME = re.compile(r"(?:(\w+)\.)?(\w+)$")


@dataclass
class Sources:
    """What the modules define, by qualified name (`core/v1.Pod`)."""

    structs: dict[str, dict[int, tuple[str, str]]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def read(self, module: Path) -> None:
        """Adds the types of a module's source directory."""
        for path in sorted(module.rglob("*.go")):
            if not path.stem.endswith(("_test", ".pb")):
                self._read_file(path.read_text(encoding="utf-8"), "/".join(path.parts[-3:-1]))

    def _read_file(self, text: str, package: str) -> None:
        imports = {
            alias or path.rpartition("/")[2]: "/".join(path.split("/")[-2:])
            for alias, path in _IMPORT.findall(text)
        }
        for name, body in _STRUCT.findall(text):
            self.structs[f"{package}.{name}"] = {
                int(number): (json_name, _qualified(kind, package, imports))
                for kind, json_name, number in _FIELD.findall(body)
            }
        for name, kind in _ALIAS.findall(text):
            self.aliases[f"{package}.{name}"] = _qualified(kind, package, imports)

    def entry(self, kind: str) -> str:
        """A Go type as the table writes it."""
        if kind in self.aliases:
            return self.entry(self.aliases[kind])
        if kind in _SCALARS or kind in self.structs:
            return _SCALARS.get(kind, kind)
        if match := _CONTAINER.match(kind):
            mark = "{}" if match[1].startswith("map") else match[1]
            return mark + self.entry(match[2])
        raise LookupError(f"no definition of the Go type {kind}: is a module missing?")

    def messages(self, roots: Iterable[str]) -> dict[str, dict[str, str]]:
        """All messages that `roots` lead to, by name: their fields by number."""
        wanted = list(roots)
        found: dict[str, dict[str, str]] = {}
        while wanted:
            if (name := wanted.pop()) not in found:
                found[name] = self._message(name)
                kinds = (entry.split(" ")[-1].lstrip("+*[]{}") for entry in found[name].values())
                wanted += [kind for kind in kinds if kind in self.structs]
        return dict(sorted(found.items()))

    def _message(self, name: str) -> dict[str, str]:
        return {
            str(number): f"{json_name} {self.entry(kind)}" if json_name else f"+{self.entry(kind)}"
            for number, (json_name, kind) in sorted(self.structs[name].items())
            if json_name not in NOT_READ
        }


def _qualified(kind: str, package: str, imports: Mapping[str, str]) -> str:
    """`[]metav1.Time` -> `[]meta/v1.Time`; a map's key is always written as text."""
    match = _TYPE_NAME.search(kind)
    if match is None or match[0] in _PREDECLARED:
        return kind
    name = imports.get(match[1], match[1]) if match[1] else package
    return f"{kind[: match.start()]}{name}.{match[2]}"


def main(*modules: str) -> None:
    """Prints the table as JSON, a message on each line."""
    sources = Sources()
    for module in modules:
        sources.read(Path(module))
    messages = sources.messages(ROOTS.split()).items()
    lines = (f'"{name}": {json.dumps(fields)}' for name, fields in messages)
    print("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    main(*sys.argv[1:])
