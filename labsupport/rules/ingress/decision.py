"""Decisions: what happens to one request, and the reason for every rule that was considered."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from labsupport.base.types import Json
from labsupport.rules.ingress.request import Request
from labsupport.rules.ingress.route import Backend, Route
from labsupport.rules.ingress.targets import Endpoint

Outcome = Literal["service", "resource", "default", "none", "undetermined"]
Fault = Literal["no backend", "disabled", "replaced"]
Verdict = Literal["won", "tie", "lost", "host", "path", "scheme", "class"] | Fault


@dataclass(frozen=True)
class RuleWarning:
    """Something that will surprise: a `code` for programs, a `message` for people."""

    code: str
    message: str

    def to_json(self) -> Json:
        """Plain data."""
        return {"code": self.code, "message": self.message}


class Candidate(NamedTuple):
    """One route as it was considered.

    `verdict` names what decided: it "won", "lost" to a better match, is in a "tie" with another
    that may as well be taken, differed in "host" or "path", answers another "scheme" only, its
    "class" is not served, it has "no backend" to send requests to, was "replaced" by the same rule
    further down, or is "disabled" for another fault that keeps this controller from using it.
    """

    route: Route
    verdict: Verdict
    reason: str

    def __str__(self) -> str:
        return f"{self.route} [{self.verdict}] {self.reason}"

    def to_json(self) -> Json:
        """Plain data."""
        return {
            "ingress": self.route.ingress,
            "host": self.route.host,
            "path": self.route.path,
            "pathType": self.route.path_type,
            "verdict": self.verdict,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Certificate:
    """The certificate of a TLS handshake: the Secret as `namespace/name` and the Ingress that
    names it, both "" for the controller's own default certificate; and why that one."""

    secret: str
    ingress: str
    reason: str

    def __str__(self) -> str:
        return f"{f'Secret {self.secret}' if self.secret else 'the default'}: {self.reason}"

    def to_json(self) -> Json:
        """Plain data."""
        return {
            "secret": self.secret or None,
            "ingress": self.ingress or None,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Goal:
    """Where a request ends: at a rule's backend, a default backend, or at the proxy's own 404."""

    outcome: Outcome = "none"
    status: int = 404
    ingress: str = ""
    backend: Backend | None = None
    endpoints: tuple[Endpoint, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What a controller of this profile does with the request.

    `candidates` stand in the order considered: the first in precedence first. `ingress` is the
    `namespace/name` of the Ingress whose rule or default backend took the request, "" when none
    did. `status` is the answer to expect: 200 when a backend can answer, 404 when no rule takes
    the request, 503 when the backend has nobody to answer, 308 for a redirect to HTTPS; 0 when
    that is left to chance. `endpoints` are those ready to answer. `fallback` is the default
    backend that takes the request when no rule does, with its Ingress; `certificate` is None over
    plain HTTP.
    """

    request: Request
    profile: str
    outcome: Outcome
    status: int
    ingress: str
    backend: Backend | None
    candidates: tuple[Candidate, ...]
    endpoints: tuple[Endpoint, ...]
    warnings: tuple[RuleWarning, ...]
    fallback: tuple[str, Backend] | None = None
    certificate: Certificate | None = None

    @property
    def winner(self) -> Candidate | None:
        """The candidate that took the request; None for the default backend and for nobody."""
        return next((each for each in self.candidates if each.verdict == "won"), None)

    @property
    def summary(self) -> str:
        """The decision in one sentence."""
        url = self.request.url
        if self.outcome == "undetermined":
            tied = [str(each.route) for each in self.candidates if each.verdict == "tie"]
            return f"{url}: not determined: {' or '.join(tied) or 'several default backends'}"
        if self.backend is None:
            return f"{url}: no rule takes it, and there is no default backend: 404"
        by = self.winner.reason if self.winner else "no rule takes it, so the default backend does"
        goal = f"{self.backend} of Ingress {self.ingress}"
        return f"{url}: {goal}: {by}{_OTHER_STATUS.get(self.status, '')}"

    def __str__(self) -> str:
        lines = [self.summary]
        lines += [f"  {candidate}" for candidate in self.candidates]
        lines += [f"  warning: {warning.message}" for warning in self.warnings]
        return "\n".join(lines)

    def to_json(self) -> Json:
        """Plain data, as `lab explain --json` prints it."""
        winner = self.winner.route if self.winner else None
        rule = winner and {"host": winner.host, "path": winner.path, "pathType": winner.path_type}
        fallback = self.fallback and {
            "ingress": self.fallback[0],
            "backend": self.fallback[1].to_json(),
        }
        return {
            "request": self.request.to_json(),
            "profile": self.profile,
            "outcome": self.outcome,
            "status": self.status,
            "ingress": self.ingress or None,
            "rule": rule,
            "backend": self.backend and self.backend.to_json(),
            "pods": [endpoint.to_json() for endpoint in self.endpoints],
            "default": fallback,
            "certificate": self.certificate and self.certificate.to_json(),
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "warnings": [warning.to_json() for warning in self.warnings],
        }


_OTHER_STATUS = {
    503: "; nobody there can answer: 503",
    308: "; plain HTTP is redirected to HTTPS: 308",
}
