"""The profile `traefik`: the provider for Ingress of Traefik 3.7.15, as it really behaves.

It turns each path into a router with a rule like `Host("a.b") && PathPrefix("/c")`. The rule's
length is its priority, so that the longer *text* wins, not the more specific host or path; routers
of one priority are tried in an order that is drawn anew at every change. Names of routers come
from Ingress, host and path with all punctuation alike, so that two can collide.

Checked against the binary by `tests/differential`. Not read: the deprecated annotation
`router.rulesyntax`, and what middlewares do to a request.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from labsupport.base.types import Json
from labsupport.rules.ingress.annotations import PATH_MATCHERS, RouterSettings, router_settings
from labsupport.rules.ingress.certificates import by_names
from labsupport.rules.ingress.classes import (
    Classes,
    class_annotation,
    class_field,
    class_refusal,
    other_annotation,
    unset,
)
from labsupport.rules.ingress.decision import RuleWarning
from labsupport.rules.ingress.entry import Default, Entry, Unusable
from labsupport.rules.ingress.pattern import PathPattern
from labsupport.rules.ingress.profile import BY_NAME, Criterion, Profile
from labsupport.rules.ingress.route import (
    Backend,
    Route,
    created_at,
    default_backend,
    name_of,
    routes_of,
)
from labsupport.rules.ingress.routing_path import routing_path
from labsupport.rules.ingress.targets import Directory

CONTROLLER = "traefik.io/ingress-controller"


@dataclass(frozen=True)
class Options:
    """Settings of `providers.kubernetesingress` that change what is routed where."""

    strict_prefix_matching: bool
    allow_empty_services: bool


@dataclass(frozen=True)
class Router:
    """A route's name in Traefik, its rule, and what is to be matched."""

    name: str
    rule: str
    entry: Entry


def refusal(serving: str, ingress: Json, classes: Classes, controller: str) -> RuleWarning | None:
    """The field, or without it the old annotation, names the class `serving`.

    That is the option `ingressclass`. When it is "", every class of Traefik's own is served, and
    an Ingress without any.
    """
    name = class_field(ingress)
    if name is None:
        return _annotation_refusal(serving, ingress, classes)
    if classes is None:
        return None
    refused = class_refusal(ingress, name, classes, controller)
    if refused or serving in ("", name):
        return refused
    why = f"Ingress {name_of(ingress)} has the class {name}, and this Traefik serves only {serving}"
    return RuleWarning("class-other", why)


def _annotation_refusal(serving: str, ingress: Json, classes: Classes) -> RuleWarning | None:
    annotation = class_annotation(ingress)
    if annotation in (serving, serving or "traefik"):
        return None
    if annotation:
        return other_annotation(ingress, serving or "traefik")
    return None if classes is None else unset(ingress)


def entries(options: Options, ingresses: Sequence[Json], directory: Directory) -> list[Entry]:
    """The routers that Traefik makes of the Ingresses, and the routes of which it makes none."""
    found: list[tuple[str, Entry]] = []
    for ingress in ingresses:
        found += _named(_routers(ingress, options, directory))
    return without_rivals(found)


def without_rivals(named: Sequence[tuple[str, Entry]]) -> list[Entry]:
    """The entries; those whose router has the name of another's are unsure, for one is kept."""
    counts = Counter(name for name, entry in named if _makes_router(entry))
    return [
        replace(entry, unsure=_RIVAL) if entry.unusable is None and counts[name] > 1 else entry
        for name, entry in named
    ]


_RIVAL = "another rule's router has the same name, and Traefik keeps one of them"


def _makes_router(entry: Entry) -> bool:
    # One that does not work has a name all the same.
    return entry.unusable is None or entry.unusable.verdict == "disabled"


def _routers(ingress: Json, options: Options, directory: Directory) -> Iterator[Router]:
    settings = router_settings(ingress)
    for route in routes_of(ingress):
        pattern = _pattern(route, settings, options)
        rule = router_rule(route, pattern)
        name = normalized(f"{route.namespace}-{route.name}-{route.host}{route.path}")
        entry = Entry(
            route,
            pattern,
            settings.priority or len(rule.encode()),
            settings.schemes,
            unusable=_fault(route, rule, settings, options, directory),
        )
        yield Router(name, rule, entry)


def _named(routers: Iterable[Router]) -> list[tuple[str, Entry]]:
    """The entries of one Ingress by their final names; of two of one name the last is kept."""
    routers = list(routers)
    usable = [each for each in routers if each.entry.unusable is None]
    counts = Counter(each.name for each in usable)
    last = {(each.name, each.rule): each for each in usable}
    result = []
    for each in routers:
        final = each.name if counts[each.name] < 2 else f"{each.name} {each.rule}"
        entry = each.entry
        if entry.unusable is None and last[each.name, each.rule] is not each:
            why = "the same rule stands again further down in this Ingress; Traefik keeps the last"
            entry = replace(entry, unusable=Unusable("replaced", why))
        result.append((final, entry))
    return result


def _pattern(route: Route, settings: RouterSettings, options: Options) -> PathPattern:
    if not route.path:
        return PathPattern("every")
    matcher = _matcher(route, settings)
    if matcher == "Path":
        return PathPattern("exact", route.path)
    if matcher == "PathRegexp":
        return PathPattern("regex", route.path)
    return PathPattern("elements" if options.strict_prefix_matching else "characters", route.path)


