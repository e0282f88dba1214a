"""Changing what the whole cluster shares, and putting it back as it was."""

from collections.abc import Callable, Sequence

from labsupport.base.types import Json
from labsupport.exercises.clinic.breakage import Harm
from labsupport.exercises.clinic.restoring import restored
from labsupport.kube.wait import until_nothing_missing
from labsupport.rules.status import StatusError
from labsupport.session import Lab

_GONE_WITHIN = 30.0
_TRIES = 5  # controllers write into the same objects


def change(harm: Harm, lab: Lab, note: Callable[[Json], None]) -> None:
    """Do the harm. `note` is told what the object is before and after, while it is still whole."""
    for tries_left in reversed(range(_TRIES)):
        before = lab.api.get(harm.kind, harm.name, harm.namespace)
        wanted = harm.change(before)
        try:
            after = lab.api.replace(wanted, dry_run=True)
            note({"kind": harm.kind, "before": shape(before), "after": shape(after)})
            lab.api.replace(wanted)
        except StatusError as error:
            if error.reason != "Conflict" or not tries_left:
                raise
        else:
            return


def put_back(changed: Json, lab: Lab) -> None:
    """Take back what `change` did; what else the object has become meanwhile, it stays."""
    before, after, kind = changed["before"], changed["after"], changed["kind"]
    metadata = before["metadata"]
    for tries_left in reversed(range(_TRIES)):
        try:
            live = lab.api.get(kind, metadata["name"], metadata.get("namespace", ""))
        except StatusError as error:
            if error.code != 404:
                raise
            lab.api.create(before)
            return
        whole = restored(before, after, shape(live))
        if whole == shape(live):
            return
        try:
            lab.api.replace(
                {**live, **whole, "metadata": {**live["metadata"], **whole["metadata"]}}
            )
        except StatusError as error:
            if error.reason != "Conflict" or not tries_left:
                raise
        else:
            return


def shape(obj: Json) -> Json:
    """The object without its status and the server's bookkeeping."""
    kept = ("name", "namespace", "labels", "annotations")
    metadata = {key: obj["metadata"][key] for key in kept if key in obj["metadata"]}
    return {key: value for key, value in obj.items() if key != "status"} | {"metadata": metadata}


def restart(lab: Lab, namespace: str, deployment: str) -> None:
    """Have the pods of a Deployment begin anew; the Deployment itself is left as it is.

    The old ones are gone when this returns.
    """
    labels = lab.api.get("deployments", deployment, namespace)["spec"]["selector"]["matchLabels"]
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    old = [pod["metadata"]["name"] for pod in lab.api.list("pods", namespace, selector=selector)]
    for name in old:
        without(lab, "pods", name, namespace)
    wait_until_gone(lab, "pods", old, namespace)


def without(lab: Lab, kind: str, name: str, namespace: str = "") -> None:
    """Have the object gone, or on its way out, whether it was there or not."""
    try:
        lab.api.delete(kind, name, namespace)
    except StatusError as error:
        if error.code not in (404, 409):  # not there, or ending already
            raise


def wait_until_gone(lab: Lab, kind: str, names: Sequence[str], namespace: str = "") -> None:
    """Wait until there is none of these objects any more. WaitTimeout names those that stay."""

    def lacks() -> list[str]:
        left = [name for name in names if not is_gone(lab, kind, name, namespace)]
        return [f"{name} is still there" for name in left]

    until_nothing_missing(lacks, what=f"{kind} {', '.join(names)} to be gone", timeout=_GONE_WITHIN)


def is_gone(lab: Lab, kind: str, name: str, namespace: str = "") -> bool:
    """Whether there is no such object."""
    try:
        lab.api.get(kind, name, namespace)
    except StatusError as error:
        if error.code != 404:
            raise
        return True
    return False
