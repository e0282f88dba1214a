"""The diagnosis names the true cause, from facts alone: names, connections, rules."""

from dataclasses import replace
from typing import Any

import pytest
from diagnosis_facts import (
    ELSEWHERE,
    GOOD,
    HOST,
    OWN,
    PROXY,
    answered,
    deployment,
    healthy,
    policy,
    proxy_service,
    world,
)
from stand_in_lab import ingress, ingress_class, service

from labsupport.base.types import Json
from labsupport.rules.diagnosis import CAUSES, HOPS, Facts, diagnose
from labsupport.rules.diagnosis.facts import Lookup, Naming, Sent

NO_NAME = Lookup("dns", "127.9.0.53:53", "no such name (NXDOMAIN)", code="NXDOMAIN")


def unresolved(*others: tuple[str, str], cached: bool = False, **changes: Any) -> Facts:
    """Nobody knows the name; with `cached`, DNS does know, but not the caching resolver."""
    lookups: tuple[Lookup, ...] = (NO_NAME,)
    if cached:
        lookups = (replace(NO_NAME, source="cache"), Lookup("dns", "", "A record", PROXY))
    return healthy(naming=Naming(lookups=lookups, others=others), sent=Sent(port=80), **changes)


def resolved(address: str, by: str = "dns", *lookups: Lookup, **changes: Any) -> Facts:
    """The name has this address, where nobody listens."""
    naming = Naming(address, by, f"by {by}", lookups)
    sent = Sent(address, 80, "refused")
    return healthy(**{"naming": naming, "sent": sent, **changes})


def refused(**changes: Any) -> Facts:
    """The address is right, but nobody listens there."""
    facts = healthy(sent=Sent(PROXY, 80, "refused"))
    return replace(facts, cluster=replace(facts.cluster, **changes))


def cluster_internal() -> Json:
    proxy = proxy_service()
    return {**proxy, "spec": {**proxy["spec"], "type": "ClusterIP"}, "status": {}}


def classed(name: str | None, **annotations: str) -> Json:
    """The shop's Ingress with another class."""
    found = ingress("shop", HOST)
    found["spec"]["ingressClassName"] = name
    found["metadata"]["annotations"] = annotations
    return found


def other_class(*, default: bool) -> Json:
    found = ingress_class()
    metadata: Json = {"name": "internal"}
    if default:
        metadata["annotations"] = found["metadata"]["annotations"]
    return {**found, "metadata": metadata, "spec": {"controller": "example.com/internal"}}


def in_shops(obj: Json) -> Json:
    return {**obj, "metadata": {**obj["metadata"], "namespace": "shops"}}


