"""One controller's way through the scenarios."""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from labsupport.base.errors import UsageError, WaitTimeout
from labsupport.base.types import Json
from labsupport.kube.wait import settled
from labsupport.rules.conformance import PODS, REQUESTS, SCENARIOS, Feature, Scenario, ingress
from labsupport.session.addresses import external_address
from labsupport.session.conformance.asking import Tried, tried
from labsupport.session.conformance.ground import ground, scale
from labsupport.session.conformance.reasons import Reasons
from labsupport.session.conformance.report import Report, Result
from labsupport.session.controller import INSTALLATIONS, Controller
from labsupport.session.installing import install, uninstall

if TYPE_CHECKING:
    from labsupport.session.lab import Lab

CONTROLLERS = ("traefik", "traefik-default", "traefik-nginx", "lab-controller")
"""The controllers that are compared, unless others are named."""

_LIVE = 10.0  # seconds for an Ingress to get its address, and to be served
_SECOND_LOOK = 1.0  # seconds in which a wrong answer may still turn out right
_NO_ADDRESS = 3.0  # seconds in which an Ingress that nobody serves must not get an address
_PAUSE = 0.05


def conformance(lab: "Lab", names: Sequence[str] = CONTROLLERS) -> Report:
    """All scenarios on each of the controllers; some 10 s for each. See `results_of`."""
    report = Report()
    for name in known_names(names):
        report.begin(name)
        with closing(results_of(lab, name)) as results:
            for result in results:
                report.add(name, result)
    return report


def known_names(names: Sequence[str]) -> list[str]:
    """The names, each once; `CONTROLLERS` for none. UsageError for one that is no controller's."""
    known = [each.name for each in INSTALLATIONS]
    for name in names:
        if name not in known:
            raise UsageError(
                f"the lab has no controller {name!r}",
                found=f"controllers: {', '.join(known)}",
                remedy="./lab conformance --controller traefik",
            )
    return list(dict.fromkeys(names or CONTROLLERS))


def results_of(lab: "Lab", name: str) -> Generator[Result]:
    """The scenarios on one controller, one after another, each result as soon as it is there.

    A controller that is not installed is installed for the time being. The Ingresses are in a
    namespace of their own, but a controller has one set of rules: others of its class can get in
    the way, which `why` then tells.
    """
    with _installed(lab, name) as controller:
        namespace = f"conformance-{name}"
        with ground(lab.api, namespace):
            yield from Trial(lab, controller, namespace).results()


@contextmanager
def _installed(lab: "Lab", name: str) -> Iterator[Controller]:
    found = _controller(lab, name)
    if found is not None:
        yield found
        return
    try:
        list(install(lab, name, "default"))
        fresh = _controller(lab, name)
        assert fresh is not None  # installed just now
        yield fresh
    finally:
        list(uninstall(lab, name, "default"))


def _controller(lab: "Lab", name: str) -> Controller | None:
    return next((each for each in lab.controllers.values() if each.name == name), None)


class Trial:
    """The scenarios of one controller, in a namespace that has the backends."""

    def __init__(self, lab: "Lab", controller: Controller, namespace: str) -> None:
        self._lab = lab
        self._controller = controller
        self._namespace = namespace

    def results(self) -> Iterator[Result]:
        """All of them, feature by feature: two default backends at once would be one too many."""
        lab, namespace = self._lab, self._namespace
        lab.api.create(self._ingress("ingress class"))
        since = time.monotonic()
        yield from self._asked("host rules")
        yield from self._asked("path rules")
        yield from self._asked("default backend")
        scale(lab.api, namespace, PODS)
        yield from self._asked("load balancing")
        yield self._without_address(_of("ingress class")[0], since)

    def _ingress(self, feature: Feature) -> Json:
        return ingress(
            feature, class_name=self._controller.ingress_class, namespace=self._namespace
        )

    def _asked(self, feature: Feature) -> Iterator[Result]:
        """The results of one feature, with its Ingress there for that time."""
        obj = self._ingress(feature)
        self._lab.api.create(obj)
        try:
            address = self._live_address(obj, feature)
            reasons = Reasons(self._lab, self._controller)
            for scenario in _of(feature):
                if feature == "load balancing":
                    yield self._spread(scenario, address)
                else:
                    yield self._routed(scenario, address, reasons)
        except WaitTimeout as error:
            why = f"{error.what}: {error.found}"
            yield from (Result(scenario, False, why) for scenario in _of(feature))
        finally:
            self._lab.api.delete("ingresses", obj["metadata"]["name"], self._namespace)

    def _live_address(self, obj: Json, feature: Feature) -> str:
        """The address in the Ingress's status, once one of its rules is served there.

        WaitTimeout when it gets none. Not being served is for the scenarios to tell.
        """
        name = obj["metadata"]["name"]
        address = external_address(self._lab.api, "ingress", name, self._namespace, timeout=_LIVE)
        served = [each for each in _of(feature) if each.service]
        settled(
            lambda: any(not self._ask(each, address).faults for each in served),
            bool,
            timeout=_LIVE,
            every=_PAUSE,
        )
        return address

    def _routed(self, scenario: Scenario, address: str, reasons: Reasons) -> Result:
        """The result of a scenario that one request tells."""
        found = settled(
            lambda: self._ask(scenario, address),
            lambda each: not each.faults,
            timeout=_SECOND_LOOK,
            every=_PAUSE,
        )
        if not found.faults:
            return Result(scenario, True, *reasons.passed(scenario, found.answer))
        why, foreseen = reasons.failed(scenario, found.answer)
        return Result(scenario, False, f"{'; '.join(found.faults)}.\n{why}", foreseen)

    def _ask(self, scenario: Scenario, address: str) -> Tried:
        return tried(self._lab.client, scenario, address)

    def _spread(self, scenario: Scenario, address: str) -> Result:
        """The result of the scenario that counts pods: first all must have been heard of."""
        seen: set[str] = set()
        deadline = time.monotonic() + _LIVE
        while len(seen - {""}) < PODS and time.monotonic() < deadline:
            seen.add(self._ask(scenario, address).pod)
        answers = [self._ask(scenario, address) for _ in range(REQUESTS)]
        bad = [str(each.answer) for each in answers if each.faults]
        pods = {each.pod for each in answers} - {""}
        told = (
            f"{REQUESTS - len(bad)} of {REQUESTS} requests answered as wanted, by {len(pods)} pods"
        )
        if bad:
            told += f"; others: {', '.join(sorted(set(bad)))}"
        passed = not bad and len(pods) == PODS
        why = f"{told}; wanted were {scenario.wanted}" if not passed else told
        return Result(scenario, passed, f"{why}.")

    def _without_address(self, scenario: Scenario, since: float) -> Result:
        """The result of the scenario whose Ingress has an unknown class, created at `since`."""
        time.sleep(max(0.0, _NO_ADDRESS - (time.monotonic() - since)))
        obj = self._lab.object("ingress", "ingress-class", namespace=self._namespace)
        got = obj.get("status", {}).get("loadBalancer", {}).get("ingress", [])
        reasons = Reasons(self._lab, self._controller, invalid_class=True)
        if got:
            why = f"It got the address {got[0].get('ip') or got[0].get('hostname')}."
            return Result(scenario, False, why, False)
        return Result(scenario, True, f"It got no address. {reasons.unserved()}.", True)


def _of(feature: Feature) -> list[Scenario]:
    return [each for each in SCENARIOS if each.feature == feature]
