"""Hop 6: the controller takes up the rule: by its class, and if it can do its work at all."""

import json

from labsupport.base.types import Json
from labsupport.rules.admission import DEFAULT_CLASS_ANNOTATION
from labsupport.rules.diagnosis import controller
from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.findings import Broken, Finding, Fine, Remedy, Unused
from labsupport.rules.diagnosis.host import not_by_ingress
from labsupport.rules.diagnosis.words import listed, nearest
from labsupport.rules.ingress import Candidate
from labsupport.rules.ingress.classes import class_annotation, class_field
from labsupport.rules.ingress.middlewares import ANNOTATION, named_middlewares
from labsupport.rules.ingress.route import Route, name_of, namespace_of

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def judge(case: Case) -> Finding:
    """Whether the controller serves the Ingress of the rule that is meant, and uses that rule."""
    if unused := not_by_ingress(case):
        return unused
    route = case.meant
    ingress = case.ingress(route.ingress) if route else None
    if route is None or ingress is None:
        return Unused("no Ingress is asked: the proxy has a rule of its own")
    if broken := refused(case, ingress):
        return broken
    if case.from_application:
        return Fine(_served(case, ingress), _notes(case))
    if broken := _left_out(case, route, ingress):
        return broken
    if case.turned_away and case.decision.backend is not None:
        if broken := other_scheme(case, f"the proxy has no rule for it: {route} fits, but 404"):
            return broken
        saw = f"the proxy has no rule for it: 404, though {route} fits"
        return (
            controller.fault(case, saw) or _reported(case, ingress, saw) or not_followed(case, saw)
        )
    return Fine(_served(case, ingress), _notes(case))


def refused(case: Case, ingress: Json) -> Broken | None:
    """Why the controller does not serve the Ingress: its class."""
    refusal = case.refusal(ingress)
    if refusal is None:
        return None
    place, name = name_of(ingress), class_field(ingress)
    saw = refusal.message
    expected = f"a class of {case.controller.title}: {listed(_own_classes(case))}"
    if refusal.code == "class-missing":
        near = nearest(name or "", _class_names(case))
        why = f"nobody serves an Ingress of a class that does not exist; there are: {_all(case)}"
        why += f"; {name} is most likely {near} mistyped" if near else ""
        return Broken("class-unknown", saw, expected, why, _reclassed(case, ingress, near))
    if refusal.code == "class-unset":
        why = f"Ingress {place} has no spec.ingressClassName, and so no controller"
        return Broken("class-missing", saw, expected, why, _reclassed(case, ingress))
    if _got_by_default(case, ingress):
        return _two_defaults(case, ingress, saw, expected)
    if name is None:
        why = f"the old annotation, {class_annotation(ingress)!r}, stands in place of a class"
        return Broken("class-missing", saw, expected, why, _reclassed(case, ingress))
    why = f"another controller is to serve it; {case.controller.title} leaves it alone"
    return Broken("class-other", saw, expected, why, _reclassed(case, ingress))


def _two_defaults(case: Case, ingress: Json, saw: str, expected: str) -> Broken:
    """The Ingress named no class and got the newest of several default ones."""
    name = class_field(ingress)
    defaults = listed(_defaults(case))
    why = (
        f"two classes are the default ({defaults}); an Ingress made without a class gets the "
        f"newest, {name}"
    )
    undo = Remedy(
        f"let {name} be no default any more",
        f"kubectl annotate ingressclass {name} {DEFAULT_CLASS_ANNOTATION}-",
    )
    mends = (*_reclassed(case, ingress), undo)
    return Broken("two-default-classes", saw, expected, why, mends)


def _got_by_default(case: Case, ingress: Json) -> bool:
    """Whether the class is one of several defaults, and the manifest is not known to name it."""
    defaults = _defaults(case)
    if len(defaults) < 2 or class_field(ingress) not in defaults:
        return False
    applied = (ingress["metadata"].get("annotations") or {}).get(_LAST_APPLIED)
    try:
        manifest = json.loads(applied) if applied else {}
    except ValueError:
        manifest = {}
    spec = manifest.get("spec") if isinstance(manifest, dict) else None
    return not (isinstance(spec, dict) and spec.get("ingressClassName"))


def _left_out(case: Case, route: Route, ingress: Json) -> Broken | None:
    """Why the controller makes nothing of the rule, though it serves the Ingress."""
    own = next((each for each in case.intentions.candidates if each.route == route), None)
    if own is None:
        return None
    saw = f"{route}: {own.reason}"
    look = f"kubectl -n {route.namespace} describe ingress {route.name}"
    if own.verdict == "scheme":
        why = f"the rule is not for {case.request.scheme}"
        other = "http" if case.request.scheme == "https" else "https"
        url = case.facts.url.replace(case.request.scheme, other, 1)
        mend = Remedy("ask for the other scheme, or change the annotations", f"./lab get {url}")
        return Broken("scheme-mismatch", saw, f"a rule for {case.request.scheme}", why, (mend,))
    if own.verdict in ("disabled", "replaced", "no backend"):
        return _disabled(case, own, ingress, saw, look)
    if own.verdict == "tie" and case.turned_away:
        return Broken(
            "rule-tie",
            saw,
            "one rule that goes first",
            "which of them counts is left to chance",
            (Remedy("let only one of them say it", look),),
        )
    return None


