"""The profile `lab` against the lab's own controller and its Caddy, in a pod of a real cluster."""

import base64
import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random

import pytest
from differential_rules import requests, rule_set
from differential_traefik import SENTINEL, Answer, Traefik, foreseen

from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.kube.manifests import objects
from labsupport.manifests import documents
from labsupport.providers.protocol import Connection
from labsupport.rules.ingress import LAB, Decision, Request, RuleSet
from labsupport.rules.status import StatusError
from labsupport.session.addresses import external_address
from labsupport.trust.authority import Authority
from labsupport.trust.certificate_names import names_by_secret

CONTROLLER = "lab.example.com/ingress-controller"
ROUNDS = 40
REQUESTS = 60
NAME = "lab-controller"


@pytest.fixture(scope="module")
def proxy(api: Api, connection: Connection) -> Iterator[Traefik]:
    """The controller's Caddy, by the address of its Service."""
    for each in objects(documents(NAME)):
        api.create(each)
    address = external_address(api, "service", NAME, NAME)
    offset = connection.port_offset
    running = Traefik({"http": 80 + offset, "https": 443 + offset}, address)
    yield running
    running.close()


@pytest.fixture
def exchange(api: Api, proxy: Traefik) -> Iterator[Callable[[list[Json]], RuleSet]]:
    """Puts Ingresses in place of all there are, waits until they are live, and gives the rules."""
    hosts = (f"round-{number}.sentinel" for number in range(ROUNDS + 1))

    def exchanged(wanted: list[Json]) -> RuleSet:
        clear(api)
        for each in wanted:
            with contextlib.suppress(StatusError):  # not every drawn path is valid
                api.create(each)
        rules = RuleSet(
            api.list("ingresses"),
            classes=api.list("ingressclasses"),
            services=api.list("services"),
            slices=api.list("endpointslices"),
            certificates=names_by_secret(api.list("secrets")),
            profile=LAB,
            controller=CONTROLLER,
        )
        api.create(ingress("sentinel", host := next(hosts), SENTINEL.partition("/")[2]))
        proxy.wait_for(host, "/")
        return rules

    yield exchanged
    clear(api)


def clear(api: Api) -> None:
    for old in api.list("ingresses"):
        api.delete("ingresses", old["metadata"]["name"], old["metadata"]["namespace"])


def ingress(name: str, host: str, service: str = "a", **spec: object) -> Json:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "one"},
        "spec": {
            "ingressClassName": "lab",
            "rules": [{"host": host, "http": {"paths": paths}}],
            **spec,
        },
    }


def drawn(random: Random) -> list[Json]:
    """A rule set of the class `lab`. Services of type ExternalName go to a port of their own."""
    text = json.dumps(rule_set(random, nginx=False))
    text = text.replace('"ingressClassName": "traefik"', '"ingressClassName": "lab"')
    text = text.replace(
        '"kubernetes.io/ingress.class": "traefik"', '"kubernetes.io/ingress.class": "lab"'
    )
    found: list[Json] = json.loads(text.replace('"external"', '"gone"'))
    return found


def expected(decision: Decision) -> Answer:
    # The engine knows resources of every kind, the controller those of its own.
    return (503, "") if decision.backend and decision.backend.resource else foreseen(decision)


@pytest.mark.timeout(300)
def test_the_profile_foresees_every_answer_of_the_labs_controller(
    exchange: Callable[[list[Json]], RuleSet], proxy: Traefik
) -> None:
    random = Random("lab")
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for _ in range(ROUNDS):
        rules = exchange(drawn(random))
        for request in requests(random, REQUESTS):
            decision = rules.decide(request)
            counts[decision.outcome] += 1
            if (answer := proxy.answer(request)) != expected(decision):
                wrong.append(f"{answer} in place of {decision}")
    assert not wrong, f"{len(wrong)} of {counts.total()}:\n" + "\n".join(wrong[:3])
    assert counts["service"] >= counts.total() * 0.15


def test_the_certificate_is_the_one_that_the_profile_foresees(
    api: Api, exchange: Callable[[list[Json]], RuleSet], proxy: Traefik
) -> None:
    from cryptography import x509

    names = {"e1": ["a.test"], "e2": ["*.a.test"], "e3": ["b.test", "*.b.test"], "e4": ["z.test"]}
    authority = Authority.create("test", lifetime=timedelta(days=1))
    serials = {}
    for name, subjects in names.items():
        pair = authority.issue(subjects, lifetime=timedelta(days=1))
        data = {"tls.crt": pair.certificate, "tls.key": pair.key}
        api.create(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": name, "namespace": "one"},
                "type": "kubernetes.io/tls",
                "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
            }
        )
        serial = x509.load_pem_x509_certificate(pair.certificate).serial_number
        serials[format(serial, "x")] = f"one/{name}"
    asked = ["a.test", "x.a.test", "b.test", "x.b.test", "z.test", "y.x.a.test", "other.test", ""]
    wrong = []
    for tls in (
        [{"hosts": ["a.test"], "secretName": "e1"}, {"hosts": ["*.a.test"], "secretName": "e2"}],
        [{"hosts": ["other.test", "a.test"], "secretName": "e3"}],
        [{"hosts": ["*.b.test"], "secretName": "e4"}, {"hosts": ["x.b.test"], "secretName": "e3"}],
        [{"secretName": "e4"}, {"hosts": ["a.test"], "secretName": "nosuch"}],
    ):
        rules = exchange([ingress("x", "x.test", tls=tls)])
        for name in asked:
            request = Request("https", name or "127.0.0.1", 443, "/", sni="")
            certificate = rules.decide(request).certificate
            shown = serials.get(proxy.certificate_serial(name), "")
            if certificate is None or shown != certificate.secret:
                wrong.append((tls, name, shown, certificate))
    assert not wrong
