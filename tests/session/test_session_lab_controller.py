"""The lab's own controller: a Python program and a real Caddy in one pod."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import psutil
import pytest

from labsupport.base.errors import RequestFailed
from labsupport.base.types import Json
from labsupport.http.exchange import Exchange
from labsupport.session.lab import Lab

NAME = "lab-controller"
GROUP = "lab.example.com"
PATIENCE = 30.0

T = TypeVar("T")
Apply = Callable[..., None]
Ask = Callable[..., Exchange]


@pytest.fixture(scope="module")
def controller(lab: Lab) -> Iterator[str]:
    """The address of the controller, installed for these tests."""
    lab.install(NAME)
    yield lab.address_of("service", NAME, namespace=NAME)
    lab.uninstall(NAME)


@pytest.fixture
def ask(lab: Lab, controller: str) -> Ask:
    """Ask for a URL until the answer is `good`; by default until it is a 200."""

    def answer(
        url: str, good: Callable[[Exchange], bool] = lambda it: it.status == 200, **options: Any
    ) -> Exchange:
        deadline = time.monotonic() + PATIENCE
        while True:
            found: Exchange | None = None
            try:
                found = lab.client.get(url, resolve=controller, verify=False, **options)
            except RequestFailed:
                if time.monotonic() >= deadline:
                    raise
            if found is not None and good(found):
                return found
            assert time.monotonic() < deadline, found and (found.status, found.text)
            time.sleep(0.02)

    return answer


def ingress(host: str, *backends: Json, class_name: str = "lab", **spec: Any) -> Json:
    """An Ingress for a host; each backend is a prefix of its own, the first has all the rest."""
    paths = [
        {"path": f"/{number or ''}", "pathType": "Prefix", "backend": backend}
        for number, backend in enumerate(backends or [to("kiada")])
    ]
    rules = [{"host": host, "http": {"paths": paths}}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": host.partition(".")[0], "namespace": "default"},
        "spec": {"ingressClassName": class_name, "rules": rules, **spec},
    }


def to(service: str) -> Json:
    return {"service": {"name": service, "port": {"number": 80}}}


def of(kind: str, name: str, **spec: Any) -> Json:
    """An object of one of the controller's own kinds."""
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def site(name: str) -> Json:
    return {"resource": {"apiGroup": GROUP, "kind": "StaticSite", "name": name}}


def ingress_class(name: str, parameters: str) -> Json:
    reference = {"apiGroup": GROUP, "kind": "IngressParameters", "name": parameters}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": name},
        "spec": {"controller": f"{GROUP}/ingress-controller", "parameters": reference},
    }


def until(look: Callable[[], T], good: Callable[[T], bool]) -> T:
    deadline = time.monotonic() + PATIENCE
    while not good(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def last_event(lab: Lab, name: str) -> str:
    """`reason: message` of the newest Event about the Ingress; "" without any."""
    about = [
        event
        for event in lab.objects("events")
        if event["involvedObject"]["kind"] == "Ingress" and event["involvedObject"]["name"] == name
    ]
    newest = max(about, key=lambda event: event["metadata"]["name"], default=None)
    return f"{newest['reason']}: {newest['message']}" if newest else ""


def told(lab: Lab, name: str, words: str) -> str:
    """The newest Event about the Ingress, when it has these words."""
    return until(lambda: last_event(lab, name), lambda event: words in event)


def addresses(lab: Lab, name: str) -> list[Json]:
    found: list[Json] = (
        lab.object("ingress", name).get("status", {}).get("loadBalancer", {}).get("ingress", [])
    )
    return found


def processes(lab: Lab, word: str) -> list[psutil.Process]:
    """The controller's or Caddy's processes in this lab's pods."""
    pods = str(lab.instance.pods)
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(pods in part for part in process.info["cmdline"] or ())
        and any(word in part for part in process.info["cmdline"])
    ]


def kill(lab: Lab, word: str) -> None:
    (process,) = processes(lab, word)
    process.kill()
    until(process.is_running, lambda running: not running)


def log_of(lab: Lab, container: str) -> str:
    pod, _ = lab.find_pod(NAME, namespace=NAME)
    path = f"/api/v1/namespaces/{NAME}/pods/{pod}/log"
    with lab.api._send("GET", path, {"container": container}) as response:
        return response.text


