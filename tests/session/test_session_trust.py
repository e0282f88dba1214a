"""`lab.trust` on a running lab: certificates made, kept as Secrets, chosen and shown by Traefik."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from labsupport.base.errors import CertificateError, RequestFailed, UsageError
from labsupport.base.types import Json
from labsupport.kube.wait import until_nothing_missing
from labsupport.rules.certificates import chain_of
from labsupport.session.lab import Lab

SITES = {
    "one": ["one.tls.example.com"],
    "two": ["two.tls.example.com"],
    "wild": ["*.tls.example.com"],
}


def ingress(name: str, *secrets: str) -> Json:
    backend = {"service": {"name": "kiada", "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    host = f"{name}.tls.example.com"
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": f"tls-{name}"},
        "spec": {
            "rules": [{"host": host, "http": {"paths": paths}}],
            "tls": [{"hosts": [host], "secretName": secret} for secret in secrets],
        },
    }


@pytest.fixture(scope="module")
def sites(lab: Lab) -> Iterator[Lab]:
    """Three certificates named by two Ingresses, live."""
    for name, names in SITES.items():
        lab.trust.store(f"tls-{name}", names)
    objects = [ingress("one", "tls-one", "tls-wild"), ingress("two", "tls-two")]
    lab.apply(objects)
    for name in SITES:
        host = f"{name}.tls.example.com"
        lab.dns.add(host, lab.address)
        live(partial(foreseen_is_shown, lab, host))
    yield lab
    lab.delete(objects)
    for name in SITES:
        lab.delete("secret", f"tls-{name}")
        lab.dns.remove(f"{name}.tls.example.com")


def live(good: Callable[[], bool]) -> None:
    until_nothing_missing(lambda: [] if good() else ["not yet"], what="the proxy", timeout=10)


def foreseen_is_shown(lab: Lab, host: str) -> bool:
    return shown(lab, host) == lab.trust.foreseen(host).chain


def shown(lab: Lab, sni: str) -> tuple[object, ...]:
    return lab.trust.presented(lab.address, sni).chain


@pytest.mark.parametrize(
    ("sni", "secret"),
    [
        ("one.tls.example.com", "default/tls-one"),
        ("two.tls.example.com", "default/tls-two"),
        ("three.tls.example.com", "default/tls-wild"),
        ("a.b.tls.example.com", "traefik/default-certificate"),
        ("", "traefik/default-certificate"),
    ],
)
def test_the_certificate_foreseen_for_a_name_is_the_one_that_comes(
    sites: Lab, sni: str, secret: str
) -> None:
    assert sites.trust.foreseen(sni).secret == secret
    assert sites.trust.secrets_with(sites.trust.presented(sites.address, sni).certificate) == [
        secret
    ]


def test_without_a_default_certificate_it_is_foreseen_that_traefik_signs_one(sites: Lab) -> None:
    another = {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "TLSStore",
        "metadata": {"name": "default"},
        "spec": {"defaultCertificate": {"secretName": "tls-one"}},
    }
    sites.apply(another)  # with two of them, Traefik heeds none
    try:
        foreseen = sites.trust.foreseen("")
        assert (foreseen.secret, foreseen.chain) == ("", ())
        live(lambda: sites.trust.presented(sites.address).certificate.self_signed)
        assert sites.trust.secrets_with(sites.trust.presented(sites.address).certificate) == []
    finally:
        sites.delete(another)
        live(lambda: shown(sites, "") == sites.trust.foreseen("").chain)


def test_traefik_chooses_by_a_common_name_that_clients_do_not_heed(sites: Lab) -> None:
    host = "common.tls-name.example.com"
    sites.trust.store("tls-common", host, "no-san")
    sites.apply(ingress("common", "tls-common"))
    try:
        assert sites.trust.foreseen(host).secret == "default/tls-common"
        live(lambda: shown(sites, host) == sites.trust.foreseen(host).chain)
        (refusal,) = sites.trust.refusals(sites.trust.presented(sites.address, host).chain, host)
        assert refusal.id == "no-san"
    finally:
        sites.delete(ingress("common", "tls-common"))
        sites.delete("secret", "tls-common")


def test_the_labs_client_believes_its_certificates(sites: Lab) -> None:
    assert sites.get("https://one.tls.example.com/").status == 200


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")
def test_openssl_s_client_gets_and_verifies_the_same(sites: Lab) -> None:
    with sites.connect("https://two.tls.example.com") as connection:
        target = connection.target
    done = subprocess.run(
        [
            *("openssl", "s_client", "-connect", "{}:{}".format(*target.reached)),
            *("-servername", "two.tls.example.com", "-verify_hostname", "two.tls.example.com"),
            *("-CAfile", str(sites.instance.ca_certificate), "-verify_return_error"),
        ],
        input="",
        capture_output=True,
        text=True,
    )
    assert "Verify return code: 0 (ok)" in done.stdout
    assert chain_of(done.stdout) == shown(sites, "two.tls.example.com")


def test_a_missing_secret_is_among_the_candidates_without_names(sites: Lab) -> None:
    sites.apply(ingress("gone", "tls-gone"))
    try:
        candidates = sites.trust.foreseen("gone.tls.example.com").candidates
        assert {each.secret: each.names for each in candidates}["default/tls-gone"] is None
    finally:
        sites.delete(ingress("gone", "tls-gone"))


def test_a_renewed_certificate_is_shown_soon_and_for_the_same_names(sites: Lab) -> None:
    host = "one.tls.example.com"
    before = shown(sites, host)
    sites.trust.renew("tls-one")
    live(lambda: shown(sites, host) != before)
    assert sites.trust.presented(sites.address, host).certificate.names == (host,)


def test_a_certificate_for_another_name_is_refused_for_that_reason(sites: Lab) -> None:
    chain = sites.trust.presented(sites.address, "one.tls.example.com").chain
    (refusal,) = sites.trust.refusals(chain, "two.tls.example.com")
    assert refusal.id == "other-name"


def test_a_forgotten_intermediate_is_told_from_a_stranger(lab: Lab) -> None:
    chain = lab.trust.certificate("a.example.com", "intermediate-missing").chain
    assert [each.id for each in lab.trust.refusals(chain, "")] == ["intermediate-missing"]


def test_certificates_are_found_by_url_secret_and_text(sites: Lab) -> None:
    by_url = sites.trust.found("https://two.tls.example.com/quote")
    by_secret = sites.trust.found("secret/default/tls-two")
    by_text = sites.trust.found(by_url.chain[0].pem)
    assert by_url.chain == by_secret.chain == by_text.chain
    assert (by_url.name, by_secret.name) == ("two.tls.example.com", "")
    assert by_secret.place == "Secret default/tls-two"


@pytest.mark.parametrize("source", ["", "http://a.example.com", "https://", "two words", "a:b:c"])
def test_what_is_no_place_for_a_certificate_is_told(lab: Lab, source: str) -> None:
    with pytest.raises(UsageError):
        lab.trust.found(source)


def test_a_secret_of_another_kind_is_told_with_what_it_has(lab: Lab) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "no-certificate"},
        "stringData": {"password": "x"},
    }
    lab.apply(secret)
    try:
        with pytest.raises(CertificateError) as caught:
            lab.trust.found("secret/no-certificate")
        assert caught.value.found == "type Opaque, with password"
    finally:
        lab.delete(secret)


def test_a_port_without_tls_is_told(lab: Lab) -> None:
    with pytest.raises(RequestFailed):
        lab.trust.presented("kiada.example.com", port=81)


def test_the_authority_is_stored_without_its_key(lab: Lab) -> None:
    lab.trust.store_authority("lab-ca")
    data = lab.object("configmap", "lab-ca")["data"]
    lab.delete("configmap", "lab-ca")
    assert chain_of(data["ca.crt"]) == lab.trust.authority
    assert list(data) == ["ca.crt"]
    assert "KEY" not in data["ca.crt"]
