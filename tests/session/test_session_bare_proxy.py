"""A Caddy without a controller, and functions that are followed as its controller."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from labsupport.base.errors import ProxyRefused, RequestFailed, UsageError
from labsupport.base.types import Json
from labsupport.http.exchange import Exchange
from labsupport.session.bare_proxy import NAME, UNTOLD, BareProxy
from labsupport.session.lab import Lab

PATIENCE = 30.0

T = TypeVar("T")
Apply = Callable[..., None]
Ask = Callable[[], Exchange | None]


@pytest.fixture(scope="module")
def installed(lab: Lab) -> Iterator[BareProxy]:
    """The proxy, installed for these tests."""
    with pytest.raises(UsageError, match="no bare proxy"):
        _ = lab.bare_proxy.address
    lab.install(NAME)
    yield lab.bare_proxy
    lab.bare_proxy.stop()
    lab.uninstall(NAME)


@pytest.fixture
def proxy(installed: BareProxy) -> Iterator[BareProxy]:
    """The proxy, with no route and followed by nobody."""
    installed.configure([])
    yield installed
    installed.stop()


@pytest.fixture
def ask(lab: Lab, proxy: BareProxy) -> Ask:
    """GET http://stall.example.com/ at the proxy; None without an answer."""

    def answer() -> Exchange | None:
        try:
            return lab.client.get("http://stall.example.com/", resolve=proxy.address)
        except RequestFailed:
            return None

    return answer


def ingress(class_name: str = "mine", service: str = "kiada") -> Json:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    rules = [{"host": "stall.example.com", "http": {"paths": [path]}}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "stall", "namespace": "default"},
        "spec": {"ingressClassName": class_name, "rules": rules},
    }


def reconcile(proxy: BareProxy) -> None:
    """One route for each path of each Ingress of the class."""
    routes = []
    for each in proxy.ingresses():
        if each["spec"].get("ingressClassName") == "mine":
            for rule in each["spec"]["rules"]:
                for path in rule["http"]["paths"]:
                    goal = {
                        "handler": "reverse_proxy",
                        "upstreams": proxy.pods(each, path["backend"]),
                    }
                    routes.append({"match": [{"host": [rule["host"]]}], "handle": [goal]})
            proxy.report(each)
    proxy.configure(routes)