# Routes


def test_a_rule_leads_to_the_pods_themselves(lab: Lab, ask: Ask, apply: Apply) -> None:
    apply(ingress("direct.example.com"))
    pods = {pod["metadata"]["name"] for pod in lab.objects("pods") if "kiada" in str(pod)}
    answers = [ask("http://direct.example.com/") for _ in range(6)]
    seen = {answer.headers["X-Pod"] for answer in answers}
    assert len(seen) == 3
    assert seen <= pods


def test_status_and_an_event_say_that_it_is_served(
    lab: Lab, controller: str, ask: Ask, apply: Apply
) -> None:
    apply(ingress("served.example.com"))
    ask("http://served.example.com/")
    until(lambda: addresses(lab, "served"), lambda found: found == [{"ip": controller}])
    assert told(lab, "served", "Sync") == "Sync: Caddy serves it"


def test_what_no_rule_takes_is_a_404(ask: Ask) -> None:
    ask("http://nobody.example.com/", lambda answer: answer.status == 404)


def test_a_default_backend_takes_the_rest(ask: Ask, apply: Apply) -> None:
    backend = {"service": {"name": "quote", "port": {"number": 80}}}
    apply(ingress("fallen.example.com", defaultBackend=backend))
    answer = ask("http://whoever.example.com/debug/request")
    assert answer.json()["app"] == "quote"


def test_a_service_that_is_missing_answers_503_until_it_is_there(
    lab: Lab, ask: Ask, apply: Apply
) -> None:
    apply(ingress("later.example.com", to("later")))
    ask("http://later.example.com/", lambda answer: answer.status == 503)
    told(lab, "later", "Rejected: Service later, port 80: Service default/later does not exist")
    kiada = lab.object("service", "kiada")["spec"]
    spec = {"selector": kiada["selector"], "ports": kiada["ports"]}
    apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "later"}, "spec": spec})
    ask("http://later.example.com/")
    told(lab, "later", "Sync")


def test_an_ingress_of_another_class_is_left_alone(lab: Lab, ask: Ask, apply: Apply) -> None:
    apply(ingress("foreign.example.com", class_name="nosuch"), ingress("known.example.com"))
    ask("http://known.example.com/")
    ask("http://foreign.example.com/", lambda answer: answer.status == 404)
    assert addresses(lab, "foreign") == []
    assert last_event(lab, "foreign") == ""


def test_an_ingress_that_leaves_the_class_loses_its_address(
    lab: Lab, controller: str, ask: Ask, apply: Apply
) -> None:
    apply(ingress("leaving.example.com"))
    until(lambda: addresses(lab, "leaving"), lambda found: found == [{"ip": controller}])
    apply(ingress("leaving.example.com", class_name="nosuch"))
    until(lambda: addresses(lab, "leaving"), lambda found: found == [])
    ask("http://leaving.example.com/", lambda answer: answer.status == 404)


# TLS


def shown(ask: Ask, host: str) -> list[str]:
    answer = ask(f"https://{host}/")
    assert answer.tls is not None
    return list(answer.tls.chain[0].names)


def test_the_certificate_is_chosen_by_the_name_asked_for(lab: Lab, ask: Ask, apply: Apply) -> None:
    hosts = ("one.example.com", "two.example.com")
    for host in hosts:
        apply(lab.trust.secret(host.replace(".", "-"), host))
        tls = [{"hosts": [host], "secretName": host.replace(".", "-")}]
        apply(ingress(host, tls=tls))
    until(
        lambda: [shown(ask, host) for host in hosts],
        lambda found: found == [[host] for host in hosts],
    )


def test_a_name_without_a_certificate_gets_caddys_own(lab: Lab, ask: Ask, apply: Apply) -> None:
    apply(ingress("bare.example.com"))
    assert shown(ask, "bare.example.com") == [f"default.{GROUP}"]


