"""What the check of where TLS ends says beside the mistakes that the exercises foresee."""

from collections.abc import Iterator

import pytest

from labsupport.base.errors import UsageError
from labsupport.exercises import Verdict, check, exercise, start
from labsupport.exercises.attempts import take_away
from labsupport.session import Lab

PASSING = exercise("pass-it-on").reference.manifest
TRANSPORT = exercise("speak-tls-to-the-pod").reference.manifest


@pytest.fixture
def deposit(lab: Lab) -> Iterator[Lab]:
    """The lab, where `pass-it-on` begins."""
    start("pass-it-on", lab)
    yield lab
    take_away(exercise("pass-it-on"), lab)


def verdict_on(manifest: str, lab: Lab) -> Verdict:
    lab.apply(manifest)
    return check("pass-it-on", lab)


def test_a_route_for_another_name_is_told_from_an_ingress_in_the_way(deposit: Lab) -> None:
    verdict = verdict_on(PASSING.replace("HostSNI(`deposit.", "HostSNI(`deposits."), deposit)
    assert "no route" in verdict.hint
    assert not verdict.passed


def test_a_pods_certificate_that_lacks_the_name_is_shown_with_its_names(deposit: Lab) -> None:
    deposit.trust.store("vault-tls", "vault.default.svc")
    verdict = verdict_on(PASSING, deposit)
    assert "a certificate for vault.default.svc" in verdict.hint


def test_plain_http_that_nobody_answers_any_more_is_diagnosed(deposit: Lab) -> None:
    deposit.delete("ingress", "deposit")
    verdict = verdict_on(PASSING.partition("---\n")[2], deposit)
    assert verdict.got.startswith("http://deposit.example.com/debug/request: 404")
    assert verdict.look.startswith("lab.diagnose(")


def test_a_proxy_that_asks_for_another_name_is_quoted(lab: Lab) -> None:
    start("speak-tls-to-the-pod", lab)
    lab.apply(TRANSPORT.replace("serverName: vault.", "serverName: volt."))
    verdict = check("speak-tls-to-the-pod", lab)
    assert "not volt.default.svc" in verdict.hint
    assert "lab.logs(" in verdict.look
    take_away(exercise("speak-tls-to-the-pod"), lab)


def test_setting_up_says_what_changed_and_nothing_else(
    deposit: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    start("pass-it-on", deposit)
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "ingress.networking.k8s.io/deposit created",
        "secret/deposit-tls created",
        "secret/vault-tls created",
    ]


def test_setting_up_what_there_is_not_names_the_nearest(lab: Lab) -> None:
    with pytest.raises(UsageError, match="no exercise"):
        start("pass-it", lab)