def until(look: Callable[[], T], good: Callable[[T], bool]) -> T:
    deadline = time.monotonic() + PATIENCE
    while not good(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def by_kiada(answer: Exchange | None) -> bool:
    return answer is not None and (answer.pod or "").startswith("kiada-")


def refused(answer: Exchange | None) -> bool:
    return answer is not None and answer.status == 404


def addresses(lab: Lab) -> list[str]:
    status = lab.object("ingress", "stall").get("status", {})
    return [each["ip"] for each in status.get("loadBalancer", {}).get("ingress", ())]


# The proxy


def test_a_proxy_that_nobody_told_anything_says_so(lab: Lab, installed: BareProxy) -> None:
    answer = lab.client.get("http://stall.example.com/", resolve=installed.address)
    assert (answer.status, answer.text) == (503, UNTOLD)


def test_a_second_installation_keeps_the_word_that_caddy_obeys(
    lab: Lab, proxy: BareProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    before = lab.object("secret", NAME, namespace=NAME)
    lab.install(NAME)
    assert lab.object("secret", NAME, namespace=NAME) == before
    assert all(line.endswith(" unchanged") for line in capsys.readouterr().out.splitlines())
    proxy.configure([])


def test_the_word_that_caddy_obeys_is_not_the_one_in_the_manifest(
    lab: Lab, proxy: BareProxy
) -> None:
    assert len(proxy._origin()) >= 32
    answer = lab.client.get(f"http://{proxy._pod_ip()}:2019/config/", headers={"Host": "DRAWN"})
    assert answer.status == 403


def test_a_route_is_served_and_what_no_route_takes_is_a_404(proxy: BareProxy, ask: Ask) -> None:
    assert refused(ask())
    hello = {"handler": "static_response", "body": "hello"}
    proxy.configure([{"match": [{"host": ["stall.example.com"]}], "handle": [hello]}])
    answer = ask()
    assert answer is not None
    assert (answer.status, answer.text) == (200, "hello")


def test_what_caddy_refuses_is_told_and_the_last_routes_serve_on(
    proxy: BareProxy, ask: Ask
) -> None:
    proxy.configure([{"handle": [{"handler": "static_response", "body": "hello"}]}])
    with pytest.raises(ProxyRefused) as caught:
        proxy.configure([{"handle": [{"handler": "nonsense"}]}])
    assert "unknown module: http.handlers.nonsense" in caught.value.found
    answer = ask()
    assert answer is not None
    assert answer.text == "hello"


def test_pods_are_those_that_the_service_selects(lab: Lab, proxy: BareProxy) -> None:
    lab.wait_ready()
    backend = {"service": {"name": "kiada", "port": {"name": "http"}}}
    pods = [each for each in lab.objects("pods") if each["metadata"]["name"].startswith("kiada-")]
    found = proxy.pods(ingress(), backend)
    assert {each["dial"] for each in found} == {f"{pod['status']['podIP']}:8080" for pod in pods}
    assert proxy.pods(ingress(), {"service": {"name": "nosuch", "port": {"number": 80}}}) == []


def test_a_status_is_written_for_the_own_class_only(
    lab: Lab, proxy: BareProxy, apply: Apply
) -> None:
    apply(ingress("nosuch"))
    proxy.report(lab.object("ingress", "stall"))
    assert addresses(lab) == []
    apply(ingress())
    proxy.report(lab.object("ingress", "stall"))
    assert addresses(lab) == [proxy.address]


# The loop


def test_a_function_is_followed_through_changes(
    lab: Lab, proxy: BareProxy, ask: Ask, apply: Apply
) -> None:
    proxy.follow(reconcile)
    assert proxy.failure == ""
    assert refused(ask())
    apply(ingress())
    until(ask, by_kiada)
    until(lambda: addresses(lab), lambda found: found == [proxy.address])
    apply(ingress("nosuch"))
    until(ask, refused)


def test_what_happened_while_nobody_followed_is_made_good(
    proxy: BareProxy, ask: Ask, apply: Apply
) -> None:
    proxy.follow(reconcile)
    proxy.stop()
    proxy.stop()
    apply(ingress())
    assert refused(ask())
    proxy.follow()
    assert by_kiada(ask())


def test_a_function_that_fails_is_told_and_gets_another_pass(
    proxy: BareProxy, ask: Ask, apply: Apply, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails_at_first(proxy: BareProxy) -> None:
        if not proxy.ingresses()[-1]["metadata"]["name"].startswith("stall"):
            raise KeyError("host")
        reconcile(proxy)

    proxy.follow(fails_at_first)
    assert proxy.failure == "KeyError: 'host'"
    assert "the function ended with KeyError: 'host'\n" in capsys.readouterr().out
    apply(ingress())
    until(ask, by_kiada)
    assert until(lambda: proxy.failure, lambda failure: not failure) == ""


def test_without_any_function_nothing_can_be_followed(lab: Lab) -> None:
    with pytest.raises(UsageError, match="no function was given yet"):
        BareProxy(lab.connection.access, lab.client).follow()


def test_a_newer_function_takes_the_place_of_the_older(
    lab: Lab, proxy: BareProxy, ask: Ask, apply: Apply
) -> None:
    passes: list[str] = []
    proxy.follow(lambda _: passes.append("older"))
    proxy.follow(reconcile)
    before = len(passes)
    apply(ingress())
    until(ask, by_kiada)
    assert len(passes) == before


def test_a_proxy_that_is_gone_is_told_everything_anew(
    lab: Lab, proxy: BareProxy, ask: Ask, apply: Apply
) -> None:
    apply(ingress())
    proxy.follow(reconcile)
    until(ask, by_kiada)
    pod, _ = lab.find_pod(NAME, namespace=NAME)
    lab.delete("pod", pod, namespace=NAME)
    until(
        lambda: [p["metadata"]["name"] for p in lab.objects("pods", namespace=NAME)],
        lambda names: pod not in names,
    )
    until(ask, by_kiada)
