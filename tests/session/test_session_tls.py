"""TLS at Traefik, on a real cluster: which certificate is shown, and what is sent to HTTPS."""

import threading
from collections.abc import Callable

import pytest
from tls_requests import ask, custom, ingress, is_ok, shown_serial, shows, until

from labsupport.kube.manifests import objects
from labsupport.manifests import documents
from labsupport.rules.status import StatusError
from labsupport.session.lab import Lab

# Termination


def test_tls_ends_at_traefik_and_the_pod_gets_clear_text(
    lab: Lab, apply: Callable[..., None]
) -> None:
    apply(lab.trust.secret("site-tls", "site.example.com"))
    apply(ingress("site.example.com", secret="site-tls"))
    answer = until(lab, "site.example.com", shows("site.example.com"))
    assert answer.seen["tls"] is None
    assert answer.seen["headers"]["X-Forwarded-Proto"] == "https"
    (connection,) = lab.connections(limit=1)
    assert connection.is_tls
    assert connection.hello is not None
    assert connection.hello.server_name == "site.example.com"
    assert "encrypted" in str(connection)


def test_the_certificate_is_chosen_by_sni(lab: Lab, apply: Callable[..., None]) -> None:
    for host in ("one.example.com", "two.example.com"):
        apply(lab.trust.secret(host, host), ingress(host, secret=host))
    for host in ("one.example.com", "two.example.com"):
        until(lab, host, shows(host))
    mixed = ask(lab, "one.example.com", sni="two.example.com")
    assert (mixed.status, mixed.names) == (200, ["two.example.com"])


def test_an_exact_certificate_wins_over_a_wildcard(lab: Lab, apply: Callable[..., None]) -> None:
    apply(
        lab.trust.secret("wild", "*.wild.example.com"),
        lab.trust.secret("exact", "a.wild.example.com"),
    )
    apply(
        ingress("b.wild.example.com", secret="wild"), ingress("a.wild.example.com", secret="exact")
    )
    until(lab, "b.wild.example.com", shows("*.wild.example.com"))
    until(lab, "a.wild.example.com", shows("a.wild.example.com"))


def test_whoever_asks_for_no_name_or_an_unknown_one_gets_the_default_certificate(lab: Lab) -> None:
    assert ask(lab, "kiada.example.com", sni="").names == ["traefik.example.com"]
    assert ask(lab, "unheard-of.example.com").names == ["traefik.example.com"]


def test_the_default_certificate_is_the_one_that_the_tls_store_names(lab: Lab) -> None:
    host = "unheard-of.example.com"
    old = lab.object("secret", "default-certificate", namespace="traefik")
    lab.trust.store("default-certificate", "fallback.example.com", namespace="traefik")
    until(lab, host, shows("fallback.example.com"))
    lab.apply({**old, "metadata": {"name": "default-certificate", "namespace": "traefik"}})
    until(lab, host, shows("traefik.example.com"))


# Redirects and HSTS


def test_a_middleware_sends_http_to_https(lab: Lab, apply: Callable[..., None]) -> None:
    apply(
        custom("Middleware", "to-https", {"redirectScheme": {"scheme": "https", "permanent": True}})
    )
    apply(ingress("moved.example.com", middlewares="default-to-https@kubernetescrd"))
    answer = until(lab, "moved.example.com", lambda a: a.status == 301, scheme="http")
    assert answer.headers["location"].startswith("https://moved.example.com")
    assert ask(lab, "moved.example.com").status == 200


def test_a_middleware_tells_browsers_to_come_by_https_only(
    lab: Lab, apply: Callable[..., None]
) -> None:
    apply(custom("Middleware", "hsts", {"headers": {"stsSeconds": 31536000}}))
    apply(ingress("hsts.example.com", middlewares="default-hsts@kubernetescrd"))
    secure = until(lab, "hsts.example.com", is_ok)
    assert secure.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in ask(lab, "hsts.example.com", scheme="http").headers


def test_a_middleware_that_is_not_there_closes_the_route(
    lab: Lab, apply: Callable[..., None]
) -> None:
    apply(ingress("lost.example.com"))
    until(lab, "lost.example.com", is_ok)
    apply(ingress("lost.example.com", middlewares="default-nobody@kubernetescrd"))
    until(lab, "lost.example.com", lambda answer: answer.status == 404)


def test_an_entry_point_can_send_everything_to_https(lab: Lab) -> None:
    """`to=websecure` would name that entry point's own port, which only the pod listens on."""
    option = "--entrypoints.web.http.redirections.entrypoint.to="
    try:
        for target, location in ((":443", ""), ("websecure", ":8443")):
            with_options(lab, f"{option}{target}")
            answer = until(lab, "kiada.example.com", lambda a: a.status == 301, scheme="http")
            assert (
                answer.headers["location"] == f"https://kiada.example.com{location}/debug/request"
            )
    finally:
        with_options(lab)


def with_options(lab: Lab, *options: str) -> None:
    """Have Traefik run with these options more than those of the lab."""
    (wanted,) = (each for each in objects(documents("traefik")) if each["kind"] == "Deployment")
    wanted["spec"]["template"]["spec"]["containers"][0]["args"] += options
    lab.apply(wanted)
    lab.wait_ready(namespace=None)
    until(lab, "kiada.example.com", is_ok)


# Rotation


def test_a_certificate_is_replaced_under_load_without_a_lost_request(
    lab: Lab, apply: Callable[..., None]
) -> None:
    host = "rotated.example.com"
    apply(lab.trust.secret("rotated", host), ingress(host, secret="rotated"))
    serials = [shown_serial(until(lab, host, shows(host)))]
    stop, statuses = threading.Event(), []

    def load() -> None:
        while not stop.is_set():
            statuses.append(ask(lab, host).status)

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            lab.trust.renew("rotated")
            new = until(lab, host, lambda answer: shown_serial(answer) not in serials)
            assert new.names == [host]
            serials.append(shown_serial(new))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert set(statuses) == {200}


# Traefik's own kinds


def test_a_wrong_value_in_one_of_traefiks_kinds_is_refused_with_its_place(lab: Lab) -> None:
    with pytest.raises(StatusError) as caught:
        lab.apply(custom("Middleware", "wrong", {"headers": {"stsSeconds": "long"}}))
    assert caught.value.code == 422
    assert "spec.headers.stsSeconds" in caught.value.message


def test_status_tells_of_a_kind_of_traefiks_that_is_gone(lab: Lab) -> None:
    crd = next(o for o in objects(documents("traefik-crds")) if "udp" in o["metadata"]["name"])
    assert lab.controller.problems() == []
    lab.delete(crd)
    try:
        assert any("ingressrouteudps.traefik.io is gone" in each for each in lab.status().missing)
    finally:
        lab.apply(crd)
