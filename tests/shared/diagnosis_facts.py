"""Facts of a request that all is well with, to be broken in one place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from stand_in_lab import endpoint_slice, ingress, ingress_class, service

from labsupport.base.types import Json
from labsupport.rules.certificates import CertificateFacts, refusals
from labsupport.rules.diagnosis.facts import (
    Answer,
    Cluster,
    Facts,
    Handshake,
    Lookup,
    Naming,
    SecretFacts,
    Sent,
)
from labsupport.rules.ingress import Request
from labsupport.rules.rbac import Policy

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOST = "shop.example.com"
PROXY = "127.9.192.1"
ELSEWHERE = "127.9.63.254"
OWN = Answer(f"http://{HOST}/", 404, "proxy")
"""The proxy has no rule for the request."""

UNAVAILABLE = Answer(f"http://{HOST}/", 503, "proxy", router="default-shop")
BAD_GATEWAY = Answer(f"http://{HOST}/", 502, "proxy", router="default-shop")
GOOD = Answer(f"http://{HOST}/", 200, "app", pod="shop-a", router="default-shop")


def healthy(url: str = f"http://{HOST}/", **changes: Any) -> Facts:
    """A shop that answers, by way of the Ingress default/shop."""
    request = Request.from_url(url)
    facts = Facts(
        url=url,
        name=request.host,
        request=request,
        naming=Naming(PROXY, "dns", "A record in lab DNS", (Lookup("dns", "", "A", PROXY),)),
        sent=Sent(PROXY, request.port, "open", answers=(replace(GOOD, url=url),)),
        now=NOW,
        cluster=world(),
    )
    return replace(facts, **changes)


def answered(answer: Answer, url: str = f"http://{HOST}/", **changes: Any) -> Facts:
    """The same, with this answer, and objects changed as the keywords say."""
    facts = healthy(url)
    sent = replace(facts.sent, answers=(answer,))
    return replace(facts, sent=sent, cluster=replace(facts.cluster, **changes))


def world() -> Cluster:
    """The shop's objects, and the controller's."""
    return Cluster(
        ingresses=(ingress("shop", HOST),),
        classes=(ingress_class(),),
        services=(service("shop"), proxy_service()),
        slices=(endpoint_slice("shop", "shop-a"),),
        pods=(pod("shop-a", {"app": "shop"}), pod("traefik-x", {"app": "traefik"}, "traefik")),
        deployments=(deployment("shop"), deployment("traefik", "traefik")),
        policy=policy(),
    )


def proxy_service() -> Json:
    """The Service by which the proxy is reached."""
    return {
        "metadata": {"name": "traefik", "namespace": "traefik"},
        "spec": {
            "type": "LoadBalancer",
            "clusterIP": "127.9.128.9",
            "selector": {"app": "traefik"},
            "ports": [{"name": "web", "port": 80}, {"name": "websecure", "port": 443}],
        },
        "status": {"loadBalancer": {"ingress": [{"ip": PROXY}]}},
    }


def pod(name: str, labels: dict[str, str], namespace: str = "default", **status: Any) -> Json:
    """A Pod that is ready, unless `status` says otherwise."""
    ready = {"type": "Ready", "status": "True"}
    ports = [{"name": "http", "containerPort": 8080}]
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "uid": f"uid-{name}"},
        "spec": {"containers": [{"name": "main", "ports": ports}]},
        "status": {"phase": "Running", "podIP": "127.9.64.1", "conditions": [ready], **status},
    }


def unready(name: str = "shop-a", **container: Any) -> Json:
    """A Pod of the shop that is not ready; `container` is of its containerStatuses."""
    not_ready = {"type": "Ready", "status": "False"}
    statuses = [{"name": "main", "ready": False, "restartCount": 0, **container}]
    return pod(name, {"app": "shop"}, conditions=[not_ready], containerStatuses=statuses)


def deployment(name: str, namespace: str = "default", replicas: int = 1) -> Json:
    """A Deployment whose Pods have the label app=NAME."""
    return {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}},
        },
    }


def policy(*without: str) -> Policy:
    """What lets the controller read everything but these resources."""
    resources = {"ingresses", "ingressclasses", "services", "endpointslices", "secrets", "nodes"}
    rule = {"apiGroups": ["*"], "resources": sorted(resources - {*without}), "verbs": ["*"]}
    role = {"metadata": {"name": "traefik"}, "rules": [rule]}
    account = {"kind": "ServiceAccount", "namespace": "traefik", "name": "traefik"}
    binding = {
        "metadata": {"name": "traefik"},
        "roleRef": {"kind": "ClusterRole", "name": "traefik"},
        "subjects": [account],
    }
    return Policy(cluster_roles=[role], cluster_role_bindings=[binding])


def no_slice() -> Json:
    """The shop's EndpointSlice without a ready endpoint."""
    found = endpoint_slice("shop", "shop-a")
    conditions = {"ready": False, "serving": False}
    return {
        **found,
        "endpoints": [{**each, "conditions": conditions} for each in found["endpoints"]],
    }


# TLS


def certificate(*names: str, days: int = 30, fingerprint: str = "") -> CertificateFacts:
    """A certificate for these names, which is good for some days more."""
    return CertificateFacts(
        subject=f"CN={names[0]}",
        issuer="CN=lab",
        common_name=names[0],
        names=names,
        addresses=(),
        not_before=NOW - timedelta(days=60),
        not_after=NOW + timedelta(days=days),
        is_ca=False,
        for_servers=True,
        self_signed=False,
        key_type="EC",
        key_bits=256,
        signature_hash="sha256",
        serial="1",
        fingerprint=fingerprint or ",".join(names),
        der=b"",
    )


DEFAULT = SecretFacts(
    "traefik", "default", "kubernetes.io/tls", ("tls.crt", "tls.key"), certificate("traefik.test")
)
"""The controller's own certificate."""


def secret(
    held: CertificateFacts | None, namespace: str = "default", **changes: Any
) -> SecretFacts:
    """The shop's TLS Secret."""
    keys = ("tls.crt", "tls.key")
    return replace(SecretFacts(namespace, "shop-tls", "kubernetes.io/tls", keys, held), **changes)


def secured(
    shown: CertificateFacts,
    *secrets: SecretFacts,
    sni: str = HOST,
    host: str = HOST,
    checked: bool = True,
    **changes: Any,
) -> Facts:
    """An HTTPS request for `host`, for which `shown` came and was refused where it doesn't fit."""
    url = f"https://{host}/"
    reasons = tuple(
        each for each in refusals((shown,), host, NOW) if each.id not in ("unknown-issuer",)
    )
    tls_ingress = ingress("shop", host)
    tls_ingress["spec"]["tls"] = [{"hosts": [host], "secretName": "shop-tls"}]
    objects = replace(world(), ingresses=(tls_ingress,), secrets=(DEFAULT, *secrets))
    refused = bool(reasons) and checked
    sent = Sent(
        PROXY,
        443,
        "open",
        handshake=Handshake(sni, "TLSv1.3", (shown,), reasons, checked),
        answers=() if refused else (replace(GOOD, url=url),),
    )
    return healthy(url, sent=sent, cluster=replace(objects, **changes))
