"""Hop 5: a rule of the host takes the path."""

from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.findings import Broken, Finding, Fine, Remedy, patch
from labsupport.rules.diagnosis.host import not_by_ingress
from labsupport.rules.diagnosis.words import listed
from labsupport.rules.ingress import Candidate, Route


def judge(case: Case) -> Finding:
    """Whether a rule for the host, of whatever class, takes the path too."""
    if unused := not_by_ingress(case):
        return unused
    if case.meant is not None:
        return Fine(f"{_words(case.meant)} of Ingress {case.meant.ingress} takes {_path(case)}")
    if case.from_application:
        return Fine(f"no rule of an Ingress takes {_path(case)}; the proxy has one of its own")
    return missing(case, [each for each in case.about_host if each.verdict == "path"])


def missing(case: Case, rules: list[Candidate], *, sure: bool = True) -> Broken:
    """No rule of the host takes the path: the nearest one, and how to make it fit."""
    path = _path(case)
    found = listed(f"{_words(each.route)} (Ingress {each.route.ingress})" for each in rules)
    saw = f"no rule for {case.request.host} takes {path}; its paths: {found}"
    expected = f"a rule whose path takes {path}"
    if not rules:
        why = "the Ingress has no paths for this host"
        return Broken("path-mismatch", saw, expected, why, (_see(),), sure)
    near = max(rules, key=lambda each: _alike(each.route.path, path))
    return Broken("path-mismatch", saw, expected, near.reason, _mends(near.route, path), sure)


def _mends(route: Route, path: str) -> tuple[Remedy, ...]:
    """Making the rule wider, by its type or its path."""
    rule, position = route.position
    pointer = f"/spec/rules/{rule}/http/paths/{position}"
    place = f"in Ingress {route.ingress}"
    below = path == route.path or path.startswith(f"{route.path.rstrip('/')}/")
    if route.path_type == "Exact" and below:
        command = patch("ingress", route.namespace, route.name, f"{pointer}/pathType", "Prefix")
        return (Remedy(f"{place}, write pathType: Prefix, which takes what is below too", command),)
    first = "/" + path.strip("/").split("/")[0]
    command = patch("ingress", route.namespace, route.name, f"{pointer}/path", first)
    return (Remedy(f"{place}, write path: {first}, or add a path for it", command),)


def _see() -> Remedy:
    return Remedy("see the rules", "kubectl describe ingress -A")


def _words(route: Route) -> str:
    return f"{route.path_type} {route.path}".strip() if route.path else "every path"


def _path(case: Case) -> str:
    return case.request.path


def _alike(one: str, other: str) -> int:
    """How many letters two paths begin with in common, whatever their case."""
    pairs = zip(one.lower(), other.lower(), strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
