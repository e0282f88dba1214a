"""Hop 10: a Pod behind the Service is ready."""

from labsupport.base.types import Json
from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.findings import Broken, Finding, Fine, Remedy, Unused
from labsupport.rules.diagnosis.ingress_class import not_followed
from labsupport.rules.diagnosis.words import counted
from labsupport.rules.diagnosis.workloads import Trouble, failing_pod, pod_trouble, selected
from labsupport.rules.ingress.route import name_of


def judge(case: Case) -> Finding:
    """Whether any Pod is ready, and the proxy has heard of it."""
    if case.destination.pod is not None:
        pods = [case.destination.pod]
        place = f"Pod {name_of(pods[0])}"
    else:
        backend = case.backend
        service = case.service(backend.namespace, backend.service) if backend else None
        if backend is None or service is None or case.cluster.pods is None:
            return Unused("the Pods behind it are not known")
        selector = (service.get("spec") or {}).get("selector") or {}
        pods = selected(case.cluster.pods, backend.namespace, selector)
        place = f"Service {backend.namespace}/{backend.service}"
    return _judged(case, pods, place)


def _judged(case: Case, pods: list[Json], place: str) -> Finding:
    known = case.backend is not None and case.destination.pod is None
    ready = case.rules.directory.targets(case.backend).endpoints if known and case.backend else ()
    trouble = pod_trouble(pods, case.cluster.events or (), case.facts.now)
    if known and not ready and trouble is not None:
        return _broken(pods, trouble)
    if case.from_application:
        return Fine(_fine(pods, len(ready)))
    if case.unavailable or case.facts.sent.failure:
        if failing := failing_pod(pods):
            return _broken(pods, failing)
        if case.answer is not None and case.answer.status == 503 and ready:
            saw = f"503 from the proxy, though {place} has {counted(len(ready), 'ready Pod')}"
            return not_followed(case, saw)
    return Fine(_fine(pods, len(ready)))


def _fine(pods: list[Json], ready: int) -> str:
    return (
        f"{counted(ready or len(pods), 'Pod')} ready" if pods or ready else "no Pods, but endpoints"
    )


def _broken(pods: list[Json], trouble: Trouble) -> Broken:
    pod = next(each for each in pods if each["metadata"]["name"] == trouble.pod)
    space = pod["metadata"].get("namespace") or "default"
    saw = trouble.saw + (f": {trouble.detail}" if trouble.detail else "")
    describe = f"kubectl -n {space} describe pod {trouble.pod}"
    logs = f"kubectl -n {space} logs {trouble.pod} --previous"
    why, mends = {
        "crash-loop": (
            "the container starts, ends, and is started again, each time later",
            (Remedy("read what it wrote before it ended, then correct it", logs),),
        ),
        "image-missing": (
            "the node can't get the image",
            (Remedy("correct spec.template.spec.containers[].image", _set_image(pod)),),
        ),
    }.get(
        trouble.cause,
        (
            "the Service sends requests to ready Pods only, and this one does not say it is",
            (Remedy("see why: its readiness probe and events", describe),),
        ),
    )
    return Broken(trouble.cause, saw, "a ready Pod", why, (*mends,), trouble.sure)


def _set_image(pod: Json) -> str:
    """The command that gives the pod's Deployment another image."""
    metadata = pod["metadata"]
    space = metadata.get("namespace") or "default"
    owner = next((each["name"] for each in metadata.get("ownerReferences") or ()), "")
    suffix = (metadata.get("labels") or {}).get("pod-template-hash") or ""
    deployment = owner.removesuffix(f"-{suffix}") or metadata["name"]
    containers = (pod.get("spec") or {}).get("containers") or [{}]
    name = containers[0].get("name") or "CONTAINER"
    return f"kubectl -n {space} set image deployment/{deployment} {name}=python:3-alpine"
