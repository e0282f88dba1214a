"""Each breakage, on a live lab: fine, broken, diagnosed, mended in every known way, healed."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from labsupport.base.types import Json
from labsupport.exercises import Verdict, check
from labsupport.exercises.clinic import Breakage, break_down, breakage, breakages, heal, mend
from labsupport.exercises.clinic import checking as clinic_checking
from labsupport.exercises.clinic.document import row
from labsupport.exercises.clinic.placing import place
from labsupport.exercises.clinic.shared import shape, wait_until_gone, without
from labsupport.exercises.clinic.visiting import visit
from labsupport.kube.wait import until_nothing_missing
from labsupport.names.settings import ResolverSettings
from labsupport.rules.diagnosis import Diagnosis
from labsupport.session import Lab

DOCUMENT = Path(__file__).parents[2] / "docs" / "clinic.md"
MADE_BY_CONTROLLERS = ("pods", "replicasets", "endpoints", "endpointslices", "events", "leases")


@dataclass(frozen=True)
class Course:
    """What was met on a breakage's way through the clinic."""

    case: Breakage
    healthy: str
    complaint: str
    symptom: str
    unmended: Verdict
    diagnosis: Diagnosis
    mended: dict[str, Verdict]
    before: Json
    after: Json


def state(lab: Lab) -> Json:
    """All that a breakage may touch: objects, hosts, records and whom the computer asks."""
    kinds = [kind for kind in lab.api.kinds() if kind.plural not in MADE_BY_CONTROLLERS]
    objects = {
        f"{obj['kind']} {obj['metadata'].get('namespace')}/{obj['metadata']['name']}": shape(obj)
        for kind in kinds
        for obj in lab.objects(f"{kind.plural}.{kind.group}".rstrip("."), namespace=None)
    }
    records = [record.to_json() for record in lab.dns.list() if record.type != "SOA"]
    for record in records:
        del record["line"]
    return {
        **objects,
        "hosts": lab.hosts.text(),
        "records": records,
        "asked": ResolverSettings(lab.instance.resolver).nameserver(),
    }


def healthy(case: Breakage, lab: Lab) -> str:
    """What a visitor meets at the site before anything is wrong with it; then it is taken away."""
    place(case.site, lab, lab.address)
    met = met_at_last(case, lab, "200")
    for namespace in case.site.namespaces:
        without(lab, "namespaces", namespace)
    lab.dns.remove(case.site.url_host)
    lab.hosts.remove(case.site.url_host)
    wait_until_gone(lab, "namespaces", case.site.namespaces)
    return met


def met_at_last(case: Breakage, lab: Lab, wanted: str) -> str:
    """What a visitor meets, once it is `wanted`."""
    until_nothing_missing(
        lambda: [] if (met := visit(case, lab)).symptom == wanted else [met.words],
        what=f"{wanted} from {case.url}",
        timeout=20,
    )
    return wanted


def mended_by(case: Breakage, way: int, lab: Lab) -> Verdict:
    """The verdict after one of the ways to mend it, which is given time to take effect."""
    break_down(case.name, lab)
    try:
        mend(case.name, lab, way)
        met_at_last(case, lab, "200")
        return check(case.name, lab)
    finally:
        heal(case.name, lab)


@pytest.fixture(scope="module", params=breakages())
def course(request: pytest.FixtureRequest, lab: Lab) -> Course:
    case = breakage(request.param)
    fine = healthy(case, lab)
    before = state(lab)
    complaint = str(break_down(case.name, lab))
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clinic_checking, "_LIVE_SECONDS", 0)  # nothing is about to change
            unmended = check(case.name, lab)
        symptom = visit(case, lab).symptom
        diagnosis = lab.diagnose(case.url, **case.request)
    finally:
        heal(case.name, lab)
    mended = {each.words: mended_by(case, way, lab) for way, each in enumerate(case.mends)}
    return Course(case, fine, complaint, symptom, unmended, diagnosis, mended, before, state(lab))


def test_the_site_is_fine_before_it_is_broken(course: Course) -> None:
    assert course.healthy == "200"


def test_a_visitor_meets_the_symptom(course: Course) -> None:
    assert course.symptom == course.case.symptom


def test_the_complaint_does_not_name_the_cause(course: Course) -> None:
    assert course.case.cause not in course.complaint


def test_the_check_does_not_pass_and_gives_the_first_hint(course: Course) -> None:
    assert course.unmended.hint == course.case.hints[0], str(course.unmended)


def test_the_diagnosis_names_the_cause(course: Course) -> None:
    assert course.diagnosis.cause == course.case.cause, str(course.diagnosis)


def test_the_document_tells_the_diagnosis(course: Course) -> None:
    line = row(course.case, course.diagnosis)
    assert line in DOCUMENT.read_text(encoding="utf-8").splitlines()


def test_every_known_way_mends_it(course: Course) -> None:
    assert [way for way, verdict in course.mended.items() if not verdict.passed] == []


def test_healing_leaves_everything_as_it_was(course: Course) -> None:
    assert course.after == course.before
