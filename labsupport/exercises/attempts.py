"""Carrying an attempt out on a lab, and taking an exercise's traces away again."""

import re
from contextlib import redirect_stdout, suppress
from io import StringIO

from labsupport.base.errors import UsageError
from labsupport.exercises.check import exercise as exercise_named
from labsupport.exercises.exercise import PROXY, Attempt, Exercise
from labsupport.kube.manifests import objects
from labsupport.manifests import CONTROLLERS
from labsupport.session import Lab


def carry_out(attempt: Attempt, lab: Lab) -> None:
    """Do to the lab what the attempt does; prints what changed, as `lab.apply` does."""
    controllers = [each for each in attempt.apps if each in CONTROLLERS]
    _install(controllers, lab)  # before the manifest, which may need the kinds that they bring
    if attempt.manifest:
        lab.apply(attempt.manifest)
    for secret in attempt.secrets:
        lab.trust.store(secret.name, secret.names, secret.kind, namespace=secret.namespace)
    if attempt.authority:
        lab.trust.store_authority(attempt.authority)
    _install([each for each in attempt.apps if each not in controllers], lab)
    if attempt.apps:
        lab.wait_ready(namespace=None)
    for name, _, ingress_class in (each.partition("@") for each in attempt.names):
        address = lab.controllers[ingress_class].address if ingress_class else lab.address
        if name.startswith("*."):
            lab.dns.add(name, address)
        else:
            lab.hosts.add(name, address)
    for name, value in attempt.records.items():
        lab.dns.add(name, _placed(value, lab))
    _write_below([_placed(line, lab) for line in attempt.lines], lab)
    for deployment, replicas in attempt.replicas.items():
        lab.scale(deployment, replicas)


def start(name: str, lab: Lab) -> None:
    """Set the exercise `name` up from its start, as `./lab check NAME --start` does."""
    begin(exercise_named(name), lab)


def begin(exercise: Exercise, lab: Lab) -> None:
    """Put the lab into the state that the exercise starts from; prints what changed."""
    with redirect_stdout(None):
        take_away(exercise, lab)
    with redirect_stdout(StringIO()) as told:
        carry_out(exercise.start, lab)
    lines = told.getvalue().splitlines(keepends=True)
    print("".join(line for line in lines if not line.endswith(" unchanged\n")), end="")


def take_away(exercise: Exercise, lab: Lab) -> None:
    """Delete the objects, Secrets and names of the exercise; scale Deployments as at its start.

    Namespaces, sample apps and the authority stay: by themselves they lead nobody anywhere.
    """
    attempts = [exercise.start, exercise.reference, *(each.attempt for each in exercise.wrong)]
    known = {
        (obj["kind"], obj["metadata"]["name"], obj["metadata"].get("namespace", "default"))
        for attempt in attempts
        for obj in (objects(attempt.manifest) if attempt.manifest else [])
        if obj["kind"] != "Namespace"
    }
    for kind, name, namespace in sorted(known):
        with suppress(UsageError):  # the cluster has no such kind: it went with its controller
            lab.delete(kind, name, namespace=namespace)
    for place in sorted({(s.name, s.namespace) for each in attempts for s in each.secrets}):
        lab.delete("secret", place[0], namespace=place[1])
    for name in {name.partition("@")[0] for attempt in attempts for name in attempt.names}:
        if name.startswith("*."):
            lab.dns.remove(name)
        else:
            lab.hosts.remove(name)
    for name in {name for attempt in attempts for name in attempt.records}:
        lab.dns.remove(name)
    _take_out([_placed(line, lab) for attempt in attempts for line in attempt.lines], lab)
    for deployment, replicas in exercise.start.replicas.items():
        lab.scale(deployment, replicas)


def _install(apps: list[str], lab: Lab) -> None:
    for app in apps:
        namespace, _, name = app.rpartition("/")
        lab.install(name, namespace=namespace or "default")


def _placed(words: str, lab: Lab) -> str:
    """With the proxy's address in the place that is kept for it, and the names that are meant."""

    def address(place: re.Match[str]) -> str:
        return lab.controllers[place[1]].address if place[1] else lab.address

    placed = re.sub(rf"{PROXY}(?::([-\w]+))?", address, words)
    return " ".join(map(lab.tenancy.host, placed.split(" ")))


def _write_below(lines: list[str], lab: Lab) -> None:
    """Write lines at the end of the hosts file, outside of the lab's block."""
    text = lab.hosts.text()
    gap = "" if text.endswith("\n") else "\n"
    added = "".join(f"{line}\n" for line in lines)
    lab.hosts.apply(lab.hosts.plan(f"{text}{gap}{added}" if added else text))


def _take_out(lines: list[str], lab: Lab) -> None:
    """Take whole lines out of the hosts file."""
    kept = [each for each in lab.hosts.text().splitlines(True) if each.rstrip("\r\n") not in lines]
    lab.hosts.apply(lab.hosts.plan("".join(kept)))
