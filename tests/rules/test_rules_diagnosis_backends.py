"""The diagnosis behind the proxy: certificates, Services, Pods and the application."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from diagnosis_facts import (
    BAD_GATEWAY,
    DEFAULT,
    GOOD,
    HOST,
    NOW,
    OWN,
    PROXY,
    UNAVAILABLE,
    answered,
    certificate,
    deployment,
    no_slice,
    pod,
    policy,
    proxy_service,
    secret,
    secured,
    unready,
)
from stand_in_lab import ingress, service

from labsupport.base.types import Json
from labsupport.rules.diagnosis import CAUSES, Facts, diagnose
from labsupport.rules.diagnosis.facts import Answer, Dialled, Sent
from labsupport.rules.diagnosis.workloads import ending, missing_images

SHOWN_BY_DEFAULT = certificate("traefik.test")
TRAEFIK = deployment("traefik", "traefik")


def dialled(answer: Answer, speaks: Any, **changes: Any) -> Facts:
    """The answer, and what the Pod does when it is called without the proxy."""
    facts = answered(answer, **changes)
    return replace(facts, dialled=(Dialled("127.9.64.1", 8080, speaks),))


def without_endpoints(*pods: Json, **changes: Any) -> Facts:
    """503, for the Service has no ready endpoint; the namespace has these Pods."""
    running = pod("traefik-x", {"app": "traefik"}, "traefik")
    return answered(UNAVAILABLE, slices=(no_slice(),), pods=(*pods, running), **changes)


def shop_service(**spec: Any) -> tuple[Json, Json]:
    found = service("shop")
    return {**found, "spec": {**found["spec"], **spec}}, proxy_service()


def annotated(**annotations: str) -> tuple[Json, Json]:
    found = service("shop")
    prefix = "traefik.ingress.kubernetes.io/service."
    named = {f"{prefix}{name}": value for name, value in annotations.items()}
    return {**found, "metadata": {**found["metadata"], "annotations": named}}, proxy_service()


def passing_through() -> Json:
    """An IngressRouteTCP for the shop's name."""
    return {
        "metadata": {"name": "shop", "namespace": "default"},
        "spec": {"routes": [{"match": f"HostSNI(`{HOST}`)"}], "tls": {"passthrough": True}},
    }


def looping(*authors: Any) -> Facts:
    facts = answered(GOOD)
    answers = tuple(
        Answer(f"http://{HOST}/{number}", 302, by=by, location=f"http://{HOST}/")
        for number, by in enumerate(authors)
    )
    return replace(facts, sent=replace(facts.sent, answers=answers, looping=True))


def untold_tls() -> Facts:
    facts = secured(SHOWN_BY_DEFAULT)
    return replace(facts, cluster=replace(facts.cluster, ingresses=(ingress("shop", HOST),)))


CERTIFICATES = {
    "it has expired": (
        secured(certificate(HOST, days=-1), secret(certificate(HOST, days=-1))),
        "certificate-expired",
    ),
    "it begins tomorrow": (
        secured(replace(certificate(HOST), not_before=NOW + timedelta(days=1)), secret(None)),
        "certificate-not-yet-valid",
    ),
    "it came, but is for another name": (
        secured(certificate("www.example.com"), secret(certificate("www.example.com"))),
        "certificate-other-name",
    ),
    "it did not come, for it is for another name": (
        secured(SHOWN_BY_DEFAULT, secret(certificate("www.example.com"))),
        "certificate-other-name",
    ),
    "its wildcard is a label short": (
        secured(SHOWN_BY_DEFAULT, secret(certificate("*.example.com")), host="a.b.example.com"),
        "wildcard-certificate-depth",
    ),
    "its Secret is missing": (secured(SHOWN_BY_DEFAULT), "secret-missing"),
    "its Secret is elsewhere": (
        secured(SHOWN_BY_DEFAULT, secret(certificate(HOST), "shops")),
        "secret-elsewhere",
    ),
    "its Secret has other keys": (
        secured(SHOWN_BY_DEFAULT, secret(None, type="Opaque", keys=("cert.pem", "key.pem"))),
        "secret-wrong-type",
    ),
    "its Secret holds no certificate": (
        secured(SHOWN_BY_DEFAULT, secret(None, fault="no PEM")),
        "secret-wrong-type",
    ),
    "no name is asked for": (
        secured(SHOWN_BY_DEFAULT, secret(certificate(HOST)), sni=""),
        "no-sni",
    ),
    "another name is asked for": (
        secured(SHOWN_BY_DEFAULT, secret(certificate(HOST)), sni="other.example.com"),
        "sni-other",
    ),
    "no Ingress names a Secret": (untold_tls(), "tls-missing"),
    "the controller may not read Secrets": (
        secured(SHOWN_BY_DEFAULT, secret(certificate(HOST)), policy=policy("secrets")),
        "rbac-missing",
    ),
    "the Ingress is for another host": (
        secured(SHOWN_BY_DEFAULT, ingresses=(ingress("shop", "shpo.example.com"),)),
        "host-mismatch",
    ),
    "the Ingress is not served": (
        secured(SHOWN_BY_DEFAULT, secret(certificate(HOST)), classes=()),
        "class-unknown",
    ),
}

