"""What is wrong with the controllers and the Ingresses they serve, one sentence each.

Each says what happened and what to do. What heals by itself is told too, as long as it is fresh.
"""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from labsupport.base.errors import LabError
from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.kube.manifests import objects
from labsupport.manifests import documents
from labsupport.rules.diagnosis.workloads import ending
from labsupport.rules.ingress.classes import class_annotation, class_field
from labsupport.rules.ingress.route import default_backend, name_of, namespace_of, routes_of
from labsupport.rules.ingress.traefik_nginx import shares_only
from labsupport.rules.status import StatusError
from labsupport.session.controller import FIRST, Controller
from labsupport.session.controller_events import by_object, in_words
from labsupport.session.controller_view_objects import served

if TYPE_CHECKING:
    from labsupport.session.lab import Lab

_FRESH = 60  # seconds for which a passing trouble is told of
_PATIENCE = 0.3  # seconds that a proxy gets to follow a change
_FORBIDDEN = 403
_CUSTOM_KINDS = "traefik-crds"
_LOG_LINES = 2000

# A line of client-go's, the library by which controllers watch: not in Traefik's own format.
_REFLECTOR = re.compile(
    r'^[EWI]\d{4} .*?reflector\.go:\d+\] ("(?:Failed to|Warning: watch ended with error).*)$'
)
_WATCHED = re.compile(r'type="\*?([\w.]+)"')
_TEXT = r'"((?:[^"\\]|\\.)*)"'
_ERROR = re.compile(rf"\b(?:err|error)={_TEXT}")


def lab_problems(lab: "Lab") -> list[str]:
    """What is wrong with any controller, and which Ingresses nobody serves or chance decides."""
    # One may serve several classes: it is asked once.
    controllers = list({each.name: each for each in lab.controllers.values()}.values())
    found = [text for each in controllers for text in each.problems()]
    return [*found, *_of_classes(lab, controllers), *_of_rules(lab, controllers)]


def controller_problems(api: Api, controller: Controller) -> list[str]:
    """What is wrong with one controller; when it does not run, that only."""
    if down := _not_running(controller):
        return [down]
    own_kinds = controller.installation.custom_kinds
    missing = _missing_kinds(api, controller) if own_kinds else []
    found = [*_restarts(controller), *missing, *_lost_watches(controller)]
    if controller.proxy != "Traefik":
        return [*found, *_lasting(lambda: _rejected(api, controller))]
    try:
        own_kinds = own_kinds and not missing  # else it is clear why none of them works
        return [*found, *_lasting(lambda: _unusable(api, controller, own_kinds))]
    except LabError as error:
        return [*found, f"{controller.title}'s own API does not answer: {error.what}"]


def _lasting(look: Callable[[], list[str]]) -> list[str]:
    """What two looks see: between a change and the proxy's following it lies a moment."""
    if not (first := look()):
        return []
    time.sleep(_PATIENCE)
    return [text for text in look() if text in first]


# The controller's Pods


def _not_running(controller: Controller) -> str:
    ready = [pod for pod in controller.pods() if _is_ready(pod)]
    if ready:
        return ""
    return (
        f"{controller.title} has no ready Pod: nobody serves class {controller.ingress_class}; "
        f"see why: kubectl -n {controller.namespace} describe pods"
    )


def _is_ready(pod: Json) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _restarts(controller: Controller) -> Iterator[str]:
    """Containers that ended a short while ago and were started again."""
    for pod in controller.pods():
        for status in pod.get("status", {}).get("containerStatuses", ()):
            ended = status.get("lastState", {}).get("terminated")
            if not ended or (ago := _seconds_since(ended.get("finishedAt"))) > _FRESH:
                continue
            yield (
                f"{controller.title} ended {ending(ended)} {ago:.0f} s ago, was started again, and "
                "has read everything anew; what it said before: "
                f"kubectl -n {controller.namespace} logs {pod['metadata']['name']} --previous"
            )


def _seconds_since(moment: str | None) -> float:
    if not moment:
        return float("inf")
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()


# What it watches


def _missing_kinds(api: Api, controller: Controller) -> list[str]:
    """Kinds of Traefik's own that the cluster lacks: then it heeds none of them."""
    try:
        held = api.list("customresourcedefinitions")
    except StatusError as error:
        if error.code == _FORBIDDEN:  # a learner on a shared cluster need not see them
            return []
        raise
    there = {crd["metadata"]["name"] for crd in held}
    wanted = {crd["metadata"]["name"] for crd in objects(documents(_CUSTOM_KINDS))}
    return [
        f"{controller.title}'s kind {name} is gone: Traefik waits for it when it starts, and heeds "
        "none of its own kinds until then; put it back: ./lab up"
        for name in sorted(wanted - there)
    ]


def _lost_watches(controller: Controller) -> list[str]:
    """Kinds whose watch failed in the last minute, by the client library's lines in the log."""
    failed: dict[str, str] = {}
    for line in controller.log(seconds=_FRESH):
        if said := _REFLECTOR.match(line):
            kind, error = _WATCHED.search(said[1]), _ERROR.search(said[1])
            failed[kind[1] if kind else ""] = _unquoted(error[1]) if error else said[1]
    if not failed:
        return []
    *_, last = failed.values()
    kinds = ", ".join(sorted(each.rpartition(".")[2] for each in failed if each))
    return [
        f"{controller.title} could not watch {kinds or 'a kind'} within the last {_FRESH} s: "
        f"{last}. It goes on with what it knew, and tries again by itself, 30 s later at most"
    ]


# What it can't use