BROKEN = {
    "nobody knows the name": (unresolved(), "name", "name-missing"),
    "the DNS server is silent": (
        replace(unresolved(), naming=Naming(lookups=(replace(NO_NAME, code="silence"),))),
        "name",
        "name-missing",
    ),
    "the hosts file has it mistyped": (
        unresolved(("shpo.example.com", "hosts")),
        "name",
        "hosts-typo",
    ),
    "the hosts file has another address": (resolved(ELSEWHERE, "hosts"), "name", "hosts-typo"),
    "the record has another address": (resolved(ELSEWHERE), "name", "dns-wrong-address"),
    "the cache has an old address": (
        resolved(ELSEWHERE, "cache", Lookup("dns", "", "A record", PROXY)),
        "name",
        "stale-dns",
    ),
    "the cache remembers that there was none": (unresolved(cached=True), "name", "stale-dns"),
    "both servers have a wrong address": (
        resolved(ELSEWHERE, "cache", Lookup("dns", "", "A record", ELSEWHERE)),
        "name",
        "dns-wrong-address",
    ),
    "the controller's Service lost its address": (
        refused(services=(service("shop"), cluster_internal())),
        "tcp",
        "no-address",
    ),
    "no record is made for want of an address": (
        replace(
            unresolved(),
            cluster=replace(world(), services=(service("shop"), cluster_internal())),
        ),
        "name",
        "no-address",
    ),
    "the controller is scaled to nothing": (
        refused(deployments=(deployment("traefik", "traefik", 0),)),
        "tcp",
        "controller-down",
    ),
    "the controller has no ready pod": (refused(pods=()), "tcp", "controller-down"),
    "the controller is not installed": (refused(deployments=()), "tcp", "controller-down"),
    "the proxy has no such port": (
        healthy(f"http://{HOST}:81/", sent=Sent(PROXY, 81, "refused")),
        "tcp",
        "port-closed",
    ),
    "no rule is for the host": (
        answered(OWN, ingresses=(ingress("shop", "shpo.example.com"),)),
        "host",
        "host-mismatch",
    ),
    "the wildcard is a label short": (
        answered(OWN, "http://a.b.example.com/", ingresses=(ingress("shop", "*.example.com"),)),
        "host",
        "wildcard-host-depth",
    ),
    "the wildcard is a label long": (
        answered(OWN, "http://example.com/", ingresses=(ingress("shop", "*.example.com"),)),
        "host",
        "wildcard-host-depth",
    ),
    "Exact does not take what is below": (
        answered(OWN, f"http://{HOST}/a/b", ingresses=(ingress("shop", HOST, "/a", "Exact"),)),
        "path",
        "path-mismatch",
    ),
    "no class is named": (
        answered(OWN, ingresses=(classed(None, **{"kubernetes.io/ingress.class": "nginx"}),)),
        "class",
        "class-missing",
    ),
    "the class does not exist": (
        answered(OWN, ingresses=(classed("nginx"),)),
        "class",
        "class-unknown",
    ),
    "the class is another controller's": (
        answered(
            OWN,
            ingresses=(classed("internal"),),
            classes=(ingress_class(), other_class(default=False)),
        ),
        "class",
        "class-other",
    ),
    "of two default classes the other was given": (
        answered(
            OWN,
            ingresses=(classed("internal"),),
            classes=(ingress_class(), other_class(default=True)),
        ),
        "class",
        "two-default-classes",
    ),
    "the controller may not read EndpointSlices": (
        answered(OWN, policy=policy("endpointslices")),
        "class",
        "rbac-missing",
    ),
    "the proxy has not followed": (answered(OWN), "class", "not-followed"),
    "the rule asks for a middleware that there isn't": (
        answered(
            OWN,
            middlewares=(),
            ingresses=(
                classed(
                    "traefik",
                    **{"traefik.ingress.kubernetes.io/router.middlewares": "a-b@kubernetescrd"},
                ),
            ),
        ),
        "class",
        "rule-disabled",
    ),
    "the Service has another name": (
        answered(OWN, ingresses=(ingress("shop", HOST, to="shop-web"),)),
        "service",
        "service-missing",
    ),
    "the Service is in another namespace": (
        answered(OWN, services=(in_shops(service("shop")), proxy_service())),
        "service",
        "backend-elsewhere",
    ),
    "the Service has another port": (
        answered(
            OWN,
            services=(
                {**service("shop"), "spec": {"ports": [{"name": "http", "port": 8080}]}},
                proxy_service(),
            ),
        ),
        "port",
        "port-missing",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_cause_and_hop_are_named(name: str) -> None:
    facts, hop, cause = BROKEN[name]

    diagnosis = diagnose(facts)

    assert (diagnosis.broken, diagnosis.cause) == (hop, cause)


@pytest.mark.parametrize("name", BROKEN)
def test_every_broken_hop_says_what_mends_it(name: str) -> None:
    diagnosis = diagnose(BROKEN[name][0])

    assert all((diagnosis.saw, diagnosis.expected, diagnosis.why, diagnosis.remedies))


@pytest.mark.parametrize("name", BROKEN)
def test_hops_before_the_broken_one_were_judged_and_those_after_it_were_not(name: str) -> None:
    diagnosis = diagnose(BROKEN[name][0])

    states = [each.state for each in diagnosis.hops]
    place = states.index("broken")
    assert set(states[:place]) <= {"fine", "unused"}
    assert set(states[place + 1 :]) <= {"unreached"}
    assert [each.hop for each in diagnosis.hops] == list(HOPS)


def test_all_is_well_when_every_hop_is_fine() -> None:
    diagnosis = diagnose(healthy())

    assert diagnosis.ok
    assert [each.state for each in diagnosis.hops] == ["fine", "fine", "unused", *["fine"] * 8]


def test_all_green_diagnosis_says_how_much_was_checked() -> None:
    assert str(diagnose(healthy())).startswith(
        f"http://{HOST}/: all is well at the 10 hops that it takes\n  ✓ name "
    )


def test_url_is_called_mistyped_when_the_near_name_has_an_ingress() -> None:
    url = "http://shpo.example.com/"
    facts = healthy(url, naming=Naming(lookups=(NO_NAME,), others=((HOST, "dns"),)), sent=Sent())

    assert [each.command for each in diagnose(facts).remedies] == [f"./lab get http://{HOST}/"]


def test_name_near_another_is_no_typing_error_when_both_have_an_ingress() -> None:
    near = "shop2.example.com"
    facts = unresolved((near, "hosts"))
    both = (*(facts.cluster.ingresses or ()), ingress("other", near))

    assert (
        diagnose(replace(facts, cluster=replace(facts.cluster, ingresses=both))).cause
        == "name-missing"
    )


def test_wrong_address_is_told_even_where_somebody_else_answers() -> None:
    sent = Sent(ELSEWHERE, 80, "open", answers=(replace(GOOD, router=""),))

    assert diagnose(resolved(ELSEWHERE, sent=sent)).cause == "dns-wrong-address"


def test_address_that_the_caller_gives_is_not_called_wrong() -> None:
    naming = Naming(PROXY, "given", f"{PROXY}, as the caller says")

    assert diagnose(healthy(naming=naming)).ok


def test_address_of_a_service_asks_no_ingress() -> None:
    direct = {**service("shop"), "status": {"loadBalancer": {"ingress": [{"ip": ELSEWHERE}]}}}
    facts = healthy(
        f"http://{ELSEWHERE}/",
        naming=Naming(ELSEWHERE, "address", "an IP address"),
        sent=Sent(ELSEWHERE, 80, "open", answers=(GOOD,)),
        cluster=replace(world(), services=(direct, proxy_service())),
    )

    states = {each.hop: each.state for each in diagnose(facts).hops}

    assert [states[hop] for hop in ("host", "path", "class", "service", "pod")] == [
        *["unused"] * 3,
        *["fine"] * 2,
    ]


def test_refusing_service_is_explained_by_its_pods() -> None:
    direct = {**service("shop"), "status": {"loadBalancer": {"ingress": [{"ip": ELSEWHERE}]}}}
    direct["spec"]["selector"] = {"app": "shpo"}
    facts = healthy(
        f"http://{ELSEWHERE}/",
        naming=Naming(ELSEWHERE, "address", "an IP address"),
        sent=Sent(ELSEWHERE, 80, "refused"),
        cluster=replace(world(), services=(direct, proxy_service()), slices=()),
    )

    diagnosis = diagnose(facts)

    assert (diagnosis.broken, diagnosis.cause) == ("tcp", "selector-mismatch")


def test_rule_of_a_class_that_nobody_serves_is_told_though_another_rule_takes_its_requests() -> (
    None
):
    catch_all = ingress("all", "")
    facts = answered(GOOD, ingresses=(classed("nginx"), catch_all))

    assert diagnose(facts).cause == "class-unknown"


def test_two_rules_that_say_the_same_are_noted() -> None:
    twin = ingress("twin", HOST, to="shop")
    facts = healthy(cluster=replace(world(), ingresses=(ingress("shop", HOST), twin)))

    diagnosis = diagnose(facts)

    assert diagnosis.ok
    assert "say the same" in diagnosis.notes[0]


def test_right_that_is_missing_is_noted_while_everything_still_answers() -> None:
    diagnosis = diagnose(answered(GOOD, policy=policy("secrets")))

    assert diagnosis.notes == ("Traefik may not list and watch secrets: changes are not seen",)


def test_plain_http_to_the_port_for_https_is_told() -> None:
    url = f"http://{HOST}:443/"
    facts = replace(answered(OWN, url), sent=Sent(PROXY, 443, "open", answers=(OWN,)))

    assert diagnose(facts).cause == "scheme-mismatch"


def test_what_may_not_be_read_is_not_claimed_to_be_missing() -> None:
    unknown = replace(world(), services=None, slices=None, pods=None, policy=None, classes=None)

    assert diagnose(healthy(cluster=unknown)).ok


def test_redirects_that_led_here_are_noted() -> None:
    facts = healthy(redirected=("http://old.example.com/",))

    assert diagnose(facts).notes == (
        f"redirects led here: http://old.example.com/ → http://{HOST}/",
    )


def test_every_cause_that_is_named_has_words() -> None:
    assert {cause for _, _, cause in BROKEN.values()} <= set(CAUSES)


def test_text_gives_commands_on_lines_of_their_own() -> None:
    text = str(diagnose(unresolved()))

    assert f"\n          ./lab hosts add {HOST} {PROXY}\n" in text


def test_html_carries_words_and_is_escaped() -> None:
    facts = healthy("http://<b>.example.com/", naming=Naming(lookups=(NO_NAME,)), sent=Sent())

    shown = diagnose(facts)._repr_mimebundle_()["text/html"]

    assert "✗" in shown
    assert "<b>" not in shown


def test_json_has_all_that_the_text_has() -> None:
    told = diagnose(unresolved()).to_json()

    assert (told["cause"], told["broken"], told["ok"]) == ("name-missing", "name", False)
    assert told["remedies"][0]["command"] == f"./lab hosts add {HOST} {PROXY}"
    assert [each["state"] for each in told["hops"]] == ["broken", *["unreached"] * 10]
