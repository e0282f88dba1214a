"""Diagnoses of a running lab: real names, packets, handshakes and answers."""

from collections.abc import Iterator

import pytest

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.session.lab import Lab

SITE = "diagnosed.example.com"


@pytest.fixture
def shop(lab: Lab) -> Iterator[Json]:
    """An Ingress for SITE to the sample app quiz, with its name; gone after the test."""
    backend = {"service": {"name": "quiz", "port": {"number": 80}}}
    ingress: Json = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "diagnosed", "namespace": "default"},
        "spec": {
            "rules": [
                {
                    "host": SITE,
                    "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
                }
            ]
        },
    }
    lab.dns.add(SITE, lab.address)
    yield ingress
    lab.dns.remove(SITE)
    lab.hosts.remove(SITE)
    for kind in ("ingresses", "secrets"):
        if any(each["metadata"]["name"] == "diagnosed" for each in lab.objects(kind)):
            lab.api.delete(kind, "diagnosed")


def made(lab: Lab, ingress: Json) -> None:
    """Make the Ingress, and wait until it is served."""
    lab.api.create(ingress)
    lab.wait_for(f"http://{SITE}/")


def test_sample_site_is_well_hop_by_hop(lab: Lab) -> None:
    diagnosis = lab.diagnose("http://kiada.example.com/")

    assert diagnosis.ok, str(diagnosis)
    assert [each.state for each in diagnosis.hops] == ["fine", "fine", "unused", *["fine"] * 8]


def test_url_without_scheme_means_http(lab: Lab) -> None:
    assert lab.diagnose("kiada.example.com").url == "http://kiada.example.com"


@pytest.mark.parametrize(
    "url", ["ftp://kiada.example.com/", "http://", "http://a b/", "http://x:y/"]
)
def test_what_is_no_web_address_is_a_usage_error(lab: Lab, url: str) -> None:
    with pytest.raises(UsageError):
        lab.diagnose(url)


def test_unknown_name_stops_at_the_name(lab: Lab) -> None:
    diagnosis = lab.diagnose("http://unknown.example.com/")

    assert (diagnosis.broken, diagnosis.cause) == ("name", "name-missing")


def test_name_of_the_proxy_without_a_rule_stops_at_the_host(lab: Lab, shop: Json) -> None:
    diagnosis = lab.diagnose(f"http://{SITE}/")

    assert (diagnosis.broken, diagnosis.cause) == ("host", "host-mismatch")


def test_command_given_for_a_wrong_port_mends_it(lab: Lab, shop: Json) -> None:
    path = shop["spec"]["rules"][0]["http"]["paths"][0]
    path["backend"]["service"]["port"] = {"number": 8080}
    lab.api.create(shop)

    diagnosis = lab.diagnose(f"http://{SITE}/")
    assert (diagnosis.broken, diagnosis.cause) == ("port", "port-missing")
    assert '"value": {"number": 80}' in diagnosis.remedies[0].command

    path["backend"]["service"]["port"] = {"number": 80}
    lab.apply(shop)
    assert lab.diagnose(f"http://{SITE}/").ok


def test_wrong_address_in_the_hosts_file_is_told_from_one_in_dns(lab: Lab, shop: Json) -> None:
    made(lab, shop)
    nobody = f"{lab.connection.network}63.254"
    lab.dns.add(SITE, nobody)
    assert lab.diagnose(f"http://{SITE}/").cause == "dns-wrong-address"

    lab.hosts.add(SITE, nobody)
    assert lab.diagnose(f"http://{SITE}/").cause == "hosts-typo"


def test_certificate_is_missing_then_there_then_not_asked_for(lab: Lab, shop: Json) -> None:
    shop["spec"]["tls"] = [{"hosts": [SITE], "secretName": "diagnosed"}]
    made(lab, shop)
    url = f"https://{SITE}/"
    assert lab.diagnose(url).cause == "secret-missing"

    lab.apply(lab.trust.secret("diagnosed", SITE))
    diagnosis = lab.diagnose(url)
    assert diagnosis.ok, str(diagnosis)

    assert lab.diagnose(url, sni="").cause == "no-sni"
    assert lab.diagnose(url, sni="", verify=False).ok


def test_host_header_on_an_address_takes_the_same_way(lab: Lab, shop: Json) -> None:
    made(lab, shop)

    assert lab.diagnose(f"http://{lab.address}/", headers={"Host": SITE}).ok


def test_address_that_the_caller_gives_needs_no_name(lab: Lab, shop: Json) -> None:
    made(lab, shop)
    lab.dns.remove(SITE)

    assert lab.diagnose(f"http://{SITE}/", resolve=lab.address).ok


def test_address_of_a_service_goes_past_the_ingress(lab: Lab) -> None:
    address = lab.object("service", "kiada")["spec"]["clusterIP"]

    diagnosis = lab.diagnose(f"http://{address}/")

    assert diagnosis.ok
    assert {each.hop for each in diagnosis.hops if each.state == "unused"} == {
        "tls",
        "host",
        "path",
        "class",
    }


def test_applications_own_404_is_no_fault_of_the_way(lab: Lab) -> None:
    diagnosis = lab.diagnose("http://kiada.example.com/no-such-page")

    assert (diagnosis.broken, diagnosis.cause) == ("application", "application-refusal")


def test_port_that_nobody_has_is_told(lab: Lab) -> None:
    diagnosis = lab.diagnose("http://kiada.example.com:81/")

    assert (diagnosis.broken, diagnosis.cause) == ("tcp", "port-closed")


def test_redirect_is_followed_to_where_it_breaks(lab: Lab, shop: Json) -> None:
    redirect = {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "Middleware",
        "metadata": {"name": "diagnosed", "namespace": "default"},
        "spec": {"redirectScheme": {"scheme": "https"}},
    }
    name = "traefik.ingress.kubernetes.io/router.middlewares"
    shop["metadata"]["annotations"] = {name: "default-diagnosed@kubernetescrd"}
    lab.apply(redirect)
    lab.api.create(shop)
    try:
        lab.wait_for(f"http://{SITE}/", 302)

        diagnosis = lab.diagnose(f"http://{SITE}/")
    finally:
        lab.delete(redirect)

    assert (diagnosis.broken, diagnosis.cause) == ("tls", "tls-missing")
    assert diagnosis.notes == (f"redirects led here: http://{SITE}/ → https://{SITE}/",)


def test_diagnosis_is_the_same_when_asked_again(lab: Lab, shop: Json) -> None:
    first, second = (str(lab.diagnose(f"http://{SITE}/")) for _ in range(2))

    assert first == second
