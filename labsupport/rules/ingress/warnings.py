"""What will surprise: about one request, and about a rule set whatever is requested."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from labsupport.rules.ingress.certificates import tls_warnings
from labsupport.rules.ingress.decision import Certificate, Goal, RuleWarning
from labsupport.rules.ingress.entry import Default, Entry
from labsupport.rules.ingress.pattern import host_takes
from labsupport.rules.ingress.request import Request
from labsupport.rules.ingress.route import Backend

if TYPE_CHECKING:
    from labsupport.rules.ingress.ruleset import RuleSet


def decision_warnings(
    rules: "RuleSet",
    request: Request,
    fitting: Sequence[Entry],
    goal: Goal,
    defaults: Sequence[Default],
    certificate: Certificate | None,
) -> list[RuleWarning]:
    """What is surprising about one decision, each thing once.

    `fitting` are the entries whose host and path take the request, `defaults` the default
    backends that might.
    """
    warnings = [
        *_unserved(rules, request),
        *(warning for each in fitting for warning in _of_entry(rules, each)),
        *(_several_defaults(rules) if defaults and goal.outcome not in _BY_RULE else ()),
        *(_missing(rules, goal.backend) if goal.backend else ()),
        *(
            warning
            for each in rules.tls
            if each.ingress == goal.ingress
            for warning in tls_warnings(each, rules.certificates)
        ),
        *_wrong_certificate(rules, request, certificate),
    ]
    return list(dict.fromkeys(warnings))


def set_warnings(rules: "RuleSet") -> list[RuleWarning]:
    """Everything that is surprising in the rule set, each thing once."""
    backends = [each.route.backend for each in rules.entries if each.unusable is None]
    backends += [each.backend for each in rules.defaults]
    warnings = [
        *(warning for _, warning in rules.unserved),
        *(warning for each in rules.entries for warning in _of_entry(rules, each)),
        *_several_defaults(rules),
        *(warning for each in backends if each for warning in _missing(rules, each)),
        *(warning for each in rules.tls for warning in tls_warnings(each, rules.certificates)),
    ]
    return list(dict.fromkeys(warnings))


_BY_RULE = ("service", "resource")


def _unserved(rules: "RuleSet", request: Request) -> Iterator[RuleWarning]:
    """Why Ingresses that speak of the request's host, or of every host, are not served."""
    for routes, warning in rules.unserved:
        if not routes or any(host_takes(route.host, request.host) for route in routes):
            yield warning


def _of_entry(rules: "RuleSet", entry: Entry) -> Iterator[RuleWarning]:
    """Why an entry takes nothing: the controller leaves it out, or others go first."""
    if entry.unusable is None:
        yield from _shadowed(rules, entry)
        return
    missing = list(_missing(rules, entry.route.backend)) if entry.route.backend else []
    yield from missing
    if not missing:
        why = f"{entry.route} is left out: {entry.unusable.reason}"
        yield RuleWarning(f"rule-{entry.unusable.verdict}".replace(" ", "-"), why)


def _missing(rules: "RuleSet", backend: Backend) -> Iterator[RuleWarning]:
    missing = rules.directory.targets(backend).missing
    if missing:
        yield RuleWarning(*missing)


def _shadowed(rules: "RuleSet", entry: Entry) -> Iterator[RuleWarning]:
    """Whether an entry that goes before takes all that this one would."""
    route = entry.route
    for other in rules.around(route.host, entry.path.example):
        if other is entry:
            return
        if not _covers(other, entry):
            continue
        criterion = rules.profile.deciding(other, entry)
        if not criterion.specified:
            why = f"{other.route} and {route} say the same: which of them counts is open"
            yield RuleWarning("same-rule-twice", why)
        elif not other.unsure:
            words = criterion.words(other, entry)
            why = f"{route} is never reached: {other.route} takes all its requests: {words}"
            yield RuleWarning("rule-unreachable", why)
        return


def _covers(other: Entry, entry: Entry) -> bool:
    """Whether `other` takes every request that `entry` does."""
    return (
        entry.schemes <= other.schemes
        and host_takes(other.route.host, entry.route.host)
        and other.path.covers(entry.path)
    )


def _several_defaults(rules: "RuleSet") -> Iterator[RuleWarning]:
    if len(rules.defaults) > 1:
        every = ", ".join(each.ingress for each in rules.defaults)
        why = f"several Ingresses have a default backend ({every}): which counts is open"
        yield RuleWarning("several-defaults", why)


def _wrong_certificate(
    rules: "RuleSet", request: Request, certificate: Certificate | None
) -> Iterator[RuleWarning]:
    """Whether a client would refuse the certificate for its name."""
    if certificate is None or not certificate.secret or rules.certificates is None:
        return
    names = rules.certificates[certificate.secret]
    if not any(host_takes(name.lower(), request.server_name) for name in names):
        why = (
            f"the certificate in Secret {certificate.secret} is for "
            f"{', '.join(names) or 'no name'}, not for {request.server_name or request.host}"
        )
        yield RuleWarning("host-not-in-certificate", why)
