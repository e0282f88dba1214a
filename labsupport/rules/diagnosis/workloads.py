"""Pods: which a Service selects, which are ready, and what keeps one from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from labsupport.base.types import Json
from labsupport.rules.ingress.route import namespace_of

_NO_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")
_YOUNG_SECONDS = 3.0


@dataclass(frozen=True)
class Trouble:
    """What keeps a Pod from being ready: a `cause` of the diagnosis, and what was seen.

    It is not `sure` while the Pod may be about to become ready, or to fail.
    """

    cause: str
    pod: str
    saw: str
    detail: str = ""
    sure: bool = True


def selected(pods: Iterable[Json], namespace: str, labels: Mapping[str, str]) -> list[Json]:
    """The Pods of the namespace that carry all these labels and have not ended, by name."""
    found = [
        each
        for each in pods
        if namespace_of(each) == namespace
        and labels.items() <= labels_of(each).items()
        and (each.get("status") or {}).get("phase") not in ("Succeeded", "Failed")
        and not each["metadata"].get("deletionTimestamp")
    ]
    return sorted(found, key=lambda each: str(each["metadata"]["name"])) if labels else []


def labels_of(obj: Json) -> dict[str, str]:
    """The object's labels."""
    return obj["metadata"].get("labels") or {}


def ready_pods(pods: Iterable[Json]) -> list[Json]:
    """Those whose condition Ready is True."""
    return [each for each in pods if _condition(each, "Ready").get("status") == "True"]


def pod_trouble(pods: Sequence[Json], events: Iterable[Json], now: datetime) -> Trouble | None:
    """What is wrong with the first Pod that is not ready; None when all are."""
    known = list(events)
    for pod in pods:
        if pod not in ready_pods([pod]):
            return _trouble(pod, known, now)
    return None


def failing_pod(pods: Iterable[Json]) -> Trouble | None:
    """A Pod whose container keeps ending, though it may be ready at this moment."""
    for pod in pods:
        for status in _container_statuses(pod):
            found = _container_trouble(str(pod["metadata"]["name"]), {**status, "ready": False})
            if found is not None and found.cause == "crash-loop":
                return found
    return None


def missing_images(pods: Iterable[Json]) -> list[str]:
    """What Pods say whose node can't get their image, one a line."""
    found = []
    for pod in pods:
        for status in _container_statuses(pod):
            trouble = _container_trouble(str(pod["metadata"]["name"]), status)
            if trouble and trouble.cause == "image-missing":
                found.append(f"{trouble.saw}: {trouble.detail}".rstrip(": "))
    return found


def _trouble(pod: Json, events: list[Json], now: datetime) -> Trouble:
    name = str(pod["metadata"]["name"])
    young = _is_young(pod, now)
    for status in _container_statuses(pod):
        if found := _container_trouble(name, status):
            return replace(found, sure=not young) if found.cause == "not-ready" else found
    message = _last_warning(pod, events)
    condition = _condition(pod, "PodScheduled")
    if condition.get("status") == "False":
        detail = condition.get("message") or message
        return Trouble("not-ready", name, f"Pod {name} is on no node yet", detail)
    phase = (pod.get("status") or {}).get("phase") or "Pending"
    # Who refuses the probe's connection may not have got as far as to listen, or be about to end.
    sure = bool(message) and not (young and "refused" in message)
    return Trouble("not-ready", name, f"Pod {name} is {phase}, but not ready", message, sure)


def _container_statuses(pod: Json) -> list[Json]:
    return (pod.get("status") or {}).get("containerStatuses") or []


def _is_young(pod: Json, now: datetime) -> bool:
    """Whether it was made or begun just now: it may be about to get ready, or to end."""
    begun = [pod["metadata"].get("creationTimestamp")]
    for status in _container_statuses(pod):
        begun.append(((status.get("state") or {}).get("running") or {}).get("startedAt"))
    ages = [(now - datetime.fromisoformat(each)).total_seconds() for each in begun if each]
    return any(age < _YOUNG_SECONDS for age in ages)


def _container_trouble(pod: str, status: Json) -> Trouble | None:
    """What the container's state tells; None when it runs."""
    state = status.get("state") or {}
    waiting = state.get("waiting") or {}
    reason = waiting.get("reason") or ""
    if reason in _NO_IMAGE:
        saw = f"Pod {pod} waits: {reason} for image {status.get('image') or 'unknown'}"
        return Trouble("image-missing", pod, saw, waiting.get("message") or "")
    restarts = status.get("restartCount") or 0
    ended = state.get("terminated") or (status.get("lastState") or {}).get("terminated") or {}
    failing = bool(restarts) or reason == "CrashLoopBackOff" or bool(state.get("terminated"))
    failing = failing and not _was_lost(ended)
    if not status.get("ready") and failing and ended.get("exitCode") not in (None, 0):
        code = ended["exitCode"]
        saw = f"Pod {pod}'s container ended with exit code {code}, {restarts} restarts so far"
        return Trouble("crash-loop", pod, saw, reason)
    if reason == "CrashLoopBackOff":
        return Trouble("crash-loop", pod, f"Pod {pod}'s container ends again and again", reason)
    if reason and reason != "ContainerCreating":
        saw = f"Pod {pod} waits: {reason}"
        return Trouble("not-ready", pod, saw, waiting.get("message") or "")
    return None


def ending(terminated: Json) -> str:
    """How a container ended, from its state `terminated`: `by signal 9`, `with exit code 1`."""
    code = terminated.get("exitCode", 0)
    if _was_lost(terminated):
        return "with its node"
    return f"by signal {code - 128}" if code > 128 else f"with exit code {code}"


def _was_lost(terminated: Json) -> bool:
    """Whether nobody saw the container end, as its node did: no fault of its own.

    Its exit code is 255 then (containerd: internal/cri/server/helpers.go).
    """
    return bool(terminated.get("reason") == "Unknown")


def _last_warning(pod: Json, events: Iterable[Json]) -> str:
    """The last warning about the Pod."""
    uid, name = pod["metadata"].get("uid"), pod["metadata"]["name"]
    about = [
        each
        for each in events
        if each.get("type") == "Warning" and _is_about(each, uid, str(name), namespace_of(pod))
    ]
    about.sort(key=lambda each: str(each.get("lastTimestamp") or each.get("eventTime") or ""))
    return str(about[-1].get("message") or about[-1].get("note") or "") if about else ""


def _is_about(event: Json, uid: Any, name: str, namespace: str) -> bool:
    regarding = event.get("involvedObject") or event.get("regarding") or {}
    if uid and regarding.get("uid"):
        return bool(regarding["uid"] == uid)
    return bool(regarding.get("name") == name and regarding.get("namespace") == namespace)


def _condition(pod: Json, kind: str) -> Json:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return next((each for each in conditions if each.get("type") == kind), {})


def offered_ports(pods: Iterable[Json]) -> list[tuple[int, str]]:
    """The ports that the Pods' containers say they listen on: number and name."""
    found: dict[tuple[int, str], None] = {}
    for pod in pods:
        for container in (pod.get("spec") or {}).get("containers") or ():
            for port in container.get("ports") or ():
                found[port["containerPort"], port.get("name") or ""] = None
    return list(found)
