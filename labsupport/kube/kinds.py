"""The kinds a cluster serves, by any of the names that people call them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from labsupport.base.errors import UsageError
from labsupport.base.types import Json

DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
"""What to Accept at /api and /apis for all kinds in two answers (aggregated discovery)."""


@dataclass(frozen=True)
class Kind:
    """One kind as discovery tells of it."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    short_names: tuple[str, ...]
    namespaced: bool

    @property
    def label(self) -> str:
        """What kubectl calls its objects: `ingress.networking.k8s.io`, `service`."""
        return f"{self.singular}.{self.group}" if self.group else self.singular

    @property
    def api_version(self) -> str:
        """`networking.k8s.io/v1`; `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str = "", subresource: str = "") -> str:
        """The URL path of all its objects, of those in a namespace, or of one."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        parts = [root]
        if self.namespaced and namespace:
            parts.append(f"namespaces/{namespace}")
        return "/".join([*parts, self.plural, *filter(None, (name, subresource))])

    def answers_to(self, word: str) -> bool:
        """Whether people mean this kind by `word`: any of its names, or `plural.group`."""
        name, _, group = word.lower().partition(".")
        names = (self.plural, self.singular, self.kind.lower(), *self.short_names)
        return name in names and (not group or group == self.group)


class Kinds:
    """The kinds of one cluster, from its aggregated discovery."""

    def __init__(self, documents: Iterable[Json]) -> None:
        self._all = [kind for document in documents for kind in _kinds(document)]

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._all)

    def named(self, word: str) -> Kind:
        """The kind that `word` means (`ingresses`, `ing`, `Ingress`, `services.v1`...)."""
        for kind in self._all:
            if kind.answers_to(word):
                return kind
        plurals = sorted({kind.plural for kind in self._all})
        near = next(iter(get_close_matches(word.lower(), plurals, 1)), "")
        raise UsageError(
            f"the cluster has no kind {word!r}",
            found="kinds: " + ", ".join(plurals),
            remedy=f"did you mean {near}?" if near else "kubectl api-resources",
        )

    def of(self, obj: Json) -> Kind | None:
        """The kind of an object, by its apiVersion and kind; None when it is not served."""
        for kind in self._all:
            if (kind.api_version, kind.kind) == (obj["apiVersion"], obj["kind"]):
                return kind
        return None


def _kinds(document: Json) -> Iterable[Kind]:
    for group in document["items"]:
        for version in group["versions"]:
            for resource in version.get("resources", ()):
                yield Kind(
                    group=group.get("metadata", {}).get("name", ""),
                    version=version["version"],
                    kind=resource["responseKind"]["kind"],
                    plural=resource["resource"],
                    singular=resource.get("singularResource") or resource["resource"],
                    short_names=tuple(resource.get("shortNames", ())),
                    namespaced=resource["scope"] == "Namespaced",
                )
