"""Exercises of the lesson 'Run several controllers side by side'."""

from labsupport.exercises.doors import Door, Doors
from labsupport.exercises.exercise import NOBODY, Attempt, Exercise, WrongAnswer
from labsupport.exercises.manifest import ingress

_LESSON = "10-several-controllers"
_WIKI, _CAFE, _DESK, _SHOP = (f"{name}.example.com" for name in ("wiki", "cafe", "desk", "shop"))
_WIKI_RULES = {_WIKI: ["Prefix / -> kiada"]}
_DESK_RULES = {_DESK: ["Prefix / -> quote"]}
_STAFF = ingress(
    "cafe-staff",
    {_CAFE: ["Prefix / -> kiada", "Prefix /quote -> quote"]},
    ingress_class="internal",
)
_GUESTS = ingress("cafe-guests", {_CAFE: ["Prefix /quote -> quote"]}, ingress_class="public")
_OPEN = ingress("cafe-guests", {_CAFE: ["Prefix / -> quote"]}, ingress_class="public")
_DESK_INSIDE = ingress("desk", _DESK_RULES, ingress_class="internal")

_PARAMETERS = """\
apiVersion: lab.example.com/v1
kind: IngressParameters
metadata: {name: express}
spec:
  responseHeaders: {X-Door: express}
---
"""
_EXPRESS = """\
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: express}
spec:
  controller: lab.example.com/ingress-controller
"""
_NAMED = """\
  parameters: {apiGroup: lab.example.com, kind: IngressParameters, name: express, scope: Cluster}
"""

EXERCISES = (
    Exercise(
        "the-inner-door-only",
        _LESSON,
        "The inner door only",
        Doors(
            (
                Door("internal", f"http://{_WIKI}/", "kiada"),
                Door("traefik", f"http://{_WIKI}/", NOBODY),
            )
        ),
        start=Attempt(ingress("wiki", _WIKI_RULES), apps=("traefik-internal",)),
        reference=Attempt(ingress("wiki", _WIKI_RULES, ingress_class="internal")),
        wrong=(
            WrongAnswer(
                "the controller's name for the class",
                Attempt(ingress("wiki", _WIKI_RULES, ingress_class="traefik-internal")),
                "names the class traefik-internal, which does not exist",
            ),
            WrongAnswer(
                "a second Ingress beside the first",
                Attempt(ingress("wiki-inside", _WIKI_RULES, ingress_class="internal")),
                "It has the class traefik, so Traefik serves it.",
            ),
        ),
    ),
    Exercise(
        "two-doors-two-sites",
        _LESSON,
        "Two doors, two sites",
        Doors(
            (
                Door("internal", f"http://{_CAFE}/", "kiada"),
                Door("internal", f"http://{_CAFE}/quote", "quote"),
                Door("public", f"http://{_CAFE}/quote", "quote"),
                Door("public", f"http://{_CAFE}/", NOBODY),
            )
        ),
        start=Attempt(apps=("traefik-internal", "traefik-public")),
        reference=Attempt(f"{_STAFF}---\n{_GUESTS}"),
        wrong=(
            WrongAnswer(
                "two Ingresses of one name",
                Attempt(f"{_STAFF}---\n{_GUESTS}".replace("cafe-guests", "cafe-staff")),
                "has the class public, and this Traefik serves only internal",
            ),
            WrongAnswer(
                "guests see everything",
                Attempt(f"{_STAFF}---\n{_OPEN}"),
                "It has the class public, so traefik-public serves it.",
            ),
        ),
    ),
    Exercise(
        "a-name-for-the-inner-door",
        _LESSON,
        "A name for the inner door",
        Doors(
            (
                Door("internal", f"http://{_DESK}/quote", "quote", by_name=True),
                Door("traefik", f"http://{_DESK}/quote", NOBODY),
            )
        ),
        start=Attempt(_DESK_INSIDE, apps=("traefik-internal",)),
        reference=Attempt(names=(f"{_DESK}@internal",)),
        wrong=(
            WrongAnswer(
                "the first controller's address",
                Attempt(names=(_DESK,)),
                "The Ingress is served at another address, by traefik-internal",
            ),
            WrongAnswer(
                "the class goes with the name",
                Attempt(ingress("desk", _DESK_RULES), names=(f"{_DESK}@internal",)),
                "has the class traefik, and this Traefik serves only internal",
            ),
        ),
    ),
    Exercise(
        "a-class-of-your-own",
        _LESSON,
        "A class of your own",
        Doors((Door("lab", f"http://{_SHOP}/", "kiada", headers={"X-Door": "express"}),)),
        start=Attempt(
            ingress("shop", {_SHOP: ["Prefix / -> kiada"]}, ingress_class="express"),
            apps=("lab-controller",),
        ),
        reference=Attempt(_PARAMETERS + _EXPRESS + _NAMED),
        wrong=(
            WrongAnswer(
                "another controller's class",
                Attempt(_EXPRESS.replace("lab.example.com", "traefik.io")),
                "belongs to traefik.io/ingress-controller",
            ),
            WrongAnswer(
                "a class without parameters",
                Attempt(_EXPRESS),
                "Let it name parameters of kind IngressParameters.",
            ),
        ),
    ),
)