def _matcher(route: Route, settings: RouterSettings) -> str:
    if route.path_type == "Exact":
        return "Path"
    open_to_choice = route.path_type in ("", "ImplementationSpecific")
    return (open_to_choice and settings.path_matcher) or "PathPrefix"


def router_rule(route: Route, pattern: PathPattern) -> str:
    """The rule as Traefik writes it, for example `Host("a.b") && PathPrefix("/c")`."""
    parts = [f"Host({quoted(route.host)})"] if route.host else []
    text = quoted(pattern.text)
    if pattern.reading == "exact":
        parts.append(f"Path({text})")
    elif pattern.reading == "regex":
        parts.append(f"PathRegexp({text})")
    elif pattern.reading == "characters" or pattern.text == "/":
        parts.append(f"PathPrefix({text})")
    elif pattern.reading == "elements":
        parts.append(
            f"(Path({quoted(pattern.prefix)}) || PathPrefix({quoted(pattern.prefix + '/')}))"
        )
    return " && ".join(parts)


def quoted(text: str) -> str:
    """A string as Go's `%q` writes it, which counts for the rule's length."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def normalized(name: str) -> str:
    """A router's name: letters and digits, all else as single hyphens."""
    return "-".join("".join(char if char.isalnum() else " " for char in name).split())


def _fault(
    route: Route, rule: str, settings: RouterSettings, options: Options, directory: Directory
) -> Unusable | None:
    """Why Traefik makes no working router of the route."""
    if settings.fault:
        return Unusable("disabled", settings.fault)
    if not route.path_type and not route.path:
        return Unusable("no backend", "the rule lists no paths, and Traefik ignores such rules")
    if route.backend is None or route.backend.resource is not None:
        what = "names no Service" if route.backend is None else "is a resource, not a Service"
        return Unusable("no backend", f"its backend {what}: Traefik leaves the path out")
    if not rule:
        return Unusable(
            "disabled", "it has neither host nor path: Traefik can't read an empty rule"
        )
    if not route.host.isascii():
        return Unusable("disabled", f"the host {route.host} is not ASCII, which Traefik refuses")
    matcher = _matcher(route, settings)
    if route.path and matcher not in PATH_MATCHERS:
        why = f"{matcher} is no path matcher; there are {', '.join(PATH_MATCHERS)}"
        return Unusable("disabled", why)
    if route.path and matcher != "PathRegexp" and not route.path.startswith("/"):
        return Unusable("disabled", f"the path {route.path} does not begin with a slash")
    missing = _missing(route.backend, options, directory)
    return Unusable("no backend", f"{missing}: Traefik leaves the path out") if missing else None


def _missing(backend: Backend, options: Options, directory: Directory) -> str:
    """Why Traefik makes no service of the backend; "" where it does."""
    code, why = directory.targets(backend).missing or ("", "")
    stays = code == "endpoints-ending" or (code == "no-endpoints" and options.allow_empty_services)
    return "" if stays else why


def defaults(options: Options, ingresses: Sequence[Json], directory: Directory) -> list[Default]:
    """The default backends of Ingresses without rules; next to rules Traefik ignores them.

    One whose router does not work still takes the place of the others.
    """
    found = []
    for ingress in ingresses:
        backend, settings = default_backend(ingress), router_settings(ingress)
        if backend is None or backend.resource or (ingress["spec"].get("rules") or settings.unread):
            continue
        if _missing(backend, options, directory):
            continue
        schemes: frozenset[str] = frozenset() if settings.fault else settings.schemes
        default = Default(name_of(ingress), created_at(ingress), backend, schemes)
        found.append(default)
    return sorted(found, key=lambda each: each.ingress)


def priority_words(first: Entry, second: Entry) -> str:
    """Why the first of two entries goes first."""
    return f"its rule's priority is higher, {first.priority} against {second.priority}"


def of_class(profile: Profile, serving: str) -> Profile:
    """A profile of Traefik's with the option `ingressclass`: it serves that one class."""
    return replace(profile, refusal=partial(refusal, serving))


def _profile(name: str, about: str, options: Options, serving: str = "") -> Profile:
    return Profile(
        name=name,
        about=about,
        refusal=partial(refusal, serving),
        controller=CONTROLLER,
        entries=partial(entries, options),
        defaults=partial(defaults, options),
        criteria=(Criterion(priority_words, lambda entry: -entry.priority), *BY_NAME),
        certificate=by_names,
        path=routing_path,
        condition="serving",
        external_names=False,
        random_ties=True,
    )


TRAEFIK = _profile(
    "traefik",
    "Traefik 3.7.15 with the lab's settings: longest rule text first, prefixes by elements",
    Options(strict_prefix_matching=True, allow_empty_services=True),
    serving="traefik",
)

TRAEFIK_DEFAULTS = _profile(
    "traefik-defaults",
    "Traefik 3.7.15 with its own defaults: prefixes letter by letter, empty Services left out",
    Options(strict_prefix_matching=False, allow_empty_services=False),
)
