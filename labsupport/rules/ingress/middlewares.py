"""Traefik's middlewares, as far as they decide whether a rule counts."""

from collections.abc import Iterable

from labsupport.base.types import Json
from labsupport.rules.ingress.annotations import PREFIX
from labsupport.rules.ingress.route import namespace_of

ANNOTATION = f"{PREFIX}middlewares"
_PROVIDER = "@kubernetescrd"


def named_middlewares(ingress: Json) -> list[str]:
    """The middlewares that the Ingress asks for: `namespace-name@kubernetescrd`."""
    annotations = ingress["metadata"].get("annotations") or {}
    return [each.strip() for each in str(annotations.get(ANNOTATION) or "").split(",") if each]


def without_known_middlewares(
    ingresses: Iterable[Json], middlewares: Iterable[Json] | None
) -> list[Json]:
    """The Ingresses without their wish for middlewares where each of those exists.

    A middleware changes what is answered, not which rule takes a request; one that does not exist
    keeps its rules from working, which is for the profile to say. With `middlewares` None (not
    known) each is taken to exist.
    """
    known = None if middlewares is None else {_reference(each) for each in middlewares}
    return [
        _without(each) if known is None or set(named_middlewares(each)) <= known else each
        for each in ingresses
    ]


def _reference(middleware: Json) -> str:
    return f"{namespace_of(middleware)}-{middleware['metadata']['name']}{_PROVIDER}"


def _without(ingress: Json) -> Json:
    if not named_middlewares(ingress):
        return ingress
    metadata = ingress["metadata"]
    kept = {key: value for key, value in metadata["annotations"].items() if key != ANNOTATION}
    return {**ingress, "metadata": {**metadata, "annotations": kept}}
