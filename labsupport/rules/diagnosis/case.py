"""One case: the facts, and what follows from them for several hops."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from labsupport.base.types import Json
from labsupport.rules.diagnosis.facts import Answer, Facts, SecretFacts
from labsupport.rules.ingress import Candidate, Decision, Route, RuleSet, RuleWarning
from labsupport.rules.ingress.middlewares import without_known_middlewares
from labsupport.rules.ingress.pattern import host_takes
from labsupport.rules.ingress.route import Backend, name_of, namespace_of, routes_of

_FITTING = ("won", "tie", "lost", "scheme", "disabled", "replaced", "no backend")
_UNAVAILABLE = (502, 503, 504)


@dataclass(frozen=True)
class Destination:
    """Whose address the request went to; `service` where it is a Service's, `pod` a Pod's."""

    kind: Literal["proxy", "service", "pod", "unknown"]
    service: Json | None = None
    pod: Json | None = None


class Case:
    """The facts with the rules applied to them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.request = facts.request
        self.cluster = facts.cluster
        self.controller = facts.controller

    # The answer

    @property
    def answer(self) -> Answer | None:
        """The last answer that came."""
        return self.facts.sent.answers[-1] if self.facts.sent.answers else None

    @property
    def from_application(self) -> bool:
        """Whether what answered is behind the proxy, good or bad."""
        return self.answer is not None and self.answer.by == "app"

    @property
    def turned_away(self) -> bool:
        """Whether the proxy itself said that it has no rule for the request."""
        answer = self.answer
        return answer is not None and answer.status == 404 and answer.by == "proxy"

    @property
    def unavailable(self) -> bool:
        """Whether the proxy has a rule, but got nothing from behind it."""
        answer = self.answer
        return answer is not None and answer.by != "app" and answer.status in _UNAVAILABLE

    # The rules

    @cached_property
    def ingresses(self) -> list[Json]:
        """The Ingresses as the controller reads them."""
        return without_known_middlewares(self.cluster.ingresses or (), self.cluster.middlewares)

    @cached_property
    def rules(self) -> RuleSet:
        """The rules as the controller has them."""
        secrets = self.cluster.secrets
        return RuleSet(
            self.ingresses,
            classes=self.cluster.classes,
            services=self.cluster.services,
            slices=self.cluster.slices,
            certificates=None
            if secrets is None
            else {
                each.place: each.certificate.all_names
                for each in secrets
                if each.certificate is not None
            },
            profile=self.controller.profile,
            controller=self.controller.controller,
        )

    @cached_property
    def decision(self) -> Decision:
        """What the controller should do with the request."""
        return self.rules.decide(self.request)

    @cached_property
    def intentions(self) -> Decision:
        """What it would do, if every Service that a rule names were there."""
        return RuleSet(
            self.ingresses,
            classes=self.cluster.classes,
            profile=self.controller.profile,
            controller=self.controller.controller,
        ).decide(self.request)

    @cached_property
    def wishes(self) -> Decision:
        """What it would do, if it served every Ingress whatever its class."""
        any_class = replace(self.controller.profile, refusal=lambda *_: None)
        return RuleSet(self.ingresses, profile=any_class).decide(self.request)

    @cached_property
    def meant(self) -> Route | None:
        """The rule that is for this request, served or not; None when host or path fit none."""
        served, any_class = _best(self.intentions), _best(self.wishes)
        if served and (served.host or any_class is None or not any_class.host):
            return served
        return any_class

    @cached_property
    def about_host(self) -> list[Candidate]:
        """The rules whose host takes the request's, of whatever class, with their verdicts."""
        host = self.request.host
        return [each for each in self.wishes.candidates if host_takes(each.route.host, host)]

    @cached_property
    def backend(self) -> Backend | None:
        """Where the rule meant sends requests, or else the default backend; without an Ingress,
        the Service that was asked itself."""
        asked = self.destination
        if asked.kind == "service" and asked.service is not None:
            port = self.facts.sent.port or self.request.port
            return Backend(namespace_of(asked.service), asked.service["metadata"]["name"], port)
        if asked.kind == "pod":
            return None
        if self.meant is not None:
            return self.meant.backend
        return self.decision.backend if self.decision.outcome == "default" else None

    def ingress(self, place: str) -> Json | None:
        """The Ingress `namespace/name`."""
        return next((each for each in self.ingresses if name_of(each) == place), None)

    def refusal(self, ingress: Json) -> RuleWarning | None:
        """Why the controller does not serve the Ingress, by its class."""
        classes = self.cluster.classes
        known = None if classes is None else {each["metadata"]["name"]: each for each in classes}
        return self.controller.profile.refusal(ingress, known, self.controller.controller)

    # Addresses

    @cached_property
    def controller_service(self) -> Json | None:
        """The Service by which the proxy is reached."""
        return self.service(self.controller.namespace, self.controller.name)

    @cached_property
    def controller_addresses(self) -> tuple[str, ...]:
        """The addresses (IPs or names) of the proxy's load balancer."""
        if self.controller_service is None:
            return self.facts.controller.addresses
        return load_balancer(self.controller_service)

    @cached_property
    def claiming(self) -> list[Json]:
        """The Ingresses with a rule that names the request's host, exactly or by wildcard."""
        host = self.request.host
        return [
            each
            for each in self.ingresses
            if any(route.host and host_takes(route.host, host) for route in routes_of(each))
        ]

    @cached_property
    def expected_addresses(self) -> tuple[str, ...]:
        """Where the name should lead, if an Ingress is for it: to the proxy that serves it."""
        found = [*self.controller_addresses]
        for each in self.claiming:
            found += load_balancer(each) if self.refusal(each) is not None else ()
        return tuple(dict.fromkeys(found))

    @cached_property
    def destination(self) -> Destination:
        """Whose address the request went to."""
        address = self.facts.sent.address or self.facts.naming.address
        proxy = self.controller_service
        if proxy is not None and address in addresses(proxy):
            return Destination("proxy", proxy)
        if proxy is None and address in self.facts.controller.addresses:
            return Destination("proxy")
        for service in self.cluster.services or ():
            if address in addresses(service):
                return Destination("service", service)
        for pod in self.cluster.pods or ():
            if address and (pod.get("status") or {}).get("podIP") == address:
                return Destination("pod", pod=pod)
        # The way to the proxy may lead through addresses that the cluster knows nothing of.
        seen = self.answer is not None and (self.answer.router or self.answer.by == "proxy")
        known = address in self.expected_addresses or not self.cluster.services
        return Destination("proxy" if seen or known else "unknown")

    # Objects

    def service(self, namespace: str, name: str) -> Json | None:
        """The Service of that name."""
        for each in self.cluster.services or ():
            if (namespace_of(each), each["metadata"]["name"]) == (namespace, name):
                return each
        return None

    def secret(self, place: str) -> SecretFacts | None:
        """The Secret `namespace/name`."""
        return next((each for each in self.cluster.secrets or () if each.place == place), None)


def _best(decision: Decision) -> Route | None:
    """The rule that takes the request, or would but for a fault of its own."""
    for verdict in _FITTING:
        for each in decision.candidates:
            if each.verdict == verdict:
                return each.route
    return None


def load_balancer(obj: Json) -> tuple[str, ...]:
    """The IPs and names in `status.loadBalancer` of a Service or Ingress."""
    entries = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    return tuple(str(each.get("ip") or each.get("hostname") or "") for each in entries)


def addresses(service: Json) -> tuple[str, ...]:
    """Every IP by which a Service is reached."""
    spec = service.get("spec") or {}
    own = [spec.get("clusterIP"), *(spec.get("clusterIPs") or ()), *(spec.get("externalIPs") or ())]
    return tuple(each for each in (*load_balancer(service), *own) if each and each != "None")
