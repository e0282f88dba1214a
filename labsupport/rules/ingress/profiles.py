"""All profiles by name, and where two of them differ."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labsupport.base.errors import UsageError
from labsupport.rules.ingress.decision import Decision
from labsupport.rules.ingress.pattern import PathPattern
from labsupport.rules.ingress.profile import Profile
from labsupport.rules.ingress.request import Request
from labsupport.rules.ingress.ruleset import RuleSet
from labsupport.rules.ingress.spec import LAB, SPEC
from labsupport.rules.ingress.traefik import TRAEFIK, TRAEFIK_DEFAULTS
from labsupport.rules.ingress.traefik_nginx import TRAEFIK_NGINX

PROFILES: dict[str, Profile] = {
    profile.name: profile for profile in (SPEC, LAB, TRAEFIK, TRAEFIK_DEFAULTS, TRAEFIK_NGINX)
}
"""Every profile, by its name."""


def profile_named(name: str) -> Profile:
    """The profile of that name; UsageError lists those there are."""
    if name in PROFILES:
        return PROFILES[name]
    raise UsageError(
        f"there is no profile {name!r}",
        found=f"profiles: {', '.join(PROFILES)}",
        remedy="./lab explain --profile traefik http://kiada.example.com/",
    )


@dataclass(frozen=True)
class Difference:
    """A request that two profiles answer differently."""

    request: Request
    first: Decision
    second: Decision

    def __str__(self) -> str:
        return "\n".join(f"{each.profile}: {each.summary}" for each in (self.first, self.second))


def differences(
    first: RuleSet, second: RuleSet, requests: Iterable[Request] | None = None
) -> list[Difference]:
    """The requests that two rule sets, of one set of Ingresses under two profiles, see differently.

    Without `requests`, those are tried that the rules themselves suggest.
    """
    tried = telling_requests(first, second) if requests is None else requests
    pairs = ((each, first.decide(each), second.decide(each)) for each in tried)
    return [Difference(each, one, other) for each, one, other in pairs if _end(one) != _end(other)]


def _end(decision: Decision) -> tuple[object, ...]:
    chance = decision.outcome == "undetermined"
    return chance, decision.status, decision.backend


def telling_requests(*rules: RuleSet) -> list[Request]:
    """Requests at the edges of the rules: each host with each path, and what is next to them."""
    hosts = {host for each in rules for host in each.hosts}
    patterns = {entry.path for each in rules for entry in each.entries}
    asked = sorted({name for host in hosts for name in _hosts_near(host)})
    paths = sorted({path for pattern in patterns for path in _paths_near(pattern)} | {"/"})
    return [Request("http", host, 80, path) for host in asked for path in paths]


def _hosts_near(host: str) -> Iterator[str]:
    if host.startswith("*."):
        yield from (host[2:], f"a{host[1:]}", f"a.b{host[1:]}")
    else:
        yield host or "any.example"


def _paths_near(pattern: PathPattern) -> Iterator[str]:
    text = pattern.example.rstrip("/")
    yield from (text or "/", f"{text}/", f"{text}/x", f"{text or '/'}x", f"{text or '/x'}".upper())
