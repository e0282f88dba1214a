"""The three-way merge of apply."""

from hypothesis import given
from hypothesis import strategies as st

from labsupport.base.types import Json
from labsupport.kube.merge import merged

leaves = st.one_of(st.integers(0, 3), st.sampled_from(["a", "b"]))
documents = st.recursive(
    leaves, lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=3), max_leaves=8
)
objects = st.dictionaries(st.sampled_from("xyz"), documents, max_size=3)


def test_what_others_set_stays() -> None:
    live = {"spec": {"a": 1, "clusterIP": "127.9.128.2"}, "status": {"x": 1}}
    assert merged({"spec": {"a": 1}}, {"spec": {"a": 2}}, live) == {
        "spec": {"a": 2, "clusterIP": "127.9.128.2"},
        "status": {"x": 1},
    }


def test_what_is_no_longer_said_goes() -> None:
    before = {"metadata": {"labels": {"a": "1", "b": "2"}}}
    live = {"metadata": {"labels": {"a": "1", "b": "2", "c": "3"}}}
    wanted = {"metadata": {"labels": {"a": "1"}}}
    assert merged(before, wanted, live) == {"metadata": {"labels": {"a": "1", "c": "3"}}}


def test_a_port_keeps_its_node_port() -> None:
    live = {"ports": [{"port": 80, "protocol": "TCP", "nodePort": 30000}]}
    wanted = {"ports": [{"port": 443}, {"port": 80}]}
    assert merged({"ports": [{"port": 80}]}, wanted, live) == {
        "ports": [{"port": 443}, {"port": 80, "protocol": "TCP", "nodePort": 30000}]
    }


def test_an_item_no_longer_listed_goes_and_a_strangers_stays() -> None:
    live = {"containers": [{"name": "app"}, {"name": "old"}, {"name": "sidecar"}]}
    before = {"containers": [{"name": "app"}, {"name": "old"}]}
    wanted = {"containers": [{"name": "app", "image": "python:3"}]}
    assert merged(before, wanted, live) == {
        "containers": [{"name": "app", "image": "python:3"}, {"name": "sidecar"}]
    }


def test_other_lists_are_replaced_whole() -> None:
    live = {"rules": [{"host": "a"}, {"host": "b"}]}
    assert merged(live, {"rules": [{"host": "c"}]}, live) == {"rules": [{"host": "c"}]}


@given(objects, objects)
def test_applying_twice_changes_nothing_more(wanted: Json, live: Json) -> None:
    once = merged({}, wanted, live)
    assert merged(wanted, wanted, once) == once


@given(objects, objects)
def test_what_one_applied_alone_is_what_is_there(before: Json, wanted: Json) -> None:
    assert merged(before, wanted, before) == wanted