def _unusable(api: Api, controller: Controller, own_kinds: bool) -> list[str]:
    """Routers that do not work, and rules that are left out, each with the proxy's reason."""
    routers = controller.routers().objects
    tcp = [each for each in controller.ask("/api/tcp/routers") if each["provider"] != "internal"]
    found = [text for router in (*routers, *tcp) for text in _disabled(controller, router)]
    made = {(_origin(router), router.get("rule", "")) for router in routers}
    log: list[str] | None = None
    for obj, rule in _wanted(api, controller, own_kinds):
        place = f"{obj['kind']} {name_of(obj)}"
        if not any(place == other and rule in ("", text) for other, text in made):
            log = controller.log(tail=_LOG_LINES) if log is None else log
            found.append(_left_out(controller, obj, rule, log))
    return list(dict.fromkeys(found))


def _wanted(api: Api, controller: Controller, own_kinds: bool) -> Iterator[tuple[Json, str]]:
    """The objects of which the controller should make a router, and its rule where they say it."""
    classes = controller.classes()
    for ingress in api.list("ingresses"):
        if class_field(ingress) not in classes or shares_only(ingress, controller.profile):
            continue
        if list(routes_of(ingress)) or default_backend(ingress):
            yield ingress, ""
    for each in _own_routes(api) if own_kinds else ():
        if (class_annotation(each) or FIRST.ingress_class) == controller.ingress_class:
            for route in each.get("spec", {}).get("routes", ()):
                yield each, str(route.get("match", ""))


def _own_routes(api: Api) -> list[Json]:
    """The IngressRoutes, where they are ours to see."""
    try:
        return api.list("ingressroutes")
    except StatusError as error:
        if error.code != _FORBIDDEN:
            raise
        return []


def _disabled(controller: Controller, router: Json) -> Iterator[str]:
    if router.get("status") == "enabled":
        return
    errors = router.get("error") or ["it does not say why"]
    yield (
        f"{_origin(router)}: {controller.title} has no use for the rule {router.get('rule', '')}: "
        f"{errors[0]}"
    )


def _origin(router: Json) -> str:
    """The object that a router was made from: `Ingress default/kiada`."""
    metadata = (router.get("observability") or {}).get("metadata") or {}
    found = metadata.get("ingress") or {}
    if not found:
        return f"router {router.get('name', '')}"
    return f"{found.get('kind')} {found.get('namespace')}/{found.get('name')}"


def _left_out(controller: Controller, obj: Json, rule: str, log: list[str]) -> str:
    """What the proxy makes no router of, and the last that its log says of the object."""
    name, space = re.escape(obj["metadata"]["name"]), re.escape(namespace_of(obj))
    about = re.compile(rf'ingress="?(?:{space}/)?{name}[" ].*namespace={space}\b')
    lines = [line for line in log if " ERR " in line and about.search(line)]
    place = f"{obj['kind']} {name_of(obj)}"
    what = f"leaves out the rule {rule}" if rule else "leaves it out whole"
    if not lines:
        return (
            f"{place}: {controller.title} {what}, and its log does not say why: most likely it has "
            "not heard of it, for a cut watch is taken up again without a word"
        )
    event = lines[-1].split(" ERR ", 1)[1]
    error = _ERROR.search(event)
    said = event.split("error=")[0].strip()
    parts = filter(None, (said, _unquoted(error[1]) if error else ""))
    return f"{place}: {controller.title} {what}; its log says: {': '.join(parts)}"


def _rejected(api: Api, controller: Controller) -> list[str]:
    """What the controller's Events warn of; Ingresses of which it says the same stand together.

    A proxy that refuses its configuration is said of every Ingress: no change of any reaches it.
    """
    places: dict[str, list[str]] = {}
    events = by_object(api, controller)
    for ingress in served(api, controller):
        event = events.get(ingress["metadata"]["uid"])
        if event and event.get("type") == "Warning":
            places.setdefault(in_words(event), []).append(f"Ingress {name_of(ingress)}")
    return [f"{', '.join(each)}: {controller.title} says {said}" for said, each in places.items()]


def _unquoted(text: str) -> str:
    return text.replace('\\"', '"')


# Classes, and rules that say the same


def _of_classes(lab: "Lab", controllers: list[Controller]) -> Iterator[str]:
    """Ingresses that no controller serves, and parameters that nobody reads."""
    classes = {each["metadata"]["name"]: each for each in lab.objects("ingressclasses")}
    for ingress in lab.objects("ingresses", namespace=None):
        if any(
            each.rules_profile.refusal(ingress, classes, each.rules_profile.controller) is None
            for each in controllers
        ):
            continue
        name = class_field(ingress)
        place = f"Ingress {name_of(ingress)}"
        if name is None:
            yield f"{place} names no class: nobody serves it"
        elif name not in classes:
            there = ", ".join(sorted(classes)) or "none"
            yield f"{place} names the class {name}, which does not exist; there are: {there}"
        else:
            owner = classes[name]["spec"].get("controller", "")
            yield f"{place} has the class {name} of {owner}, and no such controller runs here"
    for name, each in classes.items():
        by_traefik = any(c.proxy == "Traefik" and c.installation.serves(each) for c in controllers)
        if by_traefik and each["spec"].get("parameters"):
            yield f"IngressClass {name} has parameters, which Traefik never reads"


def _of_rules(lab: "Lab", controllers: list[Controller]) -> list[str]:
    """Rules and default backends of which only chance says which counts."""
    from labsupport.session.explaining import live_rules

    found = [
        warning.message
        for each in controllers
        for warning in live_rules(lab, each.rules_profile).warnings()
        if warning.code in ("same-rule-twice", "several-defaults")
    ]
    return list(dict.fromkeys(found))
