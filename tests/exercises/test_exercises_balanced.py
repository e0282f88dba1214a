"""What the checks of callers and visitors say beside the mistakes that the exercises foresee."""

from collections.abc import Iterator

import pytest

from labsupport.exercises import Verdict, check, exercise
from labsupport.exercises.attempts import begin, take_away
from labsupport.exercises.balancing import USAGE
from labsupport.session import Lab

DOOR = exercise("the-callers-address").reference.manifest
BASKET = exercise("stay-at-one-pod").reference.manifest


@pytest.fixture
def door(lab: Lab) -> Iterator[Lab]:
    """The lab, where `the-callers-address` begins."""
    begin(exercise("the-callers-address"), lab)
    yield lab
    take_away(exercise("the-callers-address"), lab)


@pytest.fixture
def basket(lab: Lab) -> Iterator[Lab]:
    """The lab, where `stay-at-one-pod` begins."""
    begin(exercise("stay-at-one-pod"), lab)
    yield lab
    take_away(exercise("stay-at-one-pod"), lab)


def verdict_on(manifest: str, lab: Lab) -> Verdict:
    lab.apply(manifest)
    return check("stay-at-one-pod", lab)


def test_a_door_to_another_app_is_told(door: Lab) -> None:
    door.apply(DOOR.replace("app: quote", "app: quiz"))
    door.wait_for(f"http://{door.address_of('service', 'quote-door')}/debug/request", app="quiz")
    verdict = check("the-callers-address", door)
    assert verdict.hint == "The Service should choose the pods of quote."


def test_a_door_to_a_port_where_nobody_listens_is_told(door: Lab) -> None:
    door.apply(DOOR.replace("8080", "8081"))
    door.wait_until_closed(f"http://{door.address_of('service', 'quote-door')}/")
    verdict = check("the-callers-address", door)
    assert "to no pod that listens" in verdict.hint


def test_a_door_without_an_address_is_told_from_one_that_is_closed(door: Lab) -> None:
    door.delete("service", "quote-door")
    verdict = check("the-callers-address", door)
    assert verdict.got.startswith("no address:")
    assert "lab.pool()" in verdict.hint


def test_a_cookie_of_ones_own_name_passes_too(basket: Lab) -> None:
    named = BASKET.replace(
        'sticky.cookie: "true"',
        'sticky.cookie: "true", traefik.ingress.kubernetes.io/service.sticky.cookie.name: place',
    )
    verdict = verdict_on(named, basket)
    assert verdict.passed, str(verdict)


def test_a_basket_that_nobody_serves_is_sent_to_the_diagnosis(basket: Lab) -> None:
    basket.delete("ingress", "basket")
    verdict = check("stay-at-one-pod", basket)
    assert verdict.got.startswith("404")
    assert "lab.diagnose(" in verdict.hint


def test_a_basket_that_nobody_tried_to_keep_gets_no_cookie(basket: Lab) -> None:
    plain = BASKET.replace('sticky.cookie: "true"', 'sticky.cookie: "false"')
    assert "No cookie is set" in verdict_on(plain, basket).hint


@pytest.mark.parametrize(
    ("services", "hint"),
    [
        (None, "Put a number"),
        (0, "either way"),
        (1, "either way"),
        (USAGE.proxies + 1, "with fewer Services already"),
    ],
)
def test_a_number_of_services_gets_the_hint_that_fits(
    services: int | None, hint: str, lab: Lab
) -> None:
    assert hint in check("from-how-many-services", lab, services).hint
