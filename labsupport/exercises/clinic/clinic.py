"""Breaking and healing: each step is noted before it is taken, so that all can be taken back."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from labsupport.base.errors import UsageError, WaitTimeout
from labsupport.base.types import Json
from labsupport.exercises.clinic.belongings import belongings, keep_work
from labsupport.exercises.clinic.breakage import Breakage
from labsupport.exercises.clinic.cases import breakage
from labsupport.exercises.clinic.note import Note, Notes
from labsupport.exercises.clinic.placing import place
from labsupport.exercises.clinic.shared import (
    change,
    is_gone,
    put_back,
    restart,
    wait_until_gone,
    without,
)
from labsupport.exercises.clinic.site import Site
from labsupport.exercises.clinic.visiting import visit
from labsupport.kube.wait import unready_deployments, until_nothing_missing
from labsupport.names.settings import ResolverSettings
from labsupport.session import Lab
from labsupport.session.bringing_up import FIRST_URL

_SETTLES_WITHIN = 15.0
_BACK_WITHIN = 30.0


@dataclass(frozen=True)
class Complaint:
    """What a learner is told of a breakage: all but the cause."""

    breakage: Breakage

    def __str__(self) -> str:
        case = self.breakage
        namespaces = ", ".join(_namespaces(case))
        return "\n".join(
            [
                f"{case.name}: {case.complaint}",
                f"  URL:      {case.url}",
                f"  objects:  in {namespaces}" + (", and in all the cluster" if case.alone else ""),
                f"  look:     ./lab get {case.url}",
                f"            ./lab diagnose {case.url}",
                f"            kubectl get all,ingress -n {case.site.namespace}",
                f"  mended?   ./lab check {case.name}",
                f"  give up:  ./lab heal {case.name}",
            ]
        )

    __repr__ = __str__


def break_down(name: str, lab: Lab) -> Complaint:
    """Break what the breakage `name` breaks, and give the complaint that comes of it.

    What is broken already is left as it is. UsageError when it can't be broken beside another.
    """
    case = breakage(name)
    notes = Notes(lab.instance)
    with notes.locked():
        note = notes.find(case.name)
        if note and not note.done:
            _undo(note, notes, lab)
            note = None
        if note is None:
            _refuse_to_combine(case, notes.all())
            _break(case, notes, lab)
    return Complaint(case)


def heal(name: str, lab: Lab) -> str:
    """Take back all that the breakage `name` did; gives in words what was done.

    Objects that somebody else made or changed in the breakage's namespaces are kept in a file.
    """
    case = breakage(name)
    notes = Notes(lab.instance)
    with notes.locked():
        note = notes.find(case.name)
        if note is None:
            return f"{case.name} is not broken; nothing to heal"
        return _undo(note, notes, lab)


def broken(lab: Lab) -> list[str]:
    """The names of what is broken now, oldest first."""
    return [note.name for note in Notes(lab.instance).all()]


def mend(name: str, lab: Lab, way: int = 0) -> str:
    """Mend the breakage in one of the ways that are known (0: the model); gives it in words."""
    case = breakage(name)
    note = Notes(lab.instance).find(case.name)
    if note is None:
        raise UsageError(f"{case.name} is not broken", remedy=f"./lab break {case.name}")
    chosen = case.mends[way]
    if chosen.fields:
        place(case.mended(chosen), lab, note.proxy, instead_of=case.broken)
    if chosen.act:
        chosen.act(lab)
    return chosen.words


def _break(case: Breakage, notes: Notes, lab: Lab) -> None:
    site = case.broken
    _make_sure_it_is_free(case, lab)
    _make_sure_it_stays_nameless(case, lab)
    settings = ResolverSettings(lab.instance.resolver)
    note = Note(
        case.name,
        datetime.now(UTC).isoformat(timespec="seconds"),
        lab.address,
        namespaces=_namespaces(case),
        names={host: _known(host, lab) for host in _hosts(case)},
        nameserver=settings.nameserver() if site.stale_record else None,
        made=list(case.made),
        restarts=[list(each) for each in case.restarts],
    )
    notes.write(note)
    for harm in case.harm:
        change(harm, lab, lambda changed: _add_change(note, changed, notes))
    for obj in case.made:
        lab.api.create(obj)
    for namespace, deployment in case.restarts:
        restart(lab, namespace, deployment)
    place(site, lab, note.proxy)
    note.content = belongings(lab, note.namespaces)
    note.done = True
    notes.write(note)
    _settle(case, lab)


def _add_change(note: Note, changed: Json, notes: Notes) -> None:
    note.changed.append(changed)
    notes.write(note)


def _settle(case: Breakage, lab: Lab) -> None:
    """Wait until the complaint is true; if it takes longer than usual, so be it."""

    def lacks() -> list[str]:
        met = visit(case, lab).symptom
        return [f"a visitor meets {met}"] if met != case.symptom else _unready(case, lab)

    with contextlib.suppress(WaitTimeout):
        until_nothing_missing(
            lacks, what=f"{case.url} to show {case.symptom}", timeout=_SETTLES_WITHIN
        )


def _unready(case: Breakage, lab: Lab) -> list[str]:
    """What its Deployments lack, until there is a Warning that tells why they always will."""

    def all_of(kind: str) -> list[Json]:
        names = case.broken.namespaces
        return [each for name in names for each in lab.objects(kind, namespace=name)]

    warned = any(event["type"] == "Warning" for event in all_of("events"))
    return [] if warned else unready_deployments(all_of("deployments"))


def _undo(note: Note, notes: Notes, lab: Lab) -> str:
    kept = keep_work(note, notes.folder, lab)
    for namespace in note.namespaces:
        without(lab, "namespaces", namespace)
    for obj in note.made:
        without(lab, lab.api.kind(obj).plural, obj["metadata"]["name"])
    for changed in note.changed:
        put_back(changed, lab)
    for namespace, deployment in note.restarts:
        restart(lab, namespace, deployment)
    for host, known in note.names.items():
        _recall(host, known, lab)
    if note.nameserver is not None:
        ResolverSettings(lab.instance.resolver).use(note.nameserver)
        lab.dns.cache.flush()
    _wait_until_undone(note, lab)
    notes.remove(note.name)
    said = f"{note.name} is healed"
    return f"{said}; your own work there is kept in {kept}" if kept else said


def _wait_until_undone(note: Note, lab: Lab) -> None:
    wait_until_gone(lab, "namespaces", note.namespaces)
    if note.changed:
        lab.wait_for(FIRST_URL, timeout=_BACK_WITHIN)


def _refuse_to_combine(case: Breakage, others: list[Note]) -> None:
    names = [note.name for note in others]
    alone = [name for name in names if breakage(name).alone]
    blocking = alone or (names if case.alone else [])
    if blocking:
        culprit = case.name if case.alone else alone[0]
        raise UsageError(
            f"{case.name} can't be broken beside {', '.join(blocking)}",
            found=f"{culprit} touches what all sites share, so you could not tell them apart",
            remedy=f"./lab heal {' '.join(blocking)}",
        )


def _make_sure_it_is_free(case: Breakage, lab: Lab) -> None:
    """Refuse to take over objects that are somebody else's."""
    wanted = [("namespaces", name) for name in _namespaces(case)]
    wanted += [(lab.api.kind(obj).plural, obj["metadata"]["name"]) for obj in case.made]
    for kind, name in wanted:
        if not is_gone(lab, kind, name):
            raise UsageError(
                f"{case.name} needs {kind.removesuffix('s')} {name}, but there is one already",
                remedy=f"if you can do without it: kubectl delete {kind} {name}",
            )


