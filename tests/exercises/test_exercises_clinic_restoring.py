"""Taking one change of an object back, whatever else was done to it since."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from labsupport.exercises.clinic.restoring import restored

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.integers(0, 3) | st.sampled_from(["a", "b"]) | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from("pqr"), VALUES, max_size=3
)


@given(OBJECTS, OBJECTS)
def test_with_nothing_done_since_it_is_as_before(before: dict[str, Any], after: Any) -> None:
    assert restored(before, after, after) == before


@given(OBJECTS, OBJECTS)
def test_no_change_takes_nothing_back(before: dict[str, Any], now: Any) -> None:
    assert restored(before, before, now) == now


@given(OBJECTS, OBJECTS)
def test_twice_is_once(before: dict[str, Any], after: Any) -> None:
    once = restored(before, after, after)
    assert restored(before, after, once) == once


def test_a_later_edit_of_another_field_stays() -> None:
    before = {"spec": {"replicas": 1, "paused": False}}
    after = {"spec": {"replicas": 0, "paused": False}}
    now = {"spec": {"replicas": 0, "paused": True}}
    assert restored(before, after, now) == {"spec": {"replicas": 1, "paused": True}}


def test_a_mend_of_the_field_itself_makes_way_for_what_was_before() -> None:
    assert restored({"replicas": 1}, {"replicas": 0}, {"replicas": 5}) == {"replicas": 1}


def test_what_was_added_to_a_list_stays_in_it() -> None:
    before = {"rules": ["pods", "slices"]}
    after = {"rules": ["pods"]}
    assert restored(before, after, {"rules": ["pods", "nodes"]})["rules"] == [
        "pods",
        "slices",
        "nodes",
    ]


def test_an_item_that_is_back_already_is_not_there_twice() -> None:
    before, after = {"rules": ["slices", "pods"]}, {"rules": ["pods"]}
    assert restored(before, after, {"rules": ["pods", "slices"]}) == before
