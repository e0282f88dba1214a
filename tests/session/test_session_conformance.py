"""The conformance scenarios on live controllers: what each departs in, why, and what is left."""

from collections.abc import Iterator

import pytest

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.kube.wait import until_nothing_missing
from labsupport.rules.conformance import SCENARIOS
from labsupport.session.conformance import CONTROLLERS, Report, Result, results_of, trial
from labsupport.session.conformance.ground import ground
from labsupport.session.controller import INSTALLATIONS
from labsupport.session.lab import Lab

EXACT_FIRST = "Exact /foo goes before Prefix /foo"
DEPARTURES = {
    "traefik": [EXACT_FIRST],
    "traefik-default": [
        "Prefix /aaa does not take /aaaccc",
        EXACT_FIRST,
        "Prefix /aaa/bbb/ takes /aaa/bbb",
    ],
    "traefik-nginx": [EXACT_FIRST],
    "lab-controller": [],
}


def namespaces(lab: Lab) -> set[str]:
    return {each["metadata"]["name"] for each in lab.objects("namespaces", namespace=None)}


@pytest.fixture(scope="module", params=CONTROLLERS)
def run(request: pytest.FixtureRequest, lab: Lab) -> tuple[str, Report, set[str], set[str]]:
    """A controller's name, its results, and the namespaces before and after."""
    before = namespaces(lab)
    report = lab.conformance(request.param)
    return request.param, report, before, namespaces(lab)


Run = tuple[str, Report, set[str], set[str]]


def test_a_controller_departs_where_it_is_known_to(run: Run) -> None:
    name, report, _, _ = run
    assert [each.scenario.name for _, each in report.departures()] == DEPARTURES[name]


def test_every_scenario_is_asked(run: Run) -> None:
    name, report, _, _ = run
    assert set(report.results[name]) == {scenario.name for scenario in SCENARIOS}


def test_the_rule_engine_foresees_every_answer(run: Run) -> None:
    name, report, _, _ = run
    surprises = [each for each in report.results[name].values() if each.foreseen is False]
    assert surprises == []


def test_nothing_stays_behind(run: Run) -> None:
    _, _, before, after = run
    assert after == before


def test_a_departure_is_explained_by_the_profile_and_by_the_specification(run: Run) -> None:
    for controller, departure in run[1].departures():
        profile = next(each.profile for each in INSTALLATIONS if each.name == controller)
        assert f"by profile {profile}: " in departure.why
        assert "By Kubernetes' own words: " in departure.why


def first_results(lab: Lab, name: str, count: int) -> list[Result]:
    """The first results, and then the learner interrupts."""
    going = results_of(lab, name)
    found = [next(going) for _ in range(count)]
    going.close()
    return found


def test_an_interrupted_run_leaves_nothing(lab: Lab) -> None:
    before = namespaces(lab)
    first_results(lab, "traefik-default", 1)
    assert namespaces(lab) == before
    assert "traefik-default" not in lab.controllers


@pytest.fixture
def catch_all(lab: Lab) -> Iterator[None]:
    """An Ingress of somebody else's, whose default backend takes every request."""
    backend = {"service": {"name": "quote", "port": {"number": 80}}}
    obj: Json = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "catch-all", "namespace": "default"},
        "spec": {"ingressClassName": "traefik", "defaultBackend": backend},
    }
    lab.api.create(obj)
    lab.wait_for("http://nobody.example.com/", resolve=lab.address)
    yield
    lab.api.delete("ingresses", "catch-all")


@pytest.mark.usefixtures("catch_all")
def test_an_ingress_that_gets_in_the_way_is_named(lab: Lab) -> None:
    result = first_results(lab, "traefik", 3)[2]
    assert not result.passed
    assert "Wanted 404, got 200" in result.why
    assert "Ingress default/catch-all: no rule takes it, so the default backend does" in result.why


@pytest.fixture
def standing_still(lab: Lab) -> Iterator[str]:
    """A controller that is installed, but has no pod."""
    name = "traefik-default"
    lab.install(name)
    deployment = lab.object("deployment", name, namespace=name)
    lab.api.replace({**deployment, "spec": {**deployment["spec"], "replicas": 0}})
    until_nothing_missing(
        lambda: [each["metadata"]["name"] for each in lab.objects("pods", namespace=name)],
        what="its pod to be gone",
        timeout=20,
    )
    yield name
    lab.uninstall(name)


def test_a_controller_that_does_not_run_fails_in_words(
    lab: Lab, standing_still: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "_LIVE", 0.2)
    monkeypatch.setattr(trial, "_NO_ADDRESS", 0.0)
    found = list(results_of(lab, standing_still))
    passed = [each.scenario.feature for each in found if each.passed]
    assert passed == ["ingress class"]
    assert "host-rules has no address" in found[0].why


@pytest.fixture
def installed(lab: Lab) -> Iterator[str]:
    """A controller that the learner installed."""
    lab.install("traefik-public")
    yield "traefik-public"
    lab.uninstall("traefik-public")


def test_what_was_installed_before_stays_installed(lab: Lab, installed: str) -> None:
    first_results(lab, installed, 1)
    assert installed in [each.name for each in lab.controllers.values()]


def test_a_namespace_of_somebody_elses_is_left_alone(lab: Lab) -> None:
    name = "conformance-theirs"
    lab.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    with pytest.raises(UsageError, match="of their own"), ground(lab.api, name):
        pytest.fail("it was taken")
    assert name in namespaces(lab)
    lab.api.delete("namespaces", name)


def test_an_unknown_controller_is_refused_with_those_there_are(lab: Lab) -> None:
    with pytest.raises(UsageError, match="no controller 'nginx'") as caught:
        lab.conformance("nginx")
    assert "traefik-nginx" in caught.value.found
