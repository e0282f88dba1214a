"""Which kinds are served: the built-in ones, and those that CustomResourceDefinitions bring."""

from collections.abc import Iterable, Iterator

from labsupport.base.types import Json
from labsupport.minicluster.api.resources import BUILT_IN, Resource
from labsupport.rules.status import StatusError

CRDS = "customresourcedefinitions.apiextensions.k8s.io"

_BUILT_IN_NAMES = frozenset(resource.key for resource in BUILT_IN)


class ResourceTable:
    """The kinds served now, by key and by path; it follows the CustomResourceDefinitions."""

    def __init__(self) -> None:
        self._by_key: dict[str, Resource] = {}
        self._by_path: dict[tuple[str, str, str], Resource] = {}
        self.replace_custom(())

    def __iter__(self) -> Iterator[Resource]:
        """Every resource in every version served."""
        return iter(list(self._by_path.values()))

    def by_key(self, key: str) -> Resource:
        """The resource as it is stored, for `ingresses.networking.k8s.io`; 404 when not served."""
        try:
            return self._by_key[key]
        except KeyError:
            raise unknown_resource() from None

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        """The resource at a path; None when it is not served."""
        return self._by_path.get((group, version, plural))

    def of_kind(self, api_version: str, kind: str) -> Resource | None:
        """The resource that `apiVersion` and `kind` of an object name; None when not served."""
        for resource in self._by_path.values():
            if resource.kind == kind and resource.api_version == api_version:
                return resource
        return None

    def replace_custom(self, definitions: Iterable[Json]) -> None:
        """Serves exactly these custom kinds from now on."""
        self._by_key = {resource.key: resource for resource in BUILT_IN}
        self._by_path = {
            (resource.group, resource.version, resource.plural): resource for resource in BUILT_IN
        }
        for definition in definitions:
            stored = storage_version(definition)
            for resource in custom_resources(definition):
                self._by_path[resource.group, resource.version, resource.plural] = resource
                if resource.version == stored:
                    self._by_key[resource.key] = resource


def custom_resources(definition: Json) -> list[Resource]:
    """The resources of a CustomResourceDefinition, one for each version served.

    None where it bears the name of a built-in kind, whose place it can't take.
    """
    if definition["metadata"]["name"] in _BUILT_IN_NAMES:
        return []
    spec = definition["spec"]
    names = spec["names"]
    return [
        Resource(
            group=spec["group"],
            version=version["name"],
            kind=names["kind"],
            plural=names["plural"],
            singular=names.get("singular") or names["kind"].lower(),
            namespaced=spec["scope"] == "Namespaced",
            short_names=tuple(names.get("shortNames") or ()),
            categories=tuple(names.get("categories") or ()),
            subresources=frozenset(version.get("subresources") or ()),
            schema=(version.get("schema") or {}).get("openAPIV3Schema"),
            printer_columns=tuple(version.get("additionalPrinterColumns") or ()),
        )
        for version in spec["versions"]
        if version.get("served")
    ]


def storage_version(definition: Json) -> str:
    """The version in which a custom kind's objects are stored."""
    versions = definition["spec"]["versions"]
    return str(next((v["name"] for v in versions if v.get("storage")), versions[0]["name"]))


def established(definition: Json, now: str) -> Json:
    """The definition with the status of one that is served: it is, from the commit on."""
    status = definition.get("status") or {}
    stored = list(status.get("storedVersions") or ())
    if (version := storage_version(definition)) not in stored:
        stored.append(version)
    reasons = {"NamesAccepted": "NoConflicts", "Established": "InitialNamesAccepted"}
    texts = {
        "NamesAccepted": "no conflicts found",
        "Established": "the initial names have been accepted",
    }
    conditions = status.get("conditions") or [
        {
            "type": kind,
            "status": "True",
            "lastTransitionTime": now,
            "reason": reason,
            "message": texts[kind],
        }
        for kind, reason in reasons.items()
    ]
    names = dict(definition["spec"]["names"])
    names.setdefault("singular", names["kind"].lower())
    names.setdefault("listKind", f"{names['kind']}List")
    return {
        **definition,
        "spec": {**definition["spec"], "names": names},
        "status": {"conditions": conditions, "acceptedNames": names, "storedVersions": stored},
    }


def unknown_resource() -> StatusError:
    """404: no such kind is served."""
    return StatusError(404, "NotFound", "the server could not find the requested resource")
