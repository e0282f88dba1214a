"""What is in a breakage's namespaces, and whose it is: a learner's work there is never lost."""

import json
from pathlib import Path

from labsupport.base.files import write_atomically
from labsupport.base.types import Json
from labsupport.exercises.clinic.note import Note
from labsupport.exercises.clinic.shared import shape
from labsupport.kube.manifests import dumped
from labsupport.kube.merge import LAST_APPLIED
from labsupport.session import Lab

_KINDS = (
    "configmaps", "secrets", "services", "deployments", "daemonsets", "statefulsets", "jobs",
    "pods", "ingresses", "middlewares", "serverstransports", "ingressroutes", "ingressroutetcps",
    "tlsoptions", "tlsstores", "traefikservices",
)  # fmt: skip
_REVISION = "deployment.kubernetes.io/revision"
_FURNITURE = (("ConfigMap", "kube-root-ca.crt"),)


def belongings(lab: Lab, namespaces: list[str]) -> list[Json]:
    """The objects there that somebody made, without what the cluster made by itself."""
    kinds = [kind for kind in lab.api.kinds() if kind.namespaced and kind.plural in _KINDS]
    return [
        _told(obj)
        for kind in kinds
        for namespace in namespaces
        for obj in lab.api.list(f"{kind.plural}.{kind.group}".rstrip("."), namespace)
        if not obj["metadata"].get("ownerReferences")
        and (obj["kind"], obj["metadata"]["name"]) not in _FURNITURE
    ]


def keep_work(note: Note, folder: Path, lab: Lab) -> Path | None:
    """Keep what others made or changed in the breakage's namespaces as a manifest (0600).

    None when there is nothing of the kind. A breaking that was cut off knows nothing of its
    content: then all counts.
    """
    work = [obj for obj in belongings(lab, note.namespaces) if obj not in note.content]
    if not work:
        return None
    number = 1
    while (path := folder / f"{note.name}-work-{number}.yaml").exists():
        number += 1
    text = "---\n".join(dumped(obj) for obj in work)
    write_atomically(path, text)
    return path


def _told(obj: Json) -> Json:
    """The object's shape, without what `apply` and the Deployment controller note in it."""
    plain: Json = json.loads(json.dumps(shape(obj)))
    annotations = plain["metadata"].get("annotations", {})
    for written_by_others in (LAST_APPLIED, _REVISION):
        annotations.pop(written_by_others, None)
    if not annotations:
        plain["metadata"].pop("annotations", None)
    return plain
