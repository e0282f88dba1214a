"""What the lab made on a cluster of others: found by its label, and removed."""

import time
from collections.abc import Iterator

from labsupport.base.errors import WaitTimeout
from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.kube.kinds import Kind
from labsupport.rules.status import StatusError

LABEL = "ingress-lab.example.com/lab"
"""On every object that a lab makes on a cluster of others; its value tells which lab."""

_NOT_OURS = ("pods", "replicasets", "endpointslices", "endpoints", "events")
"""Kinds whose objects others make out of ours, with copied labels; they go with those."""
_LAST = ("customresourcedefinitions", "namespaces")
_GONE_WITHIN = 120.0  # seconds; a namespace takes its time
_PAUSE = 0.2


def belongings(api: Api, lab: str) -> list[tuple[Kind, Json]]:
    """The labelled objects of every kind that may be listed, in the order to delete them."""
    found = [(kind, obj) for kind in _kinds(api) for obj in _labelled(api, kind, lab)]
    inside = {obj["metadata"]["name"] for kind, obj in found if kind.plural == "namespaces"}
    rest = [each for each in found if each[1]["metadata"].get("namespace") not in inside]
    return sorted(rest, key=lambda each: each[0].plural in _LAST)


def label_of(kind: Kind, obj: Json) -> str:
    """`ingress.networking.k8s.io/kiada in namespace learner7`."""
    metadata = obj["metadata"]
    place = f" in namespace {metadata['namespace']}" if metadata.get("namespace") else ""
    whole = " with all that is in it" if kind.plural == "namespaces" else ""
    return f"{kind.label}/{metadata['name']}{place}{whole}"


def remove(api: Api, found: list[tuple[Kind, Json]]) -> None:
    """Delete the objects, and wait until all are gone. WaitTimeout names those that stay."""
    for kind, obj in found:
        metadata = obj["metadata"]
        try:
            api.delete(
                f"{kind.plural}.{kind.group}", metadata["name"], metadata.get("namespace", "")
            )
        except StatusError as error:
            if error.code != 404:
                raise
    end = time.monotonic() + _GONE_WITHIN
    while left := [each for each in found if _is_there(api, *each)]:
        if time.monotonic() > end:
            raise WaitTimeout(
                f"some of the lab's objects are not gone after {_GONE_WITHIN:g} s",
                found=", ".join(label_of(*each) for each in left[:5]),
                remedy="wait, then again: ./lab down --delete",
            )
        time.sleep(_PAUSE)


def _kinds(api: Api) -> Iterator[Kind]:
    """Each kind once, by its first version; those that can't be listed or deleted answer 403."""
    met = set()
    for kind in api.kinds():
        name = (kind.group, kind.plural)
        if name not in met and kind.plural not in _NOT_OURS:
            met.add(name)
            yield kind


def _labelled(api: Api, kind: Kind, lab: str) -> list[Json]:
    word = f"{kind.plural}.{kind.group}"
    try:
        return api.list(word, None, selector=f"{LABEL}={lab}")
    except StatusError as error:
        if error.code not in (403, 404, 405):
            raise
        return []


def _is_there(api: Api, kind: Kind, obj: Json) -> bool:
    metadata = obj["metadata"]
    try:
        live = api.get(
            f"{kind.plural}.{kind.group}", metadata["name"], metadata.get("namespace", "")
        )
    except StatusError as error:
        if error.code in (403, 404):
            return False
        raise
    return bool(live["metadata"]["uid"] == metadata["uid"])