def _make_sure_it_stays_nameless(case: Breakage, lab: Lab) -> None:
    """Refuse to take a name away that external-dns would give back at once."""
    if not case.broken.record and lab.dns.external.status().on:
        raise UsageError(
            f"{case.name} can't be broken while external-dns is on",
            found="it gives every Ingress's host a record",
            remedy="./lab dns external off",
        )


def _namespaces(case: Breakage) -> list[str]:
    """The namespaces that the case makes, however it is mended."""
    sites = [case.site, case.broken, *(case.mended(each) for each in case.mends)]
    return list(dict.fromkeys(name for site in sites for name in site.namespaces))


def _hosts(case: Breakage) -> Iterator[str]:
    """The host names that the case gives addresses to, or takes them from."""
    sites: list[Site] = [case.site, case.broken]
    yield from dict.fromkeys(
        name for site in sites for name in (site.url_host, site.in_hosts) if name
    )


def _known(host: str, lab: Lab) -> Json:
    """What the lab's computer knew of `host` by itself."""
    records = [
        [record.type, record.value, record.ttl] for record in lab.dns.list() if record.name == host
    ]
    return {"hosts": lab.hosts.address_of(host), "dns": records}


def _recall(host: str, known: Json, lab: Lab) -> None:
    """Have the lab's computer know of `host` what it knew; what it still knows is not edited."""
    now = _known(host, lab)
    if known["hosts"] and now["hosts"] != known["hosts"]:
        lab.hosts.add(host, known["hosts"])
    elif now["hosts"] and not known["hosts"]:
        lab.hosts.remove(host)
    if now["dns"] == known["dns"]:
        return
    lab.dns.remove(host)
    for record_type, value, ttl in known["dns"]:
        lab.dns.add(host, value, record_type, ttl=ttl, also=True)