BEHIND = {
    "the Service selects another label": (
        without_endpoints(services=shop_service(selector={"app": "shpo"})),
        "endpoints",
        "selector-mismatch",
    ),
    "the Service selects nothing": (
        without_endpoints(services=shop_service(selector={})),
        "endpoints",
        "selector-mismatch",
    ),
    "the Deployment is scaled to nothing": (
        without_endpoints(deployments=(deployment("shop", replicas=0), TRAEFIK)),
        "endpoints",
        "scaled-to-zero",
    ),
    "the targetPort has a name that no Pod has": (
        without_endpoints(
            unready(), services=shop_service(ports=[{"port": 80, "targetPort": "web"}])
        ),
        "endpoints",
        "target-port-wrong",
    ),
    "the Pod is not ready": (without_endpoints(unready()), "pod", "not-ready"),
    "the Pod waits for an image": (
        without_endpoints(unready(state={"waiting": {"reason": "ImagePullBackOff"}})),
        "pod",
        "image-missing",
    ),
    "the container waits to be started again": (
        without_endpoints(unready(state={"waiting": {"reason": "CrashLoopBackOff"}})),
        "pod",
        "crash-loop",
    ),
    "the container was started again after an error": (
        without_endpoints(
            unready(
                restartCount=1,
                state={"running": {}},
                lastState={"terminated": {"exitCode": 1}},
            )
        ),
        "pod",
        "crash-loop",
    ),
    "the container is back after its node was stopped, and not ready yet": (
        without_endpoints(
            unready(
                restartCount=1,
                state={"running": {}},
                lastState={"terminated": {"exitCode": 255, "reason": "Unknown"}},
            )
        ),
        "pod",
        "not-ready",
    ),
    "the proxy has not heard of ready Pods": (answered(UNAVAILABLE), "pod", "not-followed"),
    "the Pod refuses the port": (
        dialled(BAD_GATEWAY, "refused"),
        "application",
        "target-port-wrong",
    ),
    "nobody can call the Pod, which declares another port": (
        dialled(
            BAD_GATEWAY,
            "",
            pods=(
                {
                    **pod("shop-a", {"app": "shop"}),
                    "spec": {"containers": [{"ports": [{"containerPort": 9000}]}]},
                },
            ),
        ),
        "application",
        "target-port-wrong",
    ),
    "the Pod expects TLS, and hangs up": (
        dialled(BAD_GATEWAY, "tls"),
        "application",
        "tls-backend-plain",
    ),
    "the Pod expects TLS, and says so": (
        dialled(replace(GOOD, status=400), "tls"),
        "application",
        "tls-backend-plain",
    ),
    "the proxy does not believe the Pod": (
        dialled(
            Answer(f"http://{HOST}/", 500, "proxy", router="shop"),
            "tls",
            services=annotated(serversscheme="https"),
        ),
        "application",
        "certificate-untrusted",
    ),
    "the proxy speaks TLS to a plain Pod": (
        dialled(
            Answer(f"http://{HOST}/", 500, "proxy", router="shop"),
            "http",
            services=annotated(serversscheme="https"),
        ),
        "application",
        "plain-backend-tls",
    ),
    "the application fails": (
        dialled(replace(GOOD, status=500), "http"),
        "application",
        "application-error",
    ),
    "the application has no such page": (
        answered(replace(GOOD, status=404)),
        "application",
        "application-refusal",
    ),
    "the proxy waits in vain": (
        answered(Answer(f"http://{HOST}/", 504, "proxy", router="shop")),
        "application",
        "application-silent",
    ),
    "nothing comes back": (
        replace(
            answered(GOOD), sent=Sent(PROXY, 80, "open", failure="silent for 5 s", silent=True)
        ),
        "application",
        "application-silent",
    ),
    "redirects lead in a circle": (looping("app", "app"), "application", "redirect-loop"),
    "proxy and application redirect to each other": (
        looping("proxy", "app"),
        "application",
        "redirect-loop",
    ),
    "what the page links to is missing": (
        replace(
            answered(GOOD, ingresses=(ingress("shop", HOST, "/shop"),), url=f"http://{HOST}/shop"),
            assets=(Answer(f"http://{HOST}/style.css", 404, "proxy"),),
        ),
        "application",
        "assets-lost",
    ),
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_cause_of_a_refused_certificate_is_named(name: str) -> None:
    facts, cause = CERTIFICATES[name]

    diagnosis = diagnose(facts)

    assert (diagnosis.broken, diagnosis.cause) == ("tls", cause)


@pytest.mark.parametrize("name", BEHIND)
def test_cause_behind_the_proxy_is_named(name: str) -> None:
    facts, hop, cause = BEHIND[name]

    diagnosis = diagnose(facts)

    assert (diagnosis.broken, diagnosis.cause) == (hop, cause)


@pytest.mark.parametrize("name", [*CERTIFICATES, *BEHIND])
def test_what_was_seen_expected_and_mends_it_is_said(name: str) -> None:
    facts = CERTIFICATES[name][0] if name in CERTIFICATES else BEHIND[name][0]

    diagnosis = diagnose(facts)

    assert all((diagnosis.saw, diagnosis.expected, diagnosis.why, diagnosis.remedies))
    assert diagnosis.cause in CAUSES


def test_certificate_that_is_believed_is_fine() -> None:
    assert diagnose(secured(certificate(HOST), secret(certificate(HOST)))).ok


def test_unchecked_certificate_is_fine_with_a_note() -> None:
    diagnosis = diagnose(secured(SHOWN_BY_DEFAULT, secret(certificate(HOST)), checked=False))

    assert diagnosis.ok
    assert diagnosis.notes[0].startswith("a client that checks would refuse: ")


@pytest.mark.parametrize(("sni", "cause"), [("", "no-sni"), ("other.example.com", "sni-other")])
def test_route_that_passes_tls_through_needs_the_name_in_the_handshake(
    sni: str, cause: str
) -> None:
    facts = secured(SHOWN_BY_DEFAULT, ingresses=(), tcp_routes=(passing_through(),), sni=sni)

    assert diagnose(facts).cause == cause


def test_route_that_passes_tls_through_takes_no_plain_http() -> None:
    facts = answered(OWN, ingresses=(), tcp_routes=(passing_through(),))

    assert (diagnose(facts).broken, diagnose(facts).cause) == ("host", "scheme-mismatch")


def test_unread_secrets_leave_it_at_what_the_client_says() -> None:
    facts = secured(SHOWN_BY_DEFAULT)
    unread = replace(facts.cluster, secrets=None)

    assert diagnose(replace(facts, cluster=unread)).cause == "certificate-other-name"


def test_certificate_that_a_pod_shows_itself_is_not_the_proxys_default() -> None:
    own = certificate("www.example.com", fingerprint="own")

    assert diagnose(secured(own, DEFAULT)).cause == "certificate-other-name"


def test_selector_is_only_mended_to_labels_that_something_speaks_for() -> None:
    others = (deployment("bank"), deployment("zoo"))
    facts = without_endpoints(
        services=shop_service(selector={"app": "shop"}), deployments=(*others, TRAEFIK)
    )

    commands = [each.command for each in diagnose(facts).remedies]

    assert commands[0] == "kubectl -n default get pods --show-labels"


def test_starting_pod_is_only_likely_to_be_the_cause() -> None:
    young = unready(state={"running": {"startedAt": NOW.isoformat()}})

    assert not diagnose(without_endpoints(young)).sure


def test_pod_whose_probe_fails_is_surely_not_ready() -> None:
    old = {"running": {"startedAt": (NOW - timedelta(minutes=1)).isoformat()}}
    event = {
        "type": "Warning",
        "involvedObject": {"uid": "uid-shop-a"},
        "message": "Readiness probe failed: 404",
    }

    diagnosis = diagnose(without_endpoints(unready(state=old), events=(event,)))

    assert diagnosis.sure
    assert "Readiness probe failed: 404" in diagnosis.saw


def test_crashing_container_is_told_though_its_pod_is_ready_between_crashes() -> None:
    crashing = pod(
        "shop-a",
        {"app": "shop"},
        containerStatuses=[
            {"ready": True, "restartCount": 3, "lastState": {"terminated": {"exitCode": 2}}}
        ],
    )

    assert diagnose(answered(BAD_GATEWAY, pods=(crashing,))).cause == "crash-loop"


@pytest.mark.parametrize(
    ("terminated", "words"),
    [
        ({"exitCode": 1, "reason": "Error"}, "with exit code 1"),
        ({"exitCode": 137, "reason": "Error"}, "by signal 9"),
        ({"exitCode": 255, "reason": "Unknown"}, "with its node"),
    ],
)
def test_a_containers_end_is_told_as_its_state_has_it(
    terminated: dict[str, object], words: str
) -> None:
    assert ending(terminated) == words


def test_proxys_404_and_the_applications_404_are_told_apart() -> None:
    assert diagnose(answered(OWN)).broken == "class"
    assert diagnose(answered(replace(GOOD, status=404))).broken == "application"


def test_page_of_another_rule_is_explained_by_the_rule_that_nearly_fits() -> None:
    shop = ingress("shop", HOST)
    exact = ingress("exact", HOST, "/quiz", "Exact", to="shop")
    url = f"http://{HOST}/quiz/1"
    facts = answered(replace(GOOD, url=url, status=404), url, ingresses=(shop, exact))

    diagnosis = diagnose(facts)

    assert (diagnosis.cause, diagnosis.sure) == ("path-mismatch", False)


def test_missing_file_below_the_rule_is_the_applications_own() -> None:
    assets = (Answer(f"http://{HOST}/style.css", 404, "app"),)

    diagnosis = diagnose(replace(answered(GOOD), assets=assets))

    assert diagnosis.why == "the application does not have what its page links to"


def test_transport_for_a_pod_that_speaks_tls_names_its_own_secret_and_name() -> None:
    shown = certificate("shop.internal")
    held = secret(shown, keys=("tls.crt", "tls.key", "ca.crt"))
    facts = dialled(BAD_GATEWAY, "tls", secrets=(held,))
    facts = replace(facts, dialled=(replace(facts.dialled[0], certificate=shown),))

    command = diagnose(facts).remedies[0].command

    assert '"serverName": "shop.internal", "rootCAs": [{"secret": "shop-tls"}]' in command


def test_transport_names_the_labs_authority_where_no_secret_holds_the_issuer() -> None:
    shown = certificate("shop.internal")
    facts = dialled(BAD_GATEWAY, "tls", secrets=(secret(shown),))
    facts = replace(facts, dialled=(replace(facts.dialled[0], certificate=shown),))

    command = diagnose(facts).remedies[0].command

    assert 'create configmap lab-authority --from-file=ca.crt="$(./lab ca path)"' in command
    assert '"rootCAs": [{"configMap": "lab-authority"}]' in command


def test_the_images_that_nodes_cannot_get_are_told_with_the_nodes_words() -> None:
    waiting = {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}
    stuck = unready(image="python:3-alpine", state={"waiting": waiting})
    assert missing_images([pod("shop-b", {"app": "shop"}), stuck]) == [
        "Pod shop-a waits: ImagePullBackOff for image python:3-alpine: Back-off pulling image"
    ]
