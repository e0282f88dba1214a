"""`kubectl apply`, `create` and `delete` for objects at hand, with the lines kubectl prints."""

import json
from collections.abc import Iterable, Iterator, Sequence

from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.kube.merge import LAST_APPLIED, merged
from labsupport.kube.wait import until_nothing_missing
from labsupport.rules.status import StatusError

_TRIES = 5
_GONE_WITHIN = 60.0  # seconds; a pod has 30 to end


def applied(
    api: Api, objects: Iterable[Json], namespace: str = "default", *, dry_run: bool = False
) -> Iterator[str]:
    """Apply objects one by one; a line for each (`service/kiada created`).

    The three-way merge of `kubectl apply`, with its annotation, so that both can be mixed. With
    `dry_run` the server judges the same objects, and nothing changes.
    """
    suffix = " (server dry run)" if dry_run else ""
    for obj in objects:
        outcome = _apply(api, _placed(api, obj, namespace), dry_run)
        yield f"{_label(api, obj)} {outcome}{suffix}"


def create_missing(api: Api, objects: Sequence[Json], namespace: str = "default") -> list[str]:
    """Create the objects that are not there; those that are stay as somebody may have made them.

    Gives the labels of those created (`service/kiada`).
    """
    labels = []
    for obj in objects:
        try:
            api.create(_with_annotation(_placed(api, obj, namespace)), namespace)
        except StatusError as error:
            if error.reason != "AlreadyExists":
                raise
        else:
            labels.append(_label(api, obj))
    return labels


def deleted(api: Api, objects: Iterable[Json], namespace: str = "default") -> Iterator[str]:
    """Delete objects, in the reverse of their order; a line for each, also for one not there.

    As with kubectl, a namespace is gone at the end: while it ends, nothing can be made in it.
    """
    given = list(objects)
    for obj in reversed(given):
        placed = _placed(api, obj, namespace)
        metadata = placed["metadata"]
        try:
            api.delete(api.kind(obj).plural, metadata["name"], metadata.get("namespace", ""))
        except StatusError as error:
            if error.code != 404:
                raise
            yield f"{_label(api, obj)} not found"
        else:
            yield f"{_label(api, obj)} deleted"
    names = {each["metadata"]["name"] for each in given if each["kind"] == "Namespace"}
    if names:
        until_nothing_missing(
            lambda: [f"namespace {each} still ends" for each in names & _namespaces(api)],
            what="the namespaces to be gone",
            timeout=_GONE_WITHIN,
        )


def _namespaces(api: Api) -> set[str]:
    return {each["metadata"]["name"] for each in api.list("namespaces")}


def _apply(api: Api, wanted: Json, dry_run: bool) -> str:
    metadata = wanted["metadata"]
    kind = api.kind(wanted).plural
    annotated = _with_annotation(wanted)
    for tries_left in reversed(range(_TRIES)):
        try:
            live = api.get(kind, metadata["name"], metadata.get("namespace", ""))
        except StatusError as error:
            if error.code != 404:
                raise
            api.create(annotated, dry_run=dry_run)
            return "created"
        result = merged(_last_applied(live), annotated, live)
        if result == live:
            return "unchanged"
        try:
            changed = api.replace(result, dry_run=dry_run)
        except StatusError as error:
            if error.reason == "Conflict" and tries_left:
                continue
            raise
        same = _version(changed) == _version(live)
        return "unchanged" if same else "configured"
    raise AssertionError("not reached")


def _placed(api: Api, obj: Json, namespace: str) -> Json:
    """`obj` with its namespace spelled out, if its kind has one."""
    if not api.kind(obj).namespaced or obj["metadata"].get("namespace"):
        return obj
    return {**obj, "metadata": {**obj["metadata"], "namespace": namespace}}


def _with_annotation(obj: Json) -> Json:
    metadata = obj["metadata"]
    annotations = metadata.get("annotations") or {}
    plain = {**obj, "metadata": {**metadata, "annotations": annotations}}
    text = json.dumps(plain, separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n"
    return {**obj, "metadata": {**metadata, "annotations": {**annotations, LAST_APPLIED: text}}}


def _last_applied(live: Json) -> Json:
    text = (live["metadata"].get("annotations") or {}).get(LAST_APPLIED, "{}")
    try:
        before = json.loads(text)
    except ValueError:
        return {}
    return before if isinstance(before, dict) else {}


def _label(api: Api, obj: Json) -> str:
    return f"{api.kind(obj).label}/{obj['metadata']['name']}"


def _version(obj: Json) -> str:
    return str(obj["metadata"].get("resourceVersion", ""))
