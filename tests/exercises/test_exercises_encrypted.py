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
