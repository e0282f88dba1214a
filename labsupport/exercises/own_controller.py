"""Exercises of the lesson 'Write your own controller'."""

from collections.abc import Callable

from labsupport.base.types import Json
from labsupport.exercises.exercise import NOBODY, Attempt, Exercise, WrongAnswer
from labsupport.exercises.manifest import ingress
from labsupport.exercises.own_loop import Ask, Controls
from labsupport.exercises.pages import Page, Pages
from labsupport.session.bare_proxy import CLASS, BareProxy

_LESSON = "11-write-your-own-controller"
_NOTICE, _ATLAS, _ORCHARD, _FENCE = (
    f"{name}.example.com" for name in ("notice", "atlas", "orchard", "fence")
)
_SITE = """\
apiVersion: lab.example.com/v1
kind: StaticSite
metadata: {{name: {name}}}
spec:
  files: {{index.html: "<h1>{words}</h1>"}}
---
"""
_RESOURCE = "{{resource: {{apiGroup: lab.example.com, kind: StaticSite, name: {name}}}}}"
_SERVICE = "{service: {name: SITE, port: {number: 80}}}"


def _with_site(manifest: str, name: str) -> str:
    """The Ingress, with the StaticSite of that name where it has the Service SITE."""
    return manifest.replace(_SERVICE, _RESOURCE.format(name=name))


_CLOSED, _LOST = "Closed on Mondays", "You are lost"
_NOTICE_RULES = {_NOTICE: ["Prefix / -> SITE", "Prefix /quote -> quote"]}
_NOTICE_SITE = _SITE.format(name="notice", words=_CLOSED)
_NOTICE_OBJECTS = _NOTICE_SITE + _with_site(
    ingress("notice", _NOTICE_RULES, ingress_class="lab"), "notice"
)

_ATLAS_RULES = {_ATLAS: ["Prefix /quote -> quote"]}
_LOST_SITE = _SITE.format(name="lost", words=_LOST)
_BELOW_ITS_HOST = {_ATLAS: ["Prefix /quote -> quote", "Prefix / -> SITE"]}


def _reconcile(*, by_parts: bool, longest_first: bool) -> Callable[[BareProxy], None]:
    """A pass for the class `mine`: with or without what the exercise asks for beside the class."""

    def routes_of(proxy: BareProxy, found: Json) -> list[Json]:
        routes = []
        for rule in found["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                prefix = path["path"].rstrip("/")
                paths = [prefix or "/", f"{prefix}/*"] if by_parts else [f"{path['path']}*"]
                match = {"host": [rule["host"]], "path": paths}
                goal = {
                    "handler": "reverse_proxy",
                    "upstreams": proxy.pods(found, path["backend"]),
                }
                routes.append({"match": [match], "handle": [goal]})
        return routes

    def reconcile(proxy: BareProxy) -> None:
        routes: list[Json] = []
        for each in proxy.ingresses():
            if each["spec"].get("ingressClassName") == CLASS:
                routes += routes_of(proxy, each)
                proxy.report(each)
        if longest_first:
            routes.sort(key=lambda route: -len(route["match"][0]["path"][0]))
        proxy.configure(routes)

    return reconcile


EXERCISES = (
    Exercise(
        "a-page-without-a-pod",
        _LESSON,
        "A page without a pod",
        Pages(
            (Page(f"http://{_NOTICE}/", words=_CLOSED), Page(f"http://{_NOTICE}/quote", "quote"))
        ),
        start=Attempt(
            ingress("notice", {_NOTICE: ["Prefix / -> quote"]}, ingress_class="lab"),
            apps=("lab-controller",),
        ),
        reference=Attempt(_NOTICE_OBJECTS),
        wrong=(
            WrongAnswer(
                "the name of an object that is not there",
                Attempt(
                    _NOTICE_OBJECTS.replace(
                        "kind: StaticSite, name: notice", "kind: StaticSite, name: notices"
                    )
                ),
                "StaticSite notices: there is none",
            ),
            WrongAnswer(
                "the class of a controller that can't read it",
                Attempt(
                    _NOTICE_OBJECTS.replace("ingressClassName: lab", "ingressClassName: traefik")
                ),
                "has the class traefik, which belongs to traefik.io/ingress-controller",
            ),
        ),
    ),
    Exercise(
        "your-own-controller",
        _LESSON,
        "Your own controller",
        Controls(
            (
                Ask(f"http://{_ORCHARD}/", "kiada", "No route leads there, or not to its pods."),
                Ask(
                    f"http://{_ORCHARD}/quote",
                    "quote",
                    "Caddy tries routes in turn, and the route of / came first: it takes every "
                    "path. A longer path has to stand before a shorter one.",
                ),
                Ask(
                    f"http://{_ORCHARD}/quotes",
                    "kiada",
                    "Your route goes by letters: /quotes begins with /quote. Prefix goes by the "
                    "parts between slashes: /quote itself, and what is below /quote/.",
                ),
                Ask(
                    f"http://{_FENCE}/",
                    NOBODY,
                    "The Ingress fence has the class traefik, so another controller serves it. "
                    "Leave alone what is not of the class mine.",
                ),
            ),
            served="orchard",
            afterwards=Ask(
                f"http://{_ORCHARD}/",
                NOBODY,
                "The Ingress is gone, and its route is still there. Plan all routes anew in each "
                "pass, and keep none from the pass before.",
            ),
        ),
        start=Attempt(
            ingress(
                "orchard",
                {_ORCHARD: ["Prefix / -> kiada", "Prefix /quote -> quote"]},
                ingress_class=CLASS,
            )
            + "---\n"
            + ingress("fence", {_FENCE: ["Prefix / -> quote"]}),
            apps=("bare-proxy",),
        ),
        reference=Attempt(answer=(_reconcile(by_parts=True, longest_first=True),)),
        wrong=(
            WrongAnswer(
                "in the order of the Ingress",
                Attempt(answer=(_reconcile(by_parts=True, longest_first=False),)),
                "the route of / came first",
            ),
            WrongAnswer(
                "by letters",
                Attempt(answer=(_reconcile(by_parts=False, longest_first=True),)),
                "/quotes begins with /quote",
            ),
        ),
    ),
    Exercise(
        "nobody-gets-lost",
        _LESSON,
        "Nobody gets lost",
        Pages(
            (
                Page(f"http://{_ATLAS}/quote", "quote"),
                Page(f"http://{_ATLAS}/", words=_LOST),
                Page("http://nowhere.example.com/", words=_LOST),
            )
        ),
        start=Attempt(
            _LOST_SITE + ingress("atlas", _ATLAS_RULES, ingress_class="lab"),
            apps=("lab-controller",),
        ),
        reference=Attempt(
            _with_site(ingress("atlas", _ATLAS_RULES, default="SITE", ingress_class="lab"), "lost")
        ),
        wrong=(
            WrongAnswer(
                "a rule for all paths of the host",
                Attempt(_with_site(ingress("atlas", _BELOW_ITS_HOST, ingress_class="lab"), "lost")),
                "No rule is for the host nowhere.example.com",
            ),
            WrongAnswer(
                "a Service as the default",
                Attempt(ingress("atlas", _ATLAS_RULES, default="kiada", ingress_class="lab")),
                "the default backend takes it, and leads to Service kiada",
            ),
        ),
    ),
)
