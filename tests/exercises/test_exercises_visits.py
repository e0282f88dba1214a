"""The check by a few visits, on a live lab: behaviour decides, and what is wrong is said."""

from collections.abc import Iterator

import pytest

from labsupport.exercises import check, exercise
from labsupport.exercises.attempts import begin, carry_out, take_away
from labsupport.session import Lab

NAME = "a-password-for-the-desk"
ROUTE = """
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: desk}
spec:
  routes:
  - kind: Rule
    match: Host(`desk.example.com`)
    services: [{name: quote, port: 80}]
    middlewares: [{name: asks}]
"""
SOMEBODY_ELSES = """
apiVersion: v1
kind: Secret
metadata: {name: visitors}
stringData: {users: "bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="}
"""


@pytest.fixture
def solved(lab: Lab) -> Iterator[Lab]:
    """The lab with the reference of the exercise about a password carried out."""
    begin(exercise(NAME), lab)
    carry_out(exercise(NAME).reference, lab)
    assert check(NAME, lab).passed
    yield lab
    take_away(exercise(NAME), lab)
    lab.wait_ready()


def test_a_password_asked_for_by_an_ingressroute_passes_too(solved: Lab) -> None:
    solved.delete("ingress", "desk")
    solved.apply(ROUTE)
    verdict = check(NAME, solved)
    solved.delete("ingressroute", "desk")
    assert verdict.passed, str(verdict)


def test_a_password_that_is_not_believed_is_told(solved: Lab) -> None:
    solved.apply(SOMEBODY_ELSES)
    solved.wait_for("http://desk.example.com/quote", 401, auth=("alice", "secret"))
    verdict = check(NAME, solved)
    assert verdict.got == "alice with her password gets 401 from the proxy"
    assert verdict.look == "the Ingress desk"


def test_a_host_without_an_address_is_told(solved: Lab) -> None:
    solved.hosts.remove("desk.example.com")
    assert "should lead to the proxy" in check(NAME, solved).hint


def test_two_rules_that_say_the_same_are_named(lab: Lab) -> None:
    asked = exercise("friends-first")
    begin(asked, lab)
    lab.apply(asked.reference.manifest.replace('canary: "true"', 'canary: "no"'))
    verdict = check(asked.name, lab)
    take_away(asked, lab)
    lab.uninstall("traefik-nginx")
    assert not verdict.passed
    assert "say the same" in verdict.hint
