"""Label and field selectors."""

import pytest

from labsupport.base.types import Json
from labsupport.rules.selectors import (
    label_selector,
    parse_field_selector,
    parse_label_selector,
)
from labsupport.rules.status import StatusError

LABELS = {"app": "kiada", "tier": "web", "n": "5", "empty": ""}


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        ("", True),
        ("app=kiada", True),
        ("app==kiada", True),
        ("app = kiada , tier = web", True),
        ("app=quote", False),
        ("app!=quote", True),
        ("missing!=quote", True),
        ("app in (quote,kiada)", True),
        ("app in(quote, kiada)", True),
        ("missing in (a)", False),
        ("app notin (quote)", True),
        ("missing notin (quote)", True),
        ("app notin (kiada)", False),
        ("app", True),
        ("missing", False),
        ("!missing", True),
        ("!app", False),
        ("app,!missing,tier in (web)", True),
        ("empty=", True),
        ("app=", False),
        ("n>4", True),
        ("n<5", False),
        ("app>1", False),
    ],
)
def test_a_label_selector_selects(text: str, matched: bool) -> None:
    assert parse_label_selector(text).matches(LABELS) is matched


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,", "found '', expected: identifier after ','"),
        ("=a", "found '=', expected: !, identifier, or 'end of string'"),
        ("a=b=c", "found '=', expected: ',' or 'end of string'"),
        ("a b", "unable to parse requirement: found 'b', "
         "expected: in, notin, =, ==, !=, gt, lt"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("a=" + "b" * 64, 'unable to parse requirement: values[0][a]: Invalid value: "'
         + "b" * 64 + '": must be no more than 63 bytes'),
    ],
)  # fmt: skip
def test_a_bad_label_selector_is_a_bad_request(text: str, message: str) -> None:
    with pytest.raises(StatusError) as refused:
        parse_label_selector(text)
    assert (refused.value.code, refused.value.message) == (400, message)


@pytest.mark.parametrize(
    ("selector", "matched"),
    [
        (None, True),
        ({}, True),
        ({"matchLabels": {"app": "kiada", "tier": "web"}}, True),
        ({"matchLabels": {"app": "quote"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["kiada"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
    ],
)
def test_a_selector_object_selects(selector: Json | None, matched: bool) -> None:
    assert label_selector(selector).matches(LABELS) is matched


def test_an_object_without_labels_meets_only_what_labels_may_lack() -> None:
    assert parse_label_selector("!a,b!=c").matches(None)
    assert not parse_label_selector("a").matches(None)


POD: Json = {
    "metadata": {"name": "kiada-1", "namespace": "default"},
    "spec": {"nodeName": "lab-node"},
    "status": {"phase": "Running"},
}


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        ("", True),
        ("metadata.name=kiada-1", True),
        ("metadata.name==kiada-1,metadata.namespace=default", True),
        ("status.phase!=Running", False),
        ("spec.nodeName=", False),
        ("status.podIP=", True),
    ],
)
def test_a_field_selector_selects(text: str, matched: bool) -> None:
    assert parse_field_selector(text, "Pod").matches(POD) is matched


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spec.foo=1", "field label not supported: spec.foo"),
        ("metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
    ],
)
def test_a_bad_field_selector_is_a_bad_request(text: str, message: str) -> None:
    with pytest.raises(StatusError) as refused:
        parse_field_selector(text, "Pod")
    assert (refused.value.code, refused.value.message) == (400, message)


def test_an_event_is_found_by_its_source_component() -> None:
    event = {"source": {"component": "kubelet"}, "involvedObject": {"name": "kiada-1"}}
    assert parse_field_selector("source=kubelet,involvedObject.name=kiada-1", "Event").matches(
        event
    )


def test_a_schedulable_node_is_found_by_what_it_is_not() -> None:
    assert parse_field_selector("spec.unschedulable=false", "Node").matches({"spec": {}})
