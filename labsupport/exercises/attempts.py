"""Carrying an attempt out on a lab, and taking an exercise's traces away again."""

from labsupport.exercises.exercise import Attempt, Exercise
from labsupport.kube.manifests import objects
from labsupport.session import Lab


def carry_out(attempt: Attempt, lab: Lab) -> None:
    """Do to the lab what the attempt does; prints what changed, as `lab.apply` does."""
    if attempt.manifest:
        lab.apply(attempt.manifest)
    for name in attempt.names:
        if name.startswith("*."):
            lab.dns.add(name, lab.address)
        else:
            lab.hosts.add(name, lab.address)
    for deployment, replicas in attempt.replicas.items():
        _scale(lab, deployment, replicas)


def begin(exercise: Exercise, lab: Lab) -> None:
    """Put the lab into the state that the exercise starts from."""
    take_away(exercise, lab)
    carry_out(exercise.start, lab)


def take_away(exercise: Exercise, lab: Lab) -> None:
    """Delete the objects and names of the exercise; Deployments are scaled as at its start."""
    attempts = [exercise.start, exercise.reference, *(each.attempt for each in exercise.wrong)]
    known = {
        (obj["kind"], obj["metadata"]["name"])
        for attempt in attempts
        for obj in (objects(attempt.manifest) if attempt.manifest else [])
    }
    for kind, name in sorted(known):
        lab.delete(kind, name)
    for name in {name for attempt in attempts for name in attempt.names}:
        if name.startswith("*."):
            lab.dns.remove(name)
        else:
            lab.hosts.remove(name)
    for deployment, replicas in exercise.start.replicas.items():
        _scale(lab, deployment, replicas)


def _scale(lab: Lab, deployment: str, replicas: int) -> None:
    path = f"{lab.api.kind('deployments').path('default', deployment)}/scale"
    body = {"spec": {"replicas": replicas}}
    lab.api.call("PATCH", path, body=body, headers={"Content-Type": "application/merge-patch+json"})
