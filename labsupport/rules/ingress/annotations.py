"""Traefik's annotations on an Ingress, as far as they change what is routed."""

from dataclasses import dataclass, replace

from labsupport.base.types import Json
from labsupport.rules.ingress.entry import BOTH, HTTP, HTTPS

PREFIX = "traefik.ingress.kubernetes.io/router."
ENTRY_POINTS = {"web": HTTP, "websecure": HTTPS}
"""The lab's entry points, each with the scheme it answers."""

PATH_MATCHERS = ("Path", "PathPrefix", "PathRegexp")
"""What `router.pathmatcher` may say; it counts for paths of type ImplementationSpecific only."""

_KNOWN = ("entrypoints", "middlewares", "priority", "pathmatcher", "rulesyntax", "tls")
_WITH_PARTS = ("tls.", "observability.")


@dataclass(frozen=True)
class RouterSettings:
    """What the annotations `router.*` ask for.

    `path_matcher` is "" where they leave it open, `priority` 0. With a `fault` Traefik makes no
    working router of any path of the Ingress; with `unread` ones it leaves the Ingress out.
    """

    priority: int = 0
    path_matcher: str = ""
    schemes: frozenset[str] = BOTH
    fault: str = ""
    unread: bool = False


def router_settings(ingress: Json) -> RouterSettings:
    """The settings in the Ingress's annotations."""
    annotations = ingress["metadata"].get("annotations") or {}
    found = {
        key.removeprefix(PREFIX).lower(): str(value)
        for key, value in annotations.items()
        if key.startswith(PREFIX)
    }
    return _settings(found) if found else _NONE


_NONE = RouterSettings()


def _settings(found: dict[str, str]) -> RouterSettings:
    settings = RouterSettings(schemes=_schemes(found))
    for key in found:
        if key not in _KNOWN and not key.startswith(_WITH_PARTS):
            why = f"Traefik knows no annotation {PREFIX}{key}"
            return replace(settings, fault=why, unread=True)
    if found.get("middlewares"):
        why = f"it asks for the middleware {found['middlewares']}, which this Traefik lacks"
        return replace(settings, fault=why)
    try:
        settings = replace(settings, priority=int(found.get("priority") or 0))
    except ValueError:
        why = f"the annotation {PREFIX}priority is {found['priority']!r}, which is no number"
        return replace(settings, fault=why, unread=True)
    if not settings.schemes:
        why = "no entry point of this Traefik fits its annotations"
        return replace(settings, fault=why)
    return replace(settings, path_matcher=found.get("pathmatcher", ""))


def _schemes(found: dict[str, str]) -> frozenset[str]:
    """What the routers answer on: with `router.tls` only on TLS connections."""
    names = [name.strip() for name in found.get("entrypoints", "").split(",") if name.strip()]
    schemes = frozenset[str]().union(
        *(ENTRY_POINTS.get(name, frozenset()) for name in names or ENTRY_POINTS)
    )
    tls = found.get("tls", "false").lower() == "true" or any(
        key.startswith("tls.") for key in found
    )
    return schemes - HTTP if tls else schemes
