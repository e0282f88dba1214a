"""What becomes of an annotation, and the table of what each controller understands."""

import pytest

from labsupport.base.types import Json
from labsupport.rules.annotations import FEATURES, judged, nginx, traefik

T, N = traefik.PREFIX, nginx.PREFIX


def annotated(kind: str, key: str, value: str = "true") -> Json:
    return {"kind": kind, "metadata": {"name": "a", "annotations": {key: value}}}


@pytest.mark.parametrize(
    ("kind", "profile", "key", "verdict", "words"),
    [
        ("Ingress", "traefik", f"{T}router.tls", "understood", "TLS connections only"),
        ("Ingress", "traefik", f"{T}router.TLS", "understood", "TLS connections only"),
        ("Ingress", "traefik", f"{T}router.tls.domains.0.main", "understood", "certificate"),
        ("Ingress", "traefik", f"{T}router.priority", "breaks", "no number"),
        ("Ingress", "traefik", f"{T}router.prioritty", "breaks", "router.priority is most likely"),
        ("Ingress", "traefik", f"{T}rooter.priority", "ignored", "router.priority is most likely"),
        ("Ingress", "traefik", f"{T}service.nativelb", "ignored", "belongs on a Service"),
        ("Service", "traefik", f"{T}service.nativelb", "understood", "Service's IP"),
        ("Service", "traefik", f"{T}router.tls", "ignored", "belongs on an Ingress"),
        ("Ingress", "traefik", f"{N}affinity", "ignored", "another controller"),
        ("Ingress", "traefik-nginx", f"{N}affinity", "understood", "ingress-nginx"),
        ("Ingress", "traefik-nginx", f"{N}afinity", "ignored", "affinity is most likely meant"),
        ("Ingress", "traefik-nginx", f"{N}satisfy", "ignored", "provider does not"),
        ("Ingress", "traefik-nginx", f"{N}enable-modsecurity", "ignored", "firewall"),
        ("Ingress", "traefik-nginx", f"{N}server-snippet", "breaks", "left out"),
        ("Ingress", "traefik-nginx", f"{T}router.tls", "ignored", "another controller"),
        ("Ingress", "lab", f"{T}router.tls", "ignored", "another controller"),
    ],
)
def test_each_annotation_gets_its_verdict(
    kind: str, profile: str, key: str, verdict: str, words: str
) -> None:
    (found,) = judged(annotated(kind, key), profile)
    assert found.verdict == verdict
    assert words in found.why


def test_annotations_that_are_for_no_controller_are_left_out() -> None:
    assert judged(annotated("Ingress", "example.com/owner"), "traefik") == []


def test_what_is_understood_and_what_is_not_have_nothing_in_common() -> None:
    assert not nginx.UNDERSTOOD & (nginx.UNSUPPORTED | nginx.SNIPPETS | nginx.FIREWALL)


def test_the_features_name_only_annotations_that_are_understood() -> None:
    for feature in FEATURES:
        for text in filter(None, feature.nginx.split(", ")):
            key = text.partition(":")[0].partition(" ")[0]
            assert key in nginx.UNDERSTOOD | nginx.SNIPPETS
        key = feature.traefik.partition(":")[0].partition(" ")[0].rstrip(",")
        assert key in {*traefik.INGRESS, *traefik.SERVICE} or not key or key[0].isupper()
