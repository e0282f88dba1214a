"""What a controller says of Ingresses, in the Events that it writes about them."""

from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.kube.wait import until_nothing_missing
from labsupport.session.controller import Controller

_TIMEOUT = 10.0  # seconds


def by_object(api: Api, controller: Controller) -> dict[str, Json]:
    """The controller's newest Event about each object, by the object's uid."""
    written = sorted(
        (
            each
            for each in api.list("events")
            if (each.get("source") or {}).get("component") == controller.name
        ),
        key=lambda each: (each.get("lastTimestamp") or "", each["metadata"]["name"]),
    )
    return {each["involvedObject"]["uid"]: each for each in written}


def in_words(event: Json | None) -> str:
    """`Sync: Caddy serves it`; "" for none."""
    return f"{event['reason']}: {event['message']}" if event else ""


def newest(api: Api, controller: Controller, ingress: Json) -> str:
    """The newest Event about an Ingress, in words."""
    return in_words(by_object(api, controller).get(ingress["metadata"]["uid"]))


def waited_for(api: Api, controller: Controller, ingress: Json, reason: str) -> str:
    """The newest Event about an Ingress, once it has the reason; WaitTimeout after 10 s."""
    found = ""

    def lacks() -> list[str]:
        nonlocal found
        found = newest(api, controller, ingress)
        return [] if found.startswith(f"{reason}: ") else [found or "no Event"]

    name = ingress["metadata"]["name"]
    what = f"{controller.title} to say {reason} of the Ingress {name}"
    until_nothing_missing(lacks, what=what, timeout=_TIMEOUT)
    return found
