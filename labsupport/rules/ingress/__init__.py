"""The one matcher: which Ingress rule takes a request, and why every other does not.

`RuleSet` holds Ingresses as a controller sees them, `decide` asks it about one request. What a
controller does its own way is a `Profile`: data and small functions (`profile`), so that another
controller is another value, not another matcher. Nothing here reads a cluster: callers hand in
the objects as JSON.
"""

from labsupport.rules.ingress.decision import Candidate, Decision, RuleWarning
from labsupport.rules.ingress.profile import SPEC, Criterion, Match, Profile
from labsupport.rules.ingress.request import Request
from labsupport.rules.ingress.route import Backend, Route
from labsupport.rules.ingress.ruleset import RuleSet, decide
from labsupport.rules.ingress.targets import Endpoint

__all__ = [
    "SPEC",
    "Backend",
    "Candidate",
    "Criterion",
    "Decision",
    "Endpoint",
    "Match",
    "Profile",
    "Request",
    "Route",
    "RuleSet",
    "RuleWarning",
    "decide",
]
