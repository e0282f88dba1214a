"""What a controller holds beside what the Ingresses ask for, looked at on live controllers."""

import os
import signal
import threading
from collections.abc import Callable, Iterator

import psutil
import pytest
from probes import route, rule, until_true
from running_lab import running_lab

from labsupport.base.types import Json
from labsupport.kube.manifests import objects
from labsupport.manifests import documents
from labsupport.providers.daemon.record import last_record
from labsupport.session.bringing_up import bring_up
from labsupport.session.controller_view import ControllerWatch
from labsupport.session.controller_view_state import ControllerState, Source
from labsupport.session.lab import Lab

Apply = Callable[..., None]
Watching = Callable[[str], ControllerWatch]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab of its own: controllers are killed here, and that is told of for a minute."""
    with running_lab(tmp_path_factory.mktemp("viewed") / "home") as lab:
        for name in ("traefik-internal", "traefik-nginx", "lab-controller"):
            lab.install(name)
        yield lab


@pytest.fixture
def watching(lab: Lab) -> Iterator[Watching]:
    made: list[ControllerWatch] = []

    def watch(ingress_class: str) -> ControllerWatch:
        made.append(ControllerWatch(lab, ingress_class, lambda: None))
        made[-1].start()
        return made[-1]

    yield watch
    for each in made:
        each.close()


def source(state: ControllerState, place: str) -> Source | None:
    return next((each for each in state.holdings.sources if each.place == place), None)


def seen(watch: ControllerWatch, place: str, good: Callable[[Source], bool]) -> Source:
    """The object as the watch has it once it is as it should be."""

    def look() -> bool:
        found = source(watch.state, place)
        return found is not None and good(found)

    until_true(look, f"{place} in\n{watch.state}", 20)
    found = source(watch.state, place)
    assert found is not None
    return found


def has_routers(found: Source) -> bool:
    return bool(found.routers)


def proxy_of(lab: Lab, ingress_class: str) -> psutil.Process:
    """The process of a Traefik's Pod."""
    (pod,) = lab.controllers[ingress_class].pods()
    address = f"--entrypoints.web.address={pod['status']['podIP']}:8000"
    record = last_record(lab.instance)
    assert record is not None
    children = psutil.Process(record.pid).children(recursive=True)
    (found,) = [each for each in children if address in each.cmdline()]
    return found


@pytest.mark.parametrize(
    ("ingress_class", "rule_said"),
    [
        ("traefik", 'Host("seen.example.com") && PathPrefix("/")'),
        ("internal", 'Host("seen.example.com") && PathPrefix("/")'),
        ("nginx", 'Host("seen.example.com") && PathPrefix("/")'),
        ("lab", "seen.example.com, Prefix /"),
    ],
)
def test_an_ingress_stands_beside_what_its_controller_made_of_it(
    watching: Watching, apply: Apply, ingress_class: str, rule_said: str
) -> None:
    apply(rule("seen", class_name=ingress_class))
    found = seen(watching(ingress_class), "Ingress default/seen", has_routers)
    assert found.wants == ("seen.example.com, Prefix / → Service quote, port 80",)
    assert {each.rule for each in found.routers} == {rule_said}
    assert not any(each.errors for each in found.routers)


def test_routers_for_http_and_https_are_told_as_one(watching: Watching, apply: Apply) -> None:
    apply(rule("twice"))
    (router,) = seen(watching("traefik"), "Ingress default/twice", has_routers).routers
    assert router.entries == ("http on web", "https on websecure")
    assert len(router.names) == 2


def test_ingresses_of_other_classes_are_left_out(watching: Watching, apply: Apply) -> None:
    apply(rule("theirs", class_name="internal"), rule("ours", class_name="lab"))
    watch = watching("lab")
    seen(watch, "Ingress default/ours", has_routers)
    assert source(watch.state, "Ingress default/theirs") is None


def test_an_ingress_route_stands_beside_its_routers(watching: Watching, apply: Apply) -> None:
    apply(route("own", "own"))
    found = seen(watching("traefik"), "IngressRoute default/own", has_routers)
    assert found.wants == ("Host(`own.example.com`)",)
    assert found.routers[0].rule == "Host(`own.example.com`)"


def test_a_router_that_traefik_refuses_says_why(watching: Watching, apply: Apply) -> None:
    wanted = {"traefik.ingress.kubernetes.io/router.middlewares": "default-no@kubernetescrd"}
    apply(rule("refused", annotations=wanted))
    watch = watching("traefik")
    found = seen(watch, "Ingress default/refused", lambda each: bool(each.routers))
    assert 'middleware "default-no@kubernetescrd" does not exist' in found.routers[0].errors
    assert "✗ middleware" in str(watch.state)