def test_a_key_that_does_not_fit_is_told_and_harms_nobody_else(
    lab: Lab, ask: Ask, apply: Apply
) -> None:
    first, second = (lab.trust.secret("mixed", "mixed.example.com") for _ in range(2))
    part = "data" if "data" in first else "stringData"
    first[part] = {**first[part], "tls.key": second[part]["tls.key"]}
    apply(first)
    apply(ingress("mixed.example.com", tls=[{"secretName": "mixed"}]))
    told(lab, "mixed", "Rejected: Secret default/mixed: ")
    apply(ingress("unharmed.example.com"))
    ask("http://unharmed.example.com/")


# Parameters of the class


def test_parameters_set_headers_and_the_access_log(lab: Lab, ask: Ask, apply: Apply) -> None:
    headers = {"X-Served-By": "the lab"}
    apply(of("IngressParameters", "told", responseHeaders=headers, accessLog=True))
    apply(ingress_class("lab-told", "told"), ingress("told.example.com", class_name="lab-told"))
    answer = ask("http://told.example.com/?seen")
    assert answer.headers["X-Served-By"] == "the lab"
    log = until(lambda: log_of(lab, "caddy"), lambda text: "/?seen" in text)
    (line,) = [json.loads(line) for line in log.splitlines() if "/?seen" in line]
    assert line["request"]["host"] == "told.example.com"


def test_without_parameters_nothing_is_logged(lab: Lab, ask: Ask, apply: Apply) -> None:
    apply(of("IngressParameters", "told", accessLog=True))
    apply(ingress_class("lab-told", "told"), ingress("loud.example.com", class_name="lab-told"))
    apply(ingress("quiet.example.com"))
    ask("http://quiet.example.com/?unlogged")
    ask("http://loud.example.com/?after")
    log = until(lambda: log_of(lab, "caddy"), lambda text: "/?after" in text)
    assert "/?unlogged" not in log


def test_a_pod_that_takes_too_long_is_a_504(ask: Ask, apply: Apply) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        labels = {"kubernetes.io/service-name": "silent"}
        apply(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "silent"},
                "spec": {"ports": [{"port": 80, "targetPort": port}]},
            },
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {"name": "silent-1", "labels": labels},
                "addressType": "IPv4",
                "ports": [{"port": port, "protocol": "TCP"}],
                "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": True}}],
            },
        )
        apply(of("IngressParameters", "hasty", timeouts={"response": "50ms"}))
        apply(
            ingress_class("lab-hasty", "hasty"),
            ingress("silent.example.com", to("silent"), class_name="lab-hasty"),
        )
        ask("http://silent.example.com/", lambda answer: answer.status == 504)


def test_parameters_that_are_missing_are_told(lab: Lab, ask: Ask, apply: Apply) -> None:
    apply(ingress_class("lab-lost", "lost"), ingress("lost.example.com", class_name="lab-lost"))
    told(lab, "lost", "IngressParameters lost")
    ask("http://lost.example.com/")


def test_when_caddy_refuses_the_last_configuration_serves_on(
    lab: Lab, ask: Ask, apply: Apply
) -> None:
    apply(of("IngressParameters", "odd", timeouts={"connect": "1s"}))
    apply(ingress_class("lab-odd", "odd"), ingress("odd.example.com", class_name="lab-odd"))
    ask("http://odd.example.com/")
    apply(of("IngressParameters", "odd", timeouts={"connect": "99999999999h"}))
    told(lab, "odd", "Rejected: Caddy refuses: ")
    ask("http://odd.example.com/")
    assert "caddy: Caddy refuses: " in log_of(lab, "controller")
    apply(of("IngressParameters", "odd", timeouts={"connect": "2s"}))
    told(lab, "odd", "Sync")


def test_a_refused_configuration_is_said_of_every_ingress_until_it_is_mended(
    lab: Lab, controller: str, ask: Ask, apply: Apply
) -> None:
    apply(of("IngressParameters", "odd", timeouts={"connect": "99999999999h"}))
    apply(ingress_class("lab-odd", "odd"), ingress("odd.example.com", class_name="lab-odd"))
    told(lab, "odd", "Rejected: Caddy refuses: ")
    apply(ingress("blameless.example.com"))
    told(lab, "blameless", "Rejected: Caddy refuses: ")
    (problem,) = lab.controllers["lab"].problems()
    places, _, said = problem.partition(": ")
    assert set(places.split(", ")) == {"Ingress default/odd", "Ingress default/blameless"}
    assert said.startswith("lab-controller says Rejected: Caddy refuses: ")
    assert problem in lab.status().missing
    assert lab.diagnose("http://blameless.example.com/", resolve=controller).why == problem
    apply(of("IngressParameters", "odd", timeouts={"connect": "2s"}))
    ask("http://blameless.example.com/")
    until(lab.controllers["lab"].problems, lambda found: found == [])


