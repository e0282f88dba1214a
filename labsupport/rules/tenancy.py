"""One learner's part of a shared cluster: a namespace, a domain, a class; and what it changes.

Lessons speak of the namespace `default`, of sites like `kiada.example.com` and of the class
`traefik`. On a cluster of one's own that is how they stand. On a shared one, the learner's own
namespace, a domain below the teacher's and the installed class stand in their place:
`kiada.learner7.lab.example.com`. What is changed already stays as it is, so that each place where
a name comes in may apply this.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from labsupport.base.types import Json

HOME = "default"
"""The namespace that lessons speak of."""
CLASS = "traefik"
"""The IngressClass that lessons speak of."""
TAUGHT = ("example.com", "example.org", "example.net")
"""The domains of the lessons' sites (RFC 2606 keeps them for examples)."""

_MATCHER = re.compile(r"(Host|HostSNI)\(([^)]*)\)")
_IN_HOME = re.compile(rf"/namespaces/{HOME}(?=/|$)")
_REFERENCE = re.compile(rf"(?<![\w-]){HOME}(-[a-z0-9.-]+@kubernetescrd|/[a-z0-9.-]+$)")
_QUOTED = re.compile(r"(`|\")([^`\"]*)(`|\")")


@dataclass(frozen=True)
class Tenancy:
    """Where a learner stands.

    `namespace` stands for `default`. `domain` takes the place of `example.com`; "" leaves names
    as they are. `ingress_class` takes the place of `traefik`. `namespaces` are the only ones that
    may be looked into; none: all of them. `labels` are put on every object that is created.
    """

    namespace: str = HOME
    domain: str = ""
    ingress_class: str = CLASS
    namespaces: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is changed: a cluster of one's own."""
        return self == WHOLE

    def place(self, namespace: str | None) -> str | None:
        """The namespace that is meant by one that a lesson names."""
        return self.namespace if namespace == HOME else namespace

    def path(self, path: str) -> str:
        """The URL path of an API request with the namespace that is meant."""
        return _IN_HOME.sub(f"/namespaces/{self.namespace}", path)

    def body(self, path: str, body: Json) -> Json:
        """What is sent to that path; of a patch, which has no kind, the path tells it."""
        if self.is_whole:
            return body
        kind = body.get("kind") or _PLURALS.get(path.split("/")[-2] if "/" in path else "", "")
        changed = self.object({**body, "kind": kind})
        return changed if "kind" in body else {key: changed[key] for key in body}

    def host(self, name: str) -> str:
        """The name that a lesson's name stands for: `*.example.com`, `kiada.example.org` too."""
        if not self.domain or _is_below(name, self.domain):
            return name
        plain = name.rstrip(".")
        for taught in TAUGHT:
            if _is_below(plain, taught):
                # Sites of the same name in two domains stay two sites.
                own = [] if taught == TAUGHT[0] else [taught.rpartition(".")[2]]
                below = plain[: -len(taught)].rstrip(".")
                return ".".join(filter(None, [below, *own, self.domain])) + name[len(plain) :]
        return name

    def url(self, url: str) -> str:
        """The URL with the name that its host stands for; what is no URL stays as it is."""
        return renamed(url, self.host)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """A request's headers with the name that its Host stands for."""
        return renamed_headers(headers, self.host)

    def object(self, obj: Json) -> Json:
        """The object as this learner makes it: namespace, labels, class, and host names."""
        if self.is_whole:
            return obj
        metadata = dict(obj.get("metadata") or {})
        if metadata.get("namespace") == HOME:
            metadata["namespace"] = self.namespace
        # What has no name is not kept: a review, which may have no labels, or a patch. What has a
        # UID is there already, and stays whosever it is.
        named = metadata.get("name") or metadata.get("generateName")
        if self.labels and named and not metadata.get("uid"):
            metadata["labels"] = {**(metadata.get("labels") or {}), **self.labels}
        if metadata.get("annotations"):
            metadata["annotations"] = self._annotations(metadata["annotations"])
        changed = {**obj, "metadata": metadata} if metadata else dict(obj)
        if "spec" in obj:
            changed["spec"] = self._places(self._spec(str(obj.get("kind", "")), obj["spec"]))
        if obj.get("kind") in ("RoleBinding", "ClusterRoleBinding"):
            changed["subjects"] = [self._subject(each) for each in obj.get("subjects") or ()]
        return changed

    def _spec(self, kind: str, spec: Any) -> Any:
        """With the host names and class of that kind; what makes no sense stays as it is."""
        return _with(spec, {key: partial(how, self) for key, how in _SPECS.get(kind, {}).items()})

    def _annotations(self, annotations: Json) -> Json:
        """With the namespaces in references: `default-strip@kubernetescrd`, `default/passwords`."""

        def placed(found: re.Match[str]) -> str:
            # `default-7-strip` is meant already where the learner's namespace is `default-7`.
            is_meant = found[0].startswith((f"{self.namespace}-", f"{self.namespace}/"))
            return found[0] if is_meant else f"{self.namespace}{found[1]}"

        return {
            key: _REFERENCE.sub(placed, text) if isinstance(text, str) else text
            for key, text in annotations.items()
        }

    def _places(self, value: Any) -> Any:
        """With the namespace in the place of every `namespace: default` inside."""
        if isinstance(value, list):
            return [self._places(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            key: self.namespace if (key, each) == ("namespace", HOME) else self._places(each)
            for key, each in value.items()
        }

    def _subject(self, subject: Json) -> Json:
        if subject.get("namespace") != HOME:
            return subject
        return {**subject, "namespace": self.namespace}


WHOLE = Tenancy()
"""A cluster of one's own."""


def renamed(url: str, rename: Callable[[str], str]) -> str:
    """The URL with another name for its host; user, port and all else stay, and what is no URL.

    Its scheme may be left out.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return url
    if not host or rename(host) == host:
        return url
    user = parts.netloc.rpartition("@")[0]
    place = f"{user}@" if user else ""
    netloc = f"{place}{rename(host)}" + (f":{port}" if port else "")
    changed = urlunsplit(parts._replace(netloc=netloc))
    return changed if "://" in url else changed.removeprefix("http://")


def renamed_headers(headers: Mapping[str, str], rename: Callable[[str], str]) -> dict[str, str]:
    """A request's headers with another name in Host; its port stays."""
    return {
        key: renamed(value, rename) if key.lower() == "host" else value
        for key, value in headers.items()
    }


def _is_below(name: str, domain: str) -> bool:
    name, domain = name.lower().rstrip("."), domain.lower()
    return name == domain or name.endswith(f".{domain}")


def _with(value: Any, changes: Mapping[str, Callable[[Any], Any]]) -> Any:
    """A mapping with some of its members changed; anything else as it is."""
    if not isinstance(value, dict):
        return value
    return {key: changes[key](each) if key in changes else each for key, each in value.items()}


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    """A list with each item changed; anything else as it is."""
    return [change(each) for each in value] if isinstance(value, list) else value


def _host(tenancy: Tenancy, value: Any) -> Any:
    return tenancy.host(value) if isinstance(value, str) else value


def _hosts(tenancy: Tenancy, value: Any) -> Any:
    return _each(value, partial(_host, tenancy))


def _members(key: str, change: Callable[[Tenancy, Any], Any]) -> Callable[[Tenancy, Any], Any]:
    """A change of one member of each item of a list."""

    def changed(tenancy: Tenancy, value: Any) -> Any:
        return _each(value, lambda item: _with(item, {key: partial(change, tenancy)}))

    return changed


def _class(tenancy: Tenancy, value: Any) -> Any:
    return tenancy.ingress_class if value == CLASS else value


def _match(tenancy: Tenancy, value: Any) -> Any:
    """A matcher of Traefik's own kinds: host names stand inside `Host(`…`)`."""

    def quoted(found: re.Match[str]) -> str:
        return f"{found[1]}{tenancy.host(found[2])}{found[3]}"

    def matcher(found: re.Match[str]) -> str:
        return f"{found[1]}({_QUOTED.sub(quoted, found[2])})"

    return _MATCHER.sub(matcher, value) if isinstance(value, str) else value


_SPECS: dict[str, dict[str, Callable[[Tenancy, Any], Any]]] = {
    "Ingress": {
        "ingressClassName": _class,
        "rules": _members("host", _host),
        "tls": _members("hosts", _hosts),
    },
    "HTTPRoute": {"hostnames": _hosts},
    "Gateway": {"listeners": _members("hostname", _host)},
    "IngressRoute": {"routes": _members("match", _match)},
    "IngressRouteTCP": {"routes": _members("match", _match)},
}
"""The members of each kind's spec that hold host names or a class, and how they change."""
_PLURALS = {
    "ingresses": "Ingress",
    "httproutes": "HTTPRoute",
    "gateways": "Gateway",
    "ingressroutes": "IngressRoute",
    "ingressroutetcps": "IngressRouteTCP",
}
