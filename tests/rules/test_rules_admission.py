"""DefaultIngressClass."""

from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.rules.admission import ingress_warnings, with_default_ingress_class


def ingress_class(name: str, created: str = "2026-01-01T00:00:00Z", default: str = "true") -> Json:
    annotations = {"ingressclass.kubernetes.io/is-default-class": default}
    return {"metadata": {"name": name, "creationTimestamp": created, "annotations": annotations}}


def ingress(annotations: dict[str, str] | None = None, **spec: Any) -> Json:
    return {"metadata": {"name": "a", "annotations": annotations or {}}, "spec": spec}


OLD, NEW = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


@pytest.mark.parametrize(
    ("classes", "name"),
    [
        ([], None),
        ([ingress_class("a", default="false")], None),
        ([ingress_class("a")], "a"),
        ([ingress_class("a", OLD), ingress_class("b", NEW)], "b"),
        ([ingress_class("b", NEW), ingress_class("a", NEW), ingress_class("0", OLD)], "a"),
    ],
)
def test_the_newest_default_class_counts_then_the_lowest_name(
    classes: list[Json], name: str | None
) -> None:
    assert with_default_ingress_class(ingress(), classes)["spec"].get("ingressClassName") == name


@pytest.mark.parametrize(
    "named",
    [
        ingress(ingressClassName="mine"),
        ingress({"kubernetes.io/ingress.class": "mine"}),
        ingress({"kubernetes.io/ingress.class": ""}),
    ],
)
def test_an_ingress_that_names_a_class_keeps_it(named: Json) -> None:
    assert with_default_ingress_class(named, [ingress_class("a")]) == named


def test_the_given_ingress_is_left_alone() -> None:
    given = ingress()
    with_default_ingress_class(given, [ingress_class("a")])
    assert given == ingress()


def test_the_old_annotation_alone_earns_a_warning() -> None:
    annotation = {"kubernetes.io/ingress.class": "a"}
    assert ingress_warnings(ingress(annotation)) == [
        'annotation "kubernetes.io/ingress.class" is deprecated, '
        "please use 'spec.ingressClassName' instead"
    ]
    assert ingress_warnings(ingress(annotation, ingressClassName="a")) == []
    assert ingress_warnings(ingress()) == []
