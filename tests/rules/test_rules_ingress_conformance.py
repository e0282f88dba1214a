"""The scenarios of ingress-controller-conformance, as each profile decides them."""

import pytest

from labsupport.base.types import Json
from labsupport.rules.conformance import SCENARIOS, SECRET, Scenario, ingress
from labsupport.rules.ingress import (
    LAB,
    SPEC,
    TRAEFIK,
    TRAEFIK_DEFAULTS,
    TRAEFIK_NGINX,
    Decision,
    Profile,
    decide,
)

PROFILES = [SPEC, LAB]
CLASSES: list[Json] = [
    {"metadata": {"name": "named"}, "spec": {"controller": "example.com/controller"}}
]


def decided(scenario: Scenario, profile: Profile) -> Decision:
    """The decision under the scenario's Ingress, whose class is there unless it is to be missing.

    Traefik's profiles want classes of their own, so they are left to take any on trust.
    """
    known = CLASSES if profile in PROFILES else None
    found = ingress(scenario.feature, class_name="named" if known else "")
    return decide(
        scenario.request,
        [found],
        classes=known,
        certificates={f"default/{SECRET}": ["foo.bar.com"]},
        profile=profile,
    )


def keeps_to(scenario: Scenario, decision: Decision) -> bool:
    """Whether the decision is what the suite wants; a redirect to HTTPS is followed."""
    if decision.status not in ((200, 308) if scenario.service else (404,)):
        return False
    return (decision.backend.service if decision.backend else None) == scenario.service


def test_the_suite_has_thirty_scenarios_each_with_a_name_of_its_own() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS) == 30


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_scenario_goes_where_it_should(scenario: Scenario, profile: Profile) -> None:
    assert keeps_to(scenario, decided(scenario, profile))


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_https_gets_the_certificate_of_the_host(profile: Profile) -> None:
    decision = decided(SCENARIOS[0], profile)
    assert decision.certificate is not None
    assert decision.certificate.secret == f"default/{SECRET}"
    assert decision.warnings == ()


# The last scenario is about classes, which these profiles here take on trust.
@pytest.mark.parametrize(
    ("profile", "departures"),
    [
        (TRAEFIK, ["Exact /foo goes before Prefix /foo"]),
        (TRAEFIK_NGINX, ["Exact /foo goes before Prefix /foo"]),
        (
            TRAEFIK_DEFAULTS,
            [
                "Prefix /aaa does not take /aaaccc",
                "Exact /foo goes before Prefix /foo",
                "Prefix /aaa/bbb/ takes /aaa/bbb",
            ],
        ),
    ],
    ids=["traefik", "traefik-nginx", "traefik-defaults"],
)
def test_traefik_departs_where_it_is_known_to(profile: Profile, departures: list[str]) -> None:
    found = [
        scenario.name
        for scenario in SCENARIOS[:-1]
        if not keeps_to(scenario, decided(scenario, profile))
    ]
    assert found == departures
