"""Waiting for what takes a moment: by conditions, with an end."""

from labsupport.kube.wait import settled


def test_what_is_good_at_once_is_looked_at_once() -> None:
    looks = iter("abc")
    assert settled(lambda: next(looks), lambda found: found == "a", timeout=60) == "a"
    assert next(looks) == "b"


def test_it_is_looked_at_until_it_is_good() -> None:
    looks = iter("abc")
    assert settled(lambda: next(looks), lambda found: found == "c", timeout=60, every=0) == "c"


def test_what_never_gets_good_is_given_as_it_is() -> None:
    assert settled(lambda: "a", lambda found: found == "b", timeout=0) == "a"
