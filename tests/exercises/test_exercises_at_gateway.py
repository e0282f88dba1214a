"""What the checks of Gateway API say beside the mistakes that the exercises foresee."""

from collections.abc import Iterator

import pytest

from labsupport.exercises import Verdict, check, exercise, start
from labsupport.exercises.attempts import take_away
from labsupport.session import Lab

ROUTE = exercise("the-museum-by-the-gateway").reference.manifest
NAMES = ["the-museum-by-the-gateway", "one-in-five", "let-the-tours-in"]


@pytest.fixture
def gateway(lab: Lab) -> Iterator[Lab]:
    """The lab with Gateway API, left without any trace of the exercises."""
    lab.install("gateway")
    yield lab
    for name in NAMES:
        take_away(exercise(name), lab)


def verdict_on(name: str, manifest: str, lab: Lab) -> Verdict:
    start(name, lab)
    lab.apply(manifest)
    return check(name, lab)


def test_without_gateway_api_the_learner_is_told_to_install_it(lab: Lab) -> None:
    lab.uninstall("gateway")
    verdict = check("one-in-five", lab)
    assert not verdict.passed
    assert './lab install gateway, or: lab.install("gateway")' in verdict.hint


def test_taking_traces_away_needs_no_kinds_that_are_gone(lab: Lab) -> None:
    lab.uninstall("gateway")
    take_away(exercise("one-in-five"), lab)
    assert check("one-in-five", lab).hint.startswith("Install it")


def test_what_the_converter_writes_passes(gateway: Lab) -> None:
    start("the-museum-by-the-gateway", gateway)
    gateway.apply(gateway.convert("museum").objects)
    verdict = check("the-museum-by-the-gateway", gateway)
    assert verdict.passed, str(verdict)


def test_other_weights_of_the_same_shares_pass(gateway: Lab) -> None:
    reference = exercise("one-in-five").reference.manifest
    manifest = reference.replace("weight: 80", "weight: 4").replace("weight: 20", "weight: 1")
    verdict = verdict_on("one-in-five", manifest, gateway)
    assert verdict.passed, str(verdict)


def test_a_typing_error_in_the_hostname_is_told_with_those_there_are(gateway: Lab) -> None:
    manifest = ROUTE.replace("[museum.example.com]", "[muesum.example.com]")
    verdict = verdict_on("the-museum-by-the-gateway", manifest, gateway)
    assert "No HTTPRoute has the hostname museum.example.com" in verdict.hint
    assert "muesum.example.com" in verdict.hint


def test_a_service_that_is_missing_is_quoted_from_the_status(gateway: Lab) -> None:
    manifest = ROUTE.replace("name: quiz", "name: quizz")
    verdict = verdict_on("the-museum-by-the-gateway", manifest, gateway)
    assert "BackendNotFound" in verdict.hint
    assert verdict.look.endswith("lab.gateway.routes()")


def test_a_grant_for_every_service_passes(gateway: Lab) -> None:
    reference = exercise("let-the-tours-in").reference.manifest
    verdict = verdict_on("let-the-tours-in", reference.replace(", name: quote}", "}"), gateway)
    assert verdict.passed, str(verdict)