# Files


def test_a_static_site_is_served_as_files(ask: Ask, apply: Apply) -> None:
    apply(of("StaticSite", "docs", files={"index.html": "<h1>Hi</h1>", "a/b.txt": "deep"}))
    apply(ingress("docs.example.com", site("docs")))
    answer = ask("http://docs.example.com/")
    assert answer.text == "<h1>Hi</h1>"
    assert answer.headers["Content-Type"].startswith("text/html")
    assert ask("http://docs.example.com/a/b.txt").text == "deep"
    ask("http://docs.example.com/a/c.txt", lambda answer: answer.status == 404)
    apply(of("StaticSite", "docs", files={"index.html": "new"}))
    ask("http://docs.example.com/", lambda answer: answer.text == "new")
    ask("http://docs.example.com/a/b.txt", lambda answer: answer.status == 404)


def test_a_static_site_cannot_leave_its_folder(lab: Lab, ask: Ask, apply: Apply) -> None:
    apply(of("StaticSite", "sly", files={"../../caddy.json": "{}"}))
    apply(ingress("sly.example.com", site("sly")))
    ask("http://sly.example.com/", lambda answer: answer.status == 503)
    told(lab, "sly", "Rejected: StaticSite sly: its file ../../caddy.json would lie outside")


# Bad luck


def test_a_caddy_that_is_killed_comes_back_as_it_was(lab: Lab, ask: Ask, apply: Apply) -> None:
    apply(ingress("caddyless.example.com"))
    ask("http://caddyless.example.com/")
    kill(lab, "first.json")
    ask("http://caddyless.example.com/")


def test_caddy_serves_on_without_its_controller(lab: Lab, ask: Ask, apply: Apply) -> None:
    apply(ingress("alone.example.com"))
    ask("http://alone.example.com/")
    kill(lab, "ingress_controller.py")
    ask("http://alone.example.com/")
    apply(ingress("afterwards.example.com"))
    ask("http://afterwards.example.com/")


def test_a_kind_that_is_gone_and_back_is_followed_again(lab: Lab, ask: Ask, apply: Apply) -> None:
    definition = f"staticsites.{GROUP}"
    kept = lab.object("customresourcedefinition", definition)
    kept = {key: kept[key] for key in ("apiVersion", "kind", "spec")}
    apply(of("StaticSite", "back", files={"index.html": "here"}))
    apply(ingress("back.example.com", site("back")))
    ask("http://back.example.com/")
    lab.delete("customresourcedefinition", definition)
    ask("http://back.example.com/", lambda answer: answer.status == 503)
    lab.apply({**kept, "metadata": {"name": definition}})
    until(lambda: lab.objects("staticsites"), lambda found: found == [])
    apply(of("StaticSite", "back", files={"index.html": "again"}))
    ask("http://back.example.com/", lambda answer: answer.text == "again")


def test_its_orders_come_from_its_controller_only(lab: Lab, controller: str) -> None:
    pod, _ = lab.find_pod(NAME, namespace=NAME)
    ip = lab.object("pod", pod, namespace=NAME)["status"]["podIP"]
    with socket.create_connection((ip, 2019), timeout=5) as connection:
        connection.sendall(f"GET /config/ HTTP/1.0\r\nHost: {ip}:2019\r\n\r\n".encode())
        assert b" 403 " in connection.recv(100)


# What it says


def test_what_it_tells_of_an_ingress_can_be_waited_for(
    lab: Lab, controller: str, apply: Apply
) -> None:
    apply(ingress("heard.example.com", to("nosuch")), ingress("other.example.com"))
    found = lab.controllers["lab"]
    assert found.told("heard", "Rejected").endswith("Service default/nosuch does not exist")
    assert found.told("other", "Sync") == "Sync: Caddy serves it"
    assert found.told("kiada") == ""
