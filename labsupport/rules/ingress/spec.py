"""The profiles `spec` and `lab`: Kubernetes' own words.

Sources: the comments of `networking/v1` types.go (v0.36) and the concept page on Ingress. Where
both are silent this profile decides, and says so: `ImplementationSpecific` is read as Prefix; a
rule of a less specific host takes a request that no path of a more specific host matches; of two
equal rules the older Ingress wins, then the lower name. `spec` takes a path as it was sent; `lab`
decodes it first, as any proxy does.
"""

from collections.abc import Sequence
from dataclasses import replace

from labsupport.base.types import Json
from labsupport.rules.ingress.certificates import by_hosts, by_hosts_then_names
from labsupport.rules.ingress.classes import by_class
from labsupport.rules.ingress.entry import Default, Entry, Unusable
from labsupport.rules.ingress.pattern import PathPattern
from labsupport.rules.ingress.profile import BY_NAME, Criterion, Profile, said
from labsupport.rules.ingress.route import (
    Route,
    created_at,
    default_backend,
    name_of,
    routes_of,
)
from labsupport.rules.ingress.routing_path import decoded_path
from labsupport.rules.ingress.targets import Directory

_NOBODY = Unusable(
    "no backend", "it matches, but lists no paths, and its Ingress has no default backend"
)


def entries(ingresses: Sequence[Json], directory: Directory) -> list[Entry]:
    """Every route as the specification reads it. A missing Service is an answer of 503."""
    return [_entry(route) for ingress in ingresses for route in routes_of(ingress)]


def _entry(route: Route) -> Entry:
    unusable = _NOBODY if route.backend is None else None
    return Entry(route, specified_pattern(route), unusable=unusable)


def specified_pattern(route: Route) -> PathPattern:
    """The route's path, element by element but for Exact ones."""
    if not route.path:
        return PathPattern("every")
    return PathPattern("exact" if route.path_type == "Exact" else "elements", route.path)


def defaults(ingresses: Sequence[Json], directory: Directory) -> list[Default]:
    """Every default backend, the oldest Ingress's first."""
    found = [
        Default(name_of(ingress), created_at(ingress), backend)
        for ingress in ingresses
        if (backend := default_backend(ingress)) is not None
    ]
    return sorted(found, key=lambda each: (each.created, each.ingress))


def _host_rank(entry: Entry) -> tuple[int, str]:
    # Two hosts of one rank never match the same request; their text only keeps them together.
    host = entry.route.host
    if not host:
        return 2, ""
    return (1 if host.startswith("*.") else 0), host


SPEC = Profile(
    name="spec",
    about="Kubernetes' own words: host first, exact over wildcard, longest path, Exact over Prefix",
    refusal=by_class,
    controller="",
    entries=entries,
    defaults=defaults,
    criteria=(
        Criterion(said("its host is more specific"), _host_rank),
        Criterion(said("its path is longer"), lambda entry: -len(entry.route.path)),
        Criterion(said("Exact goes before Prefix"), lambda entry: entry.route.path_type != "Exact"),
        Criterion(said("its Ingress is older"), lambda entry: entry.route.created, specified=False),
        *BY_NAME,
    ),
    certificate=by_hosts,
)

LAB = replace(
    SPEC,
    name="lab",
    about="the lab's own controller: the specification, by paths as Caddy decodes them",
    certificate=by_hosts_then_names,
    path=decoded_path,
)
