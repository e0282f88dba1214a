"""What lessons install when they need it: sample apps and further controllers; and its removal."""

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

from labsupport.base.errors import RequestFailed, UsageError
from labsupport.base.types import Json
from labsupport.kube.apply import applied, deleted
from labsupport.kube.manifests import objects
from labsupport.kube.wait import unready_deployments, until_nothing_missing
from labsupport.manifests import CONTROLLERS, SAMPLES, documents
from labsupport.rules.status import StatusError

if TYPE_CHECKING:
    from labsupport.session.lab import Lab

MARK = "ingress-lab.example.com/installed"
"""The annotation of what an installation made; its value is the manifest's name."""

_DRAWN = "DRAWN"  # in a Secret of a manifest: a random word stands for it
_TIMEOUT = 60.0  # seconds
_ATTEMPT = 3.0  # seconds for one answer
_IN_A_ROW = 10  # answers, so that hardly a node has none
_NOT_FOUND = 404


def manifest(name: str) -> str:
    """The YAML that `install` applies; UsageError for what cannot be installed."""
    known = (*SAMPLES, *CONTROLLERS)
    if name not in known:
        raise UsageError(
            f"{name!r} can't be installed",
            found=f"there are: {', '.join(known)}",
            remedy=f"./lab install {known[0]}",
        )
    return documents(name)


def install(lab: "Lab", name: str, namespace: str) -> Iterator[str]:
    """Apply a manifest; a line for each object. A controller is then waited for.

    What was there before is changed as `kubectl apply` does it, but does not count as made here;
    another's definition of a kind stays as it is, since it may know more versions and fields.
    What is random in a Secret is drawn once. WaitTimeout says what a controller lacks after a
    minute.
    """
    found = objects(manifest(name), source=f"{name}.yaml")
    known = [(each, _live(lab, each, namespace)) for each in found]
    wanted = [
        _marked(_drawn(each), live, name) for each, live in known if not _stays(each, live, name)
    ]
    yield from applied(lab.api, wanted, namespace)
    if name in CONTROLLERS:
        until_nothing_missing(
            lambda: _lacks([_live(lab, each, namespace) for each in found]) or _silent(lab, name),
            what=f"{name} to be ready",
            timeout=_TIMEOUT,
        )


def uninstall(lab: "Lab", name: str, namespace: str) -> Iterator[str]:
    """Delete what `install` made, and wait until it is gone; a line for each object.

    What was there before stays, and so does what somebody else made under the same name.
    """
    found = objects(manifest(name), source=f"{name}.yaml")
    made = [each for each in found if _mark(_live(lab, each, namespace)) == name]
    if not made:
        yield f"nothing here was made by installing {name}"
        return
    yield from deleted(lab.api, made, namespace)
    until_nothing_missing(
        lambda: [
            f"{each['kind']} {each['metadata']['name']} is still there"
            for each in made
            if _live(lab, each, namespace)
        ],
        what=f"{name} to be gone",
        timeout=_TIMEOUT,
    )


def _stays(obj: Json, live: Json | None, name: str) -> bool:
    """Whether what is there is left as it is: another's kind, or a word that was drawn before."""
    if obj["kind"] == "CustomResourceDefinition":
        return live is not None and _mark(live) != name
    return live is not None and _is_drawn(obj)


def _is_drawn(obj: Json) -> bool:
    return obj["kind"] == "Secret" and _DRAWN in (obj.get("stringData") or {}).values()


def _drawn(obj: Json) -> Json:
    """`obj` with a random word for each that a Secret of the manifest wants drawn."""
    if not _is_drawn(obj):
        return obj
    words = obj["stringData"].items()
    drawn = {key: secrets.token_hex() if word == _DRAWN else word for key, word in words}
    return {**obj, "stringData": drawn}


def _marked(obj: Json, live: Json | None, name: str) -> Json:
    """`obj` with the mark, unless somebody else made the one that is there."""
    if live is not None and _mark(live) != name:
        return obj
    metadata = obj["metadata"]
    annotations = {**(metadata.get("annotations") or {}), MARK: name}
    return {**obj, "metadata": {**metadata, "annotations": annotations}}


def _mark(live: Json | None) -> str:
    """The manifest that the object was installed from; "" for one that was not, or isn't there."""
    return "" if live is None else str((live["metadata"].get("annotations") or {}).get(MARK, ""))


def _live(lab: "Lab", obj: Json, namespace: str) -> Json | None:
    """The object as the cluster has it; None when it has none, or does not know the kind."""
    metadata = obj["metadata"]
    try:
        kind = lab.api.kind(obj).plural
        found = lab.api.get(kind, metadata["name"], metadata.get("namespace", namespace))
    except StatusError as error:
        if error.code != _NOT_FOUND:
            raise
        return None
    return {"kind": obj["kind"], **found}


def _silent(lab: "Lab", name: str) -> list[str]:
    """That a Traefik does not answer at its address each time.

    A load balancer has one a few seconds before it finds the pods behind it, by each node at a
    time of its own. Other proxies open their ports for their first rule.
    """
    for controller in lab.controllers.values():
        if controller.name == name and controller.proxy == "Traefik":
            url = f"http://{controller.address}/"
            try:
                for _ in range(_IN_A_ROW):
                    lab.client.get(url, timeout=_ATTEMPT)
            except RequestFailed as error:
                return [error.found]
    return []


def _lacks(live: list[Json | None]) -> list[str]:
    """Deployments that are not rolled out, load balancers without an address."""
    there = [each for each in live if each is not None]
    return [
        *unready_deployments(each for each in there if each["kind"] == "Deployment"),
        *(
            f"Service {each['metadata']['name']} has no address"
            for each in there
            if each["kind"] == "Service"
            and each["spec"].get("type") == "LoadBalancer"
            and not each.get("status", {}).get("loadBalancer", {}).get("ingress")
        ),
    ]
