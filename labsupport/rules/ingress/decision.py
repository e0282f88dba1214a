"""Decisions: what happens to one request, and the reason for every rule that was considered."""

from dataclasses import dataclass
from typing import Literal

from labsupport.base.types import Json
from labsupport.rules.ingress.request import Request
from labsupport.rules.ingress.route import Backend, Route
from labsupport.rules.ingress.targets import Endpoint

Outcome = Literal["service", "resource", "default", "none"]
Verdict = Literal["won", "lost", "host", "path", "class", "no backend"]


@dataclass(frozen=True)
class RuleWarning:
    """Something that will surprise: a `code` for programs, a `message` for people."""

    code: str
    message: str

    def to_json(self) -> Json:
        """Plain data."""
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True)
class Candidate:
    """One route as it was considered.

    `verdict` names what decided: it "won", "lost" to a better match, differed in "host" or
    "path", its "class" is not served, or it has "no backend" to send requests to.
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
class Decision:
    """What a controller of this profile does with the request.

    `candidates` stand in the order considered: the most specific first. `ingress` is the
    `namespace/name` of the Ingress whose rule or default backend took the request, "" when none
    did. `status` is the answer to expect: 200 when a backend can answer, 404 when no rule takes
    the request, 503 when the backend has nobody to answer. `endpoints` are those ready to answer.
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

    @property
    def winner(self) -> Candidate | None:
        """The candidate that took the request; None for the default backend and for nobody."""
        return next((each for each in self.candidates if each.verdict == "won"), None)

    @property
    def summary(self) -> str:
        """The decision in one sentence."""
        if self.backend is None:
            return f"{self.request.url}: no rule takes it, and there is no default backend: 404"
        by = self.winner.reason if self.winner else "no rule takes it, so the default backend does"
        goal = f"{self.backend} of Ingress {self.ingress}"
        nobody = "" if self.status == 200 else f"; nobody there can answer: {self.status}"
        return f"{self.request.url}: {goal}: {by}{nobody}"

    def __str__(self) -> str:
        lines = [self.summary]
        lines += [f"  {candidate}" for candidate in self.candidates]
        lines += [f"  warning: {warning.message}" for warning in self.warnings]
        return "\n".join(lines)

    def to_json(self) -> Json:
        """Plain data, as `lab explain --json` prints it."""
        winner = self.winner.route if self.winner else None
        return {
            "request": self.request.to_json(),
            "profile": self.profile,
            "outcome": self.outcome,
            "status": self.status,
            "ingress": self.ingress or None,
            "rule": winner
            and {"host": winner.host, "path": winner.path, "pathType": winner.path_type},
            "backend": self.backend and self.backend.to_json(),
            "pods": [endpoint.to_json() for endpoint in self.endpoints],
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "warnings": [warning.to_json() for warning in self.warnings],
        }
