"""Objects followed by watches on a real API server."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from labsupport.kube.follow import Follower
from labsupport.session.lab import Lab

CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "followed"}}
PLACES: dict[str, str | None] = {"configmaps": "default", "services": None}


@pytest.fixture
def news() -> threading.Event:
    return threading.Event()


@pytest.fixture
def follower(lab: Lab, news: threading.Event) -> Iterator[Follower]:
    follower = lab.follow(PLACES, news.set)
    yield follower
    follower.close()


def names(follower: Follower) -> list[str]:
    return [obj["metadata"]["name"] for obj in follower.objects("configmaps")]


def comes_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_what_is_there_is_known_at_once_with_its_kind(follower: Follower) -> None:
    services = follower.objects("services")
    assert {(each["apiVersion"], each["kind"]) for each in services} == {("v1", "Service")}
    assert "kiada" in [each["metadata"]["name"] for each in services]


def test_what_comes_and_goes_is_told(lab: Lab, follower: Follower, news: threading.Event) -> None:
    lab.api.create(CONFIG_MAP)
    assert news.wait(20)
    assert "followed" in names(follower)
    news.clear()
    lab.api.delete("configmaps", "followed")
    assert news.wait(20)
    assert "followed" not in names(follower)


def test_a_watch_that_broke_off_is_taken_up_again(lab: Lab, follower: Follower) -> None:
    for several in follower._followed.values():
        for followed in several:
            followed.interrupt()
    lab.api.create(CONFIG_MAP)
    try:
        assert comes_true(lambda: "followed" in names(follower))
    finally:
        lab.api.delete("configmaps", "followed")


def test_closing_ends_every_thread_at_once(lab: Lab) -> None:
    before = threading.active_count()
    follower = lab.follow(PLACES, lambda: None)
    started = time.monotonic()
    follower.close()
    follower.close()
    assert threading.active_count() == before
    assert time.monotonic() - started < 1


def test_it_can_be_closed_from_its_own_news(lab: Lab) -> None:
    closed = threading.Event()
    followers: list[Follower] = []

    def close() -> None:
        followers[0].close()
        closed.set()

    followers.append(lab.follow(PLACES, close))
    lab.api.create(CONFIG_MAP)
    lab.api.delete("configmaps", "followed")
    assert closed.wait(20)
