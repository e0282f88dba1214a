"""Whether a breakage is mended, as its users see it; and if not, the next hint."""

from labsupport.base.errors import UsageError
from labsupport.exercises.clinic.breakage import Breakage
from labsupport.exercises.clinic.cases import breakage
from labsupport.exercises.clinic.note import Note, Notes
from labsupport.exercises.clinic.visiting import Visit, expected, visit
from labsupport.exercises.progress import Progress
from labsupport.exercises.verdict import Verdict
from labsupport.kube.wait import settled
from labsupport.session import Lab

_LIVE_SECONDS = 1.0
"""How long a change may take until the controller has it live."""


def mended(name: str, lab: Lab) -> Verdict:
    """How a visitor fares with the breakage's site. UsageError when it was not broken.

    While it is the breakage's own cause, each check that fails gives the next of its hints.
    When the cause is another by now, the hint is about that one.
    """
    case = breakage(name)
    note = Notes(lab.instance).find(case.name)
    if note is None:
        raise UsageError(
            f"{case.name} is not broken, so there is nothing to check",
            remedy=f"./lab break {case.name}",
        )
    met = _settled(case, lab)
    wanted = expected(case)
    if met.fine:
        return Verdict(case.name, wanted, met.words)
    look, hint = _another_cause(case, lab) or (
        f"./lab get {case.url}   and, hop by hop: ./lab diagnose {case.url}",
        case.hints[min(_tries(note, lab), len(case.hints) - 1)],
    )
    return Verdict(case.name, wanted, met.words, look, hint)


def _settled(case: Breakage, lab: Lab) -> Visit:
    """What is met once the last change is live: what is fine at once needs no waiting."""
    return settled(lambda: visit(case, lab), lambda met: met.fine, timeout=_LIVE_SECONDS)


def _another_cause(case: Breakage, lab: Lab) -> tuple[str, str] | None:
    """Where to look and the hint, when something else than the breakage's cause is in the way."""
    diagnosis = lab.diagnose(case.url, **case.request)
    if diagnosis.cause in (None, case.cause):
        return None
    remedy = next(iter(diagnosis.remedies), None)
    advice = (
        f" {remedy.words}" + (f": {remedy.command}" if remedy.command else "") if remedy else ""
    )
    return f"{diagnosis.broken}: {diagnosis.saw}", f"{diagnosis.why}{advice}"


def _tries(note: Note, lab: Lab) -> int:
    """The checks that failed since it was broken."""
    records = Progress(lab.instance.progress).records()
    return sum(each.exercise == note.name and each.time >= note.time for each in records)