def test_an_ingress_that_is_dropped_whole_has_no_router(watching: Watching, apply: Apply) -> None:
    wanted = {"traefik.ingress.kubernetes.io/router.priority": "high"}
    apply(rule("dropped", annotations=wanted))
    watch = watching("traefik")
    seen(watch, "Ingress default/dropped", lambda each: not each.routers)
    until_true(
        lambda: any("Failed to parse annotations" in each for each in watch.state.problems),
        "the log's reason among the problems",
    )
    until_true(
        lambda: any(line.about == "Ingress default/dropped" for line in watch.state.lines),
        "the log's line beside its Ingress",
    )


def test_services_name_the_pods_behind_them(lab: Lab, watching: Watching) -> None:
    pods = {each["metadata"]["name"] for each in lab.objects("pods") if "kiada" in str(each)}
    services = watching("traefik").state.holdings.services
    (kiada,) = [each for each in services if each.made_of.startswith("Service default/kiada")]
    assert {each.pod for each in kiada.servers} <= pods
    assert all(each.status == "UP" for each in kiada.servers)


@pytest.mark.parametrize("ingress_class", ["traefik", "lab"])
def test_a_certificate_is_shown_with_its_secret_and_ingress(
    lab: Lab, watching: Watching, apply: Apply, ingress_class: str
) -> None:
    host = f"safe-{ingress_class}.example.com"
    tls = [{"hosts": [host], "secretName": ingress_class}]
    apply(rule(f"safe-{ingress_class}", class_name=ingress_class, tls=tls))
    watch = watching(ingress_class)

    def held() -> list[tuple[str, bool]]:
        certificates = watch.state.holdings.certificates
        named = [each for each in certificates if f"default/safe-{ingress_class}" in each.ingresses]
        return [(each.secret, bool(each.problem)) for each in named]

    secret = f"default/{ingress_class}"
    until_true(lambda: held() == [(secret, True)], "the Secret is missing")
    until_true(lambda: "secret" in str(watch.state).lower(), "and the log says so")
    lab.trust.store(ingress_class, host)
    until_true(lambda: held() == [(secret, False)], "the Secret is there")
    until_true(
        lambda: not any(host.partition(".")[0] in each.words for each in watch.state.troubles),
        "what is settled is not complained of any more",
    )


def test_caddys_controller_tells_by_an_event_what_it_made_of_an_ingress(
    watching: Watching, apply: Apply
) -> None:
    apply(rule("no-service", service="absent", class_name="lab"))
    watch = watching("lab")
    found = seen(watch, "Ingress default/no-service", lambda each: bool(each.told))
    assert found.refused
    assert "absent does not exist" in found.told
    assert "503" in found.routers[0].errors[0]
    assert f"Ingress default/no-service: {found.told}" in watch.state.all_problems
    assert "Caddy has no routers" in str(watch.state)


def test_raw_lines_of_the_client_library_are_in_the_log(lab: Lab, watching: Watching) -> None:
    crd = next(o for o in objects(documents("traefik-crds")) if "udp" in o["metadata"]["name"])
    watch = watching("internal")
    lab.delete(crd)
    try:
        proxy_of(lab, "internal").send_signal(signal.SIGKILL)
        until_true(lambda: any("reflector.go" in each for each in watch.state.log), "raw lines", 20)
        until_true(
            lambda: any("could not watch IngressRouteUDP" in e for e in watch.state.problems),
            "the raw lines in words",
        )
    finally:
        lab.apply(crd)


def test_the_watch_lives_through_a_restart_of_the_api_server(
    lab: Lab, watching: Watching, apply: Apply
) -> None:
    apply(rule("before"))
    watch = watching("traefik")
    seen(watch, "Ingress default/before", has_routers)
    record = last_record(lab.instance)
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)
    until_true(lambda: bool(watch.state.stale), "told as stale")
    assert source(watch.state, "Ingress default/before")
    again = bring_up(lab.instance)
    try:
        until_true(lambda: not watch.state.stale, "fresh again", 20)
    finally:
        again.close()


def test_a_class_without_a_controller_is_said_and_another_can_be_chosen(
    watching: Watching,
) -> None:
    watch = watching("nowhere")
    assert watch.state.stale.startswith("no controller of class nowhere is installed")
    watch.choose("traefik")
    until_true(lambda: watch.state.title == "Traefik", "the other controller")


def test_closing_ends_the_thread(watching: Watching) -> None:
    watch = watching("traefik")
    watch.close()
    watch.close()
    assert "controller-watch" not in [each.name for each in threading.enumerate()]


def test_nobody_is_told_when_nothing_changed(lab: Lab) -> None:
    told: list[Json] = []
    watch = ControllerWatch(lab, "nowhere", lambda: told.append({}))
    watch.start()
    watch.choose("nowhere")
    watch.close()
    assert told == []
