"""The certificate inspector and the SNI tester, driven by their traits, on a running lab."""

from collections.abc import Iterator

import pytest

from labsupport.base.types import Json
from labsupport.kube.wait import until_nothing_missing
from labsupport.rules.certificates import chain_of
from labsupport.session.lab import Lab
from labsupport.widgets import CertificateInspector, SniTester

HOST = "sni.example.com"


def ingress(secret: str, name: str = "sni") -> Json:
    backend = {"service": {"name": "kiada", "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name},
        "spec": {
            "rules": [{"host": HOST, "http": {"paths": paths}}],
            "tls": [{"hosts": [HOST], "secretName": secret}],
        },
    }


@pytest.fixture(scope="module")
def site(lab: Lab) -> Iterator[Lab]:
    """One site with a certificate, live."""
    lab.trust.store("sni", HOST)
    lab.apply(ingress("sni"))
    lab.dns.add(HOST, lab.address)

    def lacks() -> list[str]:
        shown = lab.trust.presented(lab.address, HOST).certificate
        return [] if HOST in shown.names else ["its certificate"]

    until_nothing_missing(lacks, what="the site", timeout=10)
    yield lab
    lab.delete(ingress("sni"))
    lab.delete("secret", "sni")
    lab.dns.remove(HOST)


def test_the_rules_speak_while_the_name_is_typed(site: Lab) -> None:
    tester = SniTester(site, "other.example.com")
    assert "no certificate is for other.example.com" in tester.rules_panel.value
    tester.sni_field.value = HOST
    assert f"Secret default/sni of Ingress default/sni: its certificate is for {HOST}" in (
        tester.text()
    )
    assert "✓ chosen" in tester.rules_panel.value
    tester.close()


@pytest.mark.parametrize("sni", [HOST, "other.example.com", ""])
def test_the_handshake_agrees_with_the_rules(site: Lab, sni: str) -> None:
    tester = SniTester(site, sni)
    tester.send_button.click()
    assert tester.agrees is True
    assert "as the rules foresee" in tester.handshake_panel.value
    tester.close()


def test_a_client_accepts_what_is_for_the_name(site: Lab) -> None:
    tester = SniTester(site, HOST)
    tester.send()
    assert not tester.refusals
    assert f"✓ the lab's client accepts it for {HOST}" in tester.text()
    tester.close()


def test_without_a_name_the_address_is_what_a_client_compares(site: Lab) -> None:
    tester = SniTester(site, "")
    tester.send()
    assert tester.asked == site.address
    assert [each.id for each in tester.refusals] == ["other-name"]
    tester.close()


def test_typing_forgets_what_was_sent(site: Lab) -> None:
    tester = SniTester(site, HOST)
    tester.send()
    tester.sni = f"{HOST}x"
    assert (tester.presented, tester.agrees) == (None, None)
    tester.close()


@pytest.mark.parametrize("sni", ["*.example.com", "a b", "<b>", "x" * 300])
def test_what_no_handshake_can_carry_is_told(site: Lab, sni: str) -> None:
    tester = SniTester(site, sni)
    tester.send()
    assert "never for a wildcard" in tester.text()
    assert "<b>" not in tester.handshake_panel.value
    tester.close()


def test_a_secret_that_is_missing_is_told(site: Lab) -> None:
    site.apply(ingress("nosuch", "other"))
    try:
        tester = SniTester(site, HOST)
        assert "no such Secret, or no certificate in it" in tester.text()
        tester.close()
    finally:
        site.delete(ingress("nosuch", "other"))


def test_the_inspector_looks_at_once(site: Lab) -> None:
    inspector = CertificateInspector(site, f"https://{HOST}")
    assert not inspector.refusals
    assert "believed by the lab&#x27;s client, not sent" in inspector.chain_panel.value
    inspector.close()


def test_the_inspector_judges_while_the_name_is_typed(site: Lab) -> None:
    inspector = CertificateInspector(site, "secret/sni")
    assert not inspector.refusals
    inspector.name_field.value = "a.sni.example.com"
    assert [each.id for each in inspector.refusals] == ["other-name"]
    assert "refuses it" in inspector.verdict_panel.value
    inspector.close()


def test_the_inspector_reads_text_without_a_lab(lab: Lab) -> None:
    pem = lab.trust.certificate("a.example.com", "self-signed").certificate.decode()
    inspector = CertificateInspector(None, pem, name="a.example.com")
    assert [each.id for each in inspector.refusals] == ["self-signed"]
    inspector.close()


def test_the_whole_chain_is_in_picture_and_text(lab: Lab) -> None:
    pem = lab.trust.certificate("a.example.com", "intermediate").certificate.decode()
    inspector = CertificateInspector(lab, pem)
    for each in chain_of(pem):
        assert each.title in inspector.text()
        assert each.fingerprint in inspector.chain_panel.value
    inspector.close()


def test_a_fault_is_told_in_words(lab: Lab) -> None:
    inspector = CertificateInspector(lab, "http://kiada.example.com")
    assert "a server is a host, host:port or an https URL" in inspector.text()
    assert inspector.chain_panel.value == ""
    inspector.close()


def test_nothing_is_looked_at_before_there_is_a_source(lab: Lab) -> None:
    inspector = CertificateInspector(lab)
    assert "nothing looked at yet" in inspector.text()
    inspector.source = "secret/sni-nosuch"
    inspector.look_button.click()
    assert "not found" in inspector.text()
    inspector.close()
