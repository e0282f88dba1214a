"""A request taken apart: which object, which verb, who asks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from labsupport.minicluster.api.auth import User
from labsupport.minicluster.api.resources import Resource
from labsupport.rules.rbac import Attributes
from labsupport.rules.status import bad_request

PROXY = "proxy"
"""The one subresource whose path goes on: with the path to ask the pod or Service for."""

_TRUE = ("true", "1", "")
_NAMESPACE_SUBRESOURCES = ("status", "finalize")
_VERBS_ON_ONE = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_VERBS_ON_ALL = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}


@dataclass(frozen=True)
class Target:
    """What a path under /api/v1 or /apis/GROUP/VERSION names; "" where it names nothing."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""


@dataclass(frozen=True)
class Request:
    """One HTTP request, its body read. Header names are in lower case.

    `sent` is the path, with its query, as it stood in the request: nothing in it is decoded.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    sent: str = ""

    def flag(self, name: str) -> bool:
        """A boolean query parameter, as apimachinery reads it: present is enough."""
        return name in self.query and self.query[name].lower() in _TRUE

    def integer(self, name: str) -> int | None:
        """A whole number from the query; None when absent, 400 when it is none."""
        value = self.query.get(name, "")
        if not value:
            return None
        try:
            return int(value)
        except ValueError:
            raise bad_request(
                f'unable to decode query parameter "{name}": "{value}" is not a whole number'
            ) from None

    @property
    def content_type(self) -> str:
        """The body's media type without parameters; JSON when none is given."""
        value = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return value or "application/json"


@dataclass(frozen=True)
class ResourceRequest:
    """A request for a kind that is served: what the handlers work on."""

    http: Request
    user: User
    target: Target
    resource: Resource

    @property
    def verb(self) -> str:
        """The verb that RBAC knows: get, list, watch, create, update, patch, delete, …"""
        return verb_of(self.http, self.target)

    @property
    def namespace(self) -> str | None:
        """The namespace of a list: None means all of them."""
        return self.target.namespace or None

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be stored; 400 when that is asked for in an unknown way."""
        return is_dry_run(filter(None, [self.http.query.get("dryRun", "")]))

    def attributes(self) -> Attributes:
        """What RBAC is asked."""
        return Attributes(
            self.user.name,
            self.verb,
            groups=self.user.groups,
            group=self.target.group,
            resource=self.target.plural,
            subresource=self.target.subresource,
            namespace=self.target.namespace or self._own_namespace,
            name=self.target.name,
        )

    @property
    def _own_namespace(self) -> str:
        """A Namespace counts as lying in itself, so that a Role in it can grant reading it."""
        return self.target.name if self.resource.key == "namespaces" else ""


def verb_of(request: Request, target: Target) -> str:
    """The verb of a request; "" for a method that the path does not take."""
    if request.method == "GET" and request.flag("watch"):
        return "watch"
    if target.subresource and request.method == "POST":
        return "create"
    verbs = _VERBS_ON_ONE if target.name else _VERBS_ON_ALL
    return verbs.get(request.method, "")


def is_dry_run(stages: Iterable[str]) -> bool:
    """What `dryRun` says: nothing, or `All`; 400 for anything else, which must not be stored."""
    asked = list(stages)
    if set(asked) - {"All"}:
        raise bad_request(f"invalid dryRun {asked}: expected All, or nothing")
    return bool(asked)


def query_of(raw: bytes) -> dict[str, str]:
    """The query string's parameters; of a repeated one the first counts, as in Go."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True):
        query.setdefault(name, value)
    return query


def headers_of(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """ASGI headers by name; repeated ones joined by commas."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers


def target_of(path: str) -> Target | None:
    """What the path names; None when it is no resource's path."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    if parts[:2] == ["api", "v1"] and len(parts) > 2:
        group, version, rest = "", "v1", parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    about_the_namespace = len(rest) == 3 and rest[2] in _NAMESPACE_SUBRESOURCES
    if rest[0] == "namespaces" and len(rest) > 2 and not about_the_namespace:
        namespace, rest = rest[1], rest[2:]
    if (len(rest) > 3 and rest[2] != PROXY) or not all(rest[:3]):
        return None
    plural, name, subresource = (*rest, "", "")[:3]
    return Target(group, version, plural, namespace, name, subresource)