def _disabled(case: Case, own: Candidate, ingress: Json, saw: str, look: str) -> Broken:
    log = f"./lab logs {case.controller.name}"
    mends = [Remedy("correct it; what the controller made of it", log)]
    if named_middlewares(ingress) and "middleware" in own.reason:
        space, name = namespace_of(ingress), ingress["metadata"]["name"]
        drop = f"kubectl -n {space} annotate ingress {name} {ANNOTATION}-"
        mends.insert(0, Remedy("make the middleware, or take the annotation away", drop))
    mends.append(Remedy("look at the Ingress", look))
    return Broken("rule-disabled", saw, "a rule that the controller can use", own.reason, (*mends,))


def _reported(case: Case, ingress: Json, saw: str) -> Broken | None:
    """What the controller itself says against the Ingress."""
    place = f"Ingress {name_of(ingress)}"  # several of which it says the same stand together
    reports = case.facts.reports
    why = next((each for each in reports if place in each.partition(": ")[0].split(", ")), "")
    if not why:
        return None
    look = Remedy("correct it; the controller's log", f"./lab logs {case.controller.name}")
    return Broken("rule-disabled", saw, "a rule that the controller can use", why, (look,))


def other_scheme(case: Case, saw: str) -> Broken | None:
    """Whether HTTP was spoken to the port for HTTPS, or the other way round."""
    used = (case.request.scheme, case.facts.sent.port or case.request.port)
    if used not in (("http", 443), ("https", 80)):
        return None
    scheme = "https" if used[0] == "http" else "http"
    url = f"{scheme}://{case.request.host}{case.request.path}"
    why = f"port {used[1]} is the proxy's port for {scheme}, and the URL says {used[0]}"
    expected = f"{used[0]} at its own port"
    mend = Remedy("let scheme and port go together", f"./lab get {url}")
    return Broken("scheme-mismatch", saw, expected, why, (mend,))


def not_followed(case: Case, saw: str) -> Broken:
    """The objects are right, and the proxy does not do what they say: the controller's own fault,
    or it has not heard of them yet."""
    if fault := controller.fault(case, saw):
        return fault
    title = case.controller.title
    why = f"by the objects {title} should send it to {case.decision.backend}, but does not (yet)"
    mends = (
        Remedy("wait a second and try again"),
        Remedy("read what the controller says", f"./lab logs {case.controller.name}"),
    )
    expected = f"{title} to follow the objects"
    return Broken("not-followed", saw, expected, why, mends, sure=False)


def _served(case: Case, ingress: Json) -> str:
    name = class_field(ingress) or class_annotation(ingress)
    kind = f"class {name}" if name else "no class"
    return f"Ingress {name_of(ingress)} has {kind}: {case.controller.title} serves it"


def _notes(case: Case) -> tuple[str, ...]:
    """Surprises in the rules that take the request."""
    told = [each.message for each in case.decision.warnings if each.code == "same-rule-twice"]
    missing = controller.denied(case)
    if missing:
        kinds = listed(name for _, name in missing)
        told.append(f"{case.controller.title} may not list and watch {kinds}: changes are not seen")
    return tuple(told)


def _reclassed(case: Case, ingress: Json, near: str = "") -> tuple[Remedy, ...]:
    """The command that gives the Ingress a class of this controller."""
    own = _own_classes(case)
    name = near if near in own else next(iter(own), "")
    if not name:
        return (Remedy("make an IngressClass; this one comes with the lab", "./lab up"),)
    space, ingress_name = namespace_of(ingress), ingress["metadata"]["name"]
    wanted = json.dumps({"spec": {"ingressClassName": name}})
    command = f"kubectl -n {space} patch ingress {ingress_name} -p '{wanted}'"
    words = f"in Ingress {name_of(ingress)}, write ingressClassName: {name}"
    return (Remedy(words, command),)


def _own_classes(case: Case) -> list[str]:
    """The classes of this controller, the default ones first."""
    own = [
        each["metadata"]["name"]
        for each in case.cluster.classes or ()
        if (each.get("spec") or {}).get("controller") == case.controller.controller
        and case.controller.ingress_class in ("", each["metadata"]["name"])
    ]
    defaults = _defaults(case)
    return sorted(own, key=lambda name: (name not in defaults, name))


def _class_names(case: Case) -> list[str]:
    return sorted(each["metadata"]["name"] for each in case.cluster.classes or ())


def _all(case: Case) -> str:
    return listed(_class_names(case))


def _defaults(case: Case) -> list[str]:
    return sorted(
        each["metadata"]["name"]
        for each in case.cluster.classes or ()
        if (each["metadata"].get("annotations") or {}).get(DEFAULT_CLASS_ANNOTATION) == "true"
    )
