"""What becomes of each annotation of an object, with the controller that serves it."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from labsupport.base.types import Json
from labsupport.rules.annotations import nginx, traefik
from labsupport.rules.ingress.annotations import router_settings

Verdict = Literal["understood", "ignored", "breaks"]
_NUMBERED = re.compile(r"\.\d+\.|\[\d+\]\.?")


@dataclass(frozen=True)
class Judgement:
    """One annotation: understood, ignored without a word, or the object is left out for it."""

    key: str
    value: str
    verdict: Verdict
    why: str


def judged(obj: Json, profile: str) -> list[Judgement]:
    """A judgement for each annotation of an Ingress or Service that is for some controller.

    `profile` is the serving controller's, of `rules.ingress`.
    """
    annotations = obj["metadata"].get("annotations") or {}
    found = []
    for key, value in sorted(annotations.items()):
        if not key.startswith((traefik.PREFIX, nginx.PREFIX)):
            continue
        verdict, why = _judged(obj, key, profile)
        found.append(Judgement(key, str(value), verdict, why))
    return found


def _judged(obj: Json, key: str, profile: str) -> tuple[Verdict, str]:
    if profile in ("traefik", "traefik-defaults") and key.startswith(traefik.PREFIX):
        return _by_traefik(obj, key)
    if profile == "traefik-nginx" and key.startswith(nginx.PREFIX):
        return _by_nginx(obj, key.removeprefix(nginx.PREFIX))
    return "ignored", "it is for another controller"


def _by_traefik(obj: Json, key: str) -> tuple[Verdict, str]:
    name = _NUMBERED.sub(".N.", key.removeprefix(traefik.PREFIX).lower())
    own, other = traefik.INGRESS, traefik.SERVICE
    here, there = "an Ingress", "a Service"
    if obj.get("kind") == "Service":
        own, other, here, there = other, own, there, here
    if name in own:
        fault = _fault_of(obj, key)
        return ("breaks", fault) if fault else ("understood", own[name])
    near = next(iter(get_close_matches(name, own, 1)), "")
    hint = f"; {near} is most likely meant" if near else ""
    if name in other:
        return "ignored", f"it belongs on {there}, not on {here}"
    if here == "an Ingress" and name.startswith("router."):
        return "breaks", f"no such annotation{hint}: Traefik leaves the whole Ingress out"
    return "ignored", f"no such annotation{hint}"


def _fault_of(obj: Json, key: str) -> str:
    """What is wrong with the value, as far as that shows in the Ingress alone."""
    alone = {**obj, "metadata": {**obj["metadata"], "annotations": {key: _value(obj, key)}}}
    settings = router_settings(alone)
    # Whether a middleware exists, the Ingress doesn't tell.
    return "" if "middleware" in settings.fault else settings.fault


def _value(obj: Json, key: str) -> str:
    return str(obj["metadata"]["annotations"][key])


def _by_nginx(obj: Json, name: str) -> tuple[Verdict, str]:
    if obj.get("kind") == "Service":
        return "ignored", "it belongs on an Ingress, not on a Service"
    if name in nginx.UNDERSTOOD:
        return "understood", "as ingress-nginx has it"
    if name in nginx.SNIPPETS:
        return "breaks", "raw nginx configuration: the whole Ingress is left out"
    if name in nginx.FIREWALL:
        return "ignored", "there is no such firewall in this Traefik; its log says so"
    if name in nginx.UNSUPPORTED:
        return "ignored", "ingress-nginx understood it; Traefik's nginx provider does not"
    near = next(iter(get_close_matches(name, nginx.UNDERSTOOD, 1)), "")
    return "ignored", "no such annotation" + (f"; {near} is most likely meant" if near else "")
