"""Paths of Ingress rules as path matches of HTTPRoutes."""

from collections.abc import Iterator

from labsupport.base.types import Json
from labsupport.rules.ingress import Route
from labsupport.rules.ingress.annotations import PREFIX

_REFUSED = ("//", "/./", "/../", "%2f", "%2F", "#")
_REFUSED_ENDS = ("/..", "/.")
_MATCHERS = {"Path": "Exact", "PathPrefix": "PathPrefix", "PathRegexp": "RegularExpression"}


def path_match(route: Route, annotations: Json) -> Json:
    """The `path` of an HTTPRouteMatch. ImplementationSpecific is a prefix, unless Traefik's
    annotation `router.pathmatcher` says otherwise."""
    kind = "Exact" if route.path_type == "Exact" else "PathPrefix"
    if route.path_type == "ImplementationSpecific":
        kind = _MATCHERS.get(str(annotations.get(f"{PREFIX}pathmatcher")), kind)
    return {"type": kind, "value": route.path or "/"}


def path_fault(path: str) -> str:
    """Why an HTTPRoute can't have the path (the rules of its CRD); "" when it can."""
    if not path.startswith("/"):
        return "it must begin with /"
    bad = [repr(each) for each in _REFUSED if each in path]
    bad += [f"{each!r} at the end" for each in _REFUSED_ENDS if path.endswith(each)]
    return f"it must not have {' or '.join(bad)}" if bad else ""


def taken_by_others(matches: list[Json]) -> Iterator[int]:
    """The positions of those path matches, all of one host, that an Ingress never comes to.

    Those said before; and of `/a` and `/a/`, which take the same paths, the shorter: Ingress puts
    the longer text first, even before an Exact `/a`, where HTTPRoutes put Exact first.
    """
    texts = {(each["type"], each["value"]): at for at, each in reversed(list(enumerate(matches)))}
    for at, each in enumerate(matches):
        kind, text = each["type"], each["value"]
        longer = kind != "RegularExpression" and ("PathPrefix", f"{text}/") in texts
        if texts[kind, text] != at or longer:
            yield at
