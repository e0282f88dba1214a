"""The one matcher: which Ingress rule takes a request, and why every other does not.

`RuleSet` holds Ingresses as a controller sees them, `decide` asks it about one request. What a
controller does its own way is a `Profile`: data and small functions, so that another controller is
another value, not another matcher. `differences` says where two of them disagree. Nothing here
reads a cluster: callers hand in the objects as JSON.
"""

from labsupport.rules.ingress.decision import Candidate, Certificate, Decision, RuleWarning
from labsupport.rules.ingress.pattern import Match, PathPattern, host_match, path_match
from labsupport.rules.ingress.profile import Criterion, Profile
from labsupport.rules.ingress.profiles import (
    PROFILES,
    Difference,
    differences,
    profile_named,
    telling_requests,
)
from labsupport.rules.ingress.request import Request
from labsupport.rules.ingress.route import Backend, Route
from labsupport.rules.ingress.ruleset import RuleSet, decide
from labsupport.rules.ingress.spec import LAB, SPEC
from labsupport.rules.ingress.targets import Endpoint
from labsupport.rules.ingress.traefik import TRAEFIK, TRAEFIK_DEFAULTS
from labsupport.rules.ingress.traefik_nginx import TRAEFIK_NGINX

__all__ = [
    "LAB",
    "PROFILES",
    "SPEC",
    "TRAEFIK",
    "TRAEFIK_DEFAULTS",
    "TRAEFIK_NGINX",
    "Backend",
    "Candidate",
    "Certificate",
    "Criterion",
    "Decision",
    "Difference",
    "Endpoint",
    "Match",
    "PathPattern",
    "Profile",
    "Request",
    "Route",
    "RuleSet",
    "RuleWarning",
    "decide",
    "differences",
    "host_match",
    "path_match",
    "profile_named",
    "telling_requests",
]
