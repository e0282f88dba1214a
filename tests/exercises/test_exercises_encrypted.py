"""The check of https exercises, on a live lab: behaviour decides, and what is wrong is said."""

from collections.abc import Iterator

import pytest

from labsupport.exercises import check, exercise
from labsupport.exercises.attempts import begin, carry_out, take_away
from labsupport.exercises.manifest import ingress
from labsupport.session import Lab

NAME, HOST = "serve-the-market-over-tls", "market.example.com"


@pytest.fixture
def solved(lab: Lab) -> Iterator[Lab]:
    """The lab with the exercise's reference carried out."""
    begin(exercise(NAME), lab)
    carry_out(exercise(NAME).reference, lab)
    assert check(NAME, lab).passed
    yield lab
    take_away(exercise(NAME), lab)
    lab.wait_ready()


@pytest.fixture
def money(lab: Lab) -> Iterator[Lab]:
    """The lab with the reference of the exercise that asks for a redirect, too."""
    asked = exercise("pedal-money")
    begin(asked, lab)
    carry_out(asked.reference, lab)
    yield lab
    take_away(asked, lab)
    lab.wait_ready()


def redirecting(spec: str) -> str:
    return f"""
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {{name: pedal-to-https}}
spec: {spec}
"""


def test_a_redirect_for_now_passes_as_one_for_good_does(money: Lab) -> None:
    money.apply(redirecting("{redirectScheme: {scheme: https, permanent: false}}"))
    assert money.wait_for("http://book.pedal.example.com/", 302).location
    verdict = check("pedal-money", money)
    assert verdict.passed, str(verdict)


def test_a_redirect_to_another_page_is_shown_and_does_not_pass(money: Lab) -> None:
    money.apply(
        redirecting("{redirectRegex: {regex: '^http:.*', replacement: 'https://pay.example.com/'}}")
    )
    verdict = check("pedal-money", money)
    assert verdict.got.endswith("302 from the proxy to https://pay.example.com/")
    assert "the same page by https: https://book.pedal.example.com/" in verdict.hint


def test_a_default_certificate_that_is_for_the_host_passes_too(solved: Lab) -> None:
    old = solved.object("secret", "default-certificate", namespace="traefik")
    begin(exercise(NAME), solved)
    try:
        solved.trust.store("default-certificate", HOST, namespace="traefik")
        verdict = check(NAME, solved)
    finally:
        solved.apply({**old, "metadata": {"name": "default-certificate", "namespace": "traefik"}})
    assert verdict.passed, str(verdict)


def test_a_believed_certificate_before_another_app_does_not_pass(solved: Lab) -> None:
    solved.apply(ingress("market", {HOST: ["Prefix / -> quote"]}, tls={"market": [HOST]}))
    assert "leads to Service quote" in check(NAME, solved).hint


def test_a_host_without_a_name_is_told_to_get_one(solved: Lab) -> None:
    solved.hosts.remove(HOST)
    assert f'lab.hosts.add("{HOST}", lab.address)' in check(NAME, solved).hint


def test_what_the_client_refuses_is_told_with_the_names_it_saw(solved: Lab) -> None:
    solved.trust.store("market", HOST, "unknown-issuer")
    verdict = check(NAME, solved)
    assert verdict.got == f"{HOST} shows a certificate for {HOST}, which the client refuses"
    assert "Somebody Else's CA" in verdict.hint
