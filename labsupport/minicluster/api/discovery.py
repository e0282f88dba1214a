"""Discovery: the documents that tell a client which groups, versions and kinds are served.

Two forms: one document per group version, and the aggregated `APIGroupDiscoveryList`, which
current clients ask for by `Accept`.
"""

import platform
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from labsupport.base.types import Json
from labsupport.minicluster.api.resources import ALL_VERBS, Resource
from labsupport.schemas import KUBERNETES_VERSION

_READ_WRITE = ("get", "patch", "update")
_SUBRESOURCE_VERBS = {
    "eviction": ("create",),
    "finalize": ("update",),
    "log": ("get",),
    "proxy": ("get",),
    "token": ("create",),
}
_SUBRESOURCE_KINDS = {
    "eviction": ("policy", "v1", "Eviction"),
    "scale": ("autoscaling", "v1", "Scale"),
    "token": ("authentication.k8s.io", "v1", "TokenRequest"),
}


def version() -> Json:
    """`/version`: the Kubernetes release that the API follows, marked as the lab's own server."""
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"{KUBERNETES_VERSION}+ingresslab",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "compiler": sys.implementation.name,
        "platform": f"{sys.platform}/{platform.machine()}",
    }


def core_versions(server_address: str) -> Json:
    """`/api`: the versions of the core group; `server_address` is `host:port`."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [
            {"clientCIDR": "0.0.0.0/0", "serverAddress": server_address}
        ],
    }


def group_list(resources: Iterable[Resource]) -> Json:
    """`/apis`: the named groups with their versions."""
    groups = [_group(name, members) for name, members in _by_group(resources) if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(resources: Iterable[Resource], name: str) -> Json | None:
    """`/apis/<name>`: one group; None when nothing of it is served."""
    members = [resource for resource in resources if resource.group == name]
    if not name or not members:
        return None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, members)}


def resource_list(resources: Iterable[Resource], api_version: str) -> Json | None:
    """`/api/v1` or `/apis/<group>/<version>`; None when nothing of it is served."""
    members = [resource for resource in resources if resource.api_version == api_version]
    if not members:
        return None
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": api_version,
        "resources": [
            entry
            for resource in sorted(members, key=lambda member: member.plural)
            for entry in (_listed(resource), *_listed_subresources(resource))
        ],
    }


def aggregated_version(accept: str) -> str:
    """Which aggregated form the header `Accept` asks for first: `v2`, `v2beta1`, or `""`."""
    for media_range in accept.split(","):
        media_type, *parameters = (part.strip() for part in media_range.split(";"))
        asked = dict(part.partition("=")[::2] for part in parameters)
        if media_type not in ("application/json", "*/*"):
            continue
        if asked.get("as") != "APIGroupDiscoveryList":
            return ""
        if asked.get("g") == "apidiscovery.k8s.io" and asked.get("v") in ("v2", "v2beta1"):
            return asked["v"]
    return ""


def aggregated_content_type(form: str) -> str:
    """The content type that an aggregated answer must carry; clients dispatch on it."""
    return f"application/json;g=apidiscovery.k8s.io;v={form};as=APIGroupDiscoveryList"


def aggregated(resources: Iterable[Resource], *, core: bool, form: str) -> Json:
    """The aggregated list: of the core group for `/api`, of the named groups for `/apis`."""
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{form}",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": name, "creationTimestamp": None} if name else {},
                "versions": [
                    {
                        "version": api_version.rpartition("/")[2],
                        "resources": [_aggregated(resource) for resource in members],
                        "freshness": "Current",
                    }
                    for api_version, members in _by_version(members_of_group)
                ],
            }
            for name, members_of_group in _by_group(resources)
            if bool(name) != core
        ],
    }


def _by_group(resources: Iterable[Resource]) -> Iterator[tuple[str, list[Resource]]]:
    ordered = sorted(resources, key=lambda resource: resource.group)
    for name, members in groupby(ordered, key=lambda resource: resource.group):
        yield name, list(members)


def _by_version(resources: Iterable[Resource]) -> Iterator[tuple[str, list[Resource]]]:
    ordered = sorted(resources, key=lambda resource: (resource.api_version, resource.plural))
    for api_version, members in groupby(ordered, key=lambda resource: resource.api_version):
        yield api_version, list(members)


def _group(name: str, members: Sequence[Resource]) -> Json:
    versions = [
        {"groupVersion": api_version, "version": api_version.rpartition("/")[2]}
        for api_version, _ in _by_version(members)
    ]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _listed(resource: Resource) -> Json:
    return {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(ALL_VERBS),
        **_other_names(resource),
    }


def _listed_subresources(resource: Resource) -> Iterator[Json]:
    for name in sorted(resource.subresources):
        group_name, api_version, kind = _response_kind(resource, name)
        entry: Json = {
            "name": f"{resource.plural}/{name}",
            "singularName": "",
            "namespaced": resource.namespaced,
            "kind": kind,
            "verbs": list(_SUBRESOURCE_VERBS.get(name, _READ_WRITE)),
        }
        if kind != resource.kind:
            entry.update(group=group_name, version=api_version)
        yield entry


def _aggregated(resource: Resource) -> Json:
    entry: Json = {
        "resource": resource.plural,
        "responseKind": _kind(resource.group, resource.version, resource.kind),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(ALL_VERBS),
        **_other_names(resource),
    }
    if resource.subresources:
        entry["subresources"] = [
            {
                "subresource": name,
                "responseKind": _kind(*_response_kind(resource, name)),
                "verbs": list(_SUBRESOURCE_VERBS.get(name, _READ_WRITE)),
            }
            for name in sorted(resource.subresources)
        ]
    return entry


def _other_names(resource: Resource) -> Json:
    names = {"shortNames": resource.short_names, "categories": resource.categories}
    return {field: list(values) for field, values in names.items() if values}


def _response_kind(resource: Resource, subresource: str) -> tuple[str, str, str]:
    own_kind = (resource.group, resource.version, resource.kind)
    if subresource == "proxy":
        return "", "v1", f"{resource.kind}ProxyOptions"
    return _SUBRESOURCE_KINDS.get(subresource, own_kind)


def _kind(group_name: str, api_version: str, kind: str) -> Json:
    return {"group": group_name, "version": api_version, "kind": kind}
