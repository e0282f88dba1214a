"""What somebody may hand over as a controller, and which pages an object may be."""

import threading
from collections.abc import Iterator

import pytest

from labsupport.exercises import Verdict, check, exercise
from labsupport.exercises.attempts import begin, take_away
from labsupport.exercises.manifest import ingress
from labsupport.session import Lab
from labsupport.session.bare_proxy import BareProxy

OWN, LOST = "your-own-controller", "nobody-gets-lost"


@pytest.fixture(scope="module", autouse=True)
def begun(lab: Lab) -> Iterator[None]:
    begin(exercise(OWN), lab)
    yield
    take_away(exercise(OWN), lab)


def verdict(lab: Lab, *answer: object) -> Verdict:
    return check(OWN, lab, *answer)


def test_a_function_that_fails_is_told_with_its_error(lab: Lab) -> None:
    def reconcile(proxy: BareProxy) -> None:
        proxy.configure([])
        raise KeyError("host")

    assert verdict(lab, reconcile).got == "it ended with KeyError: 'host'"


def test_a_function_that_tells_the_proxy_nothing_is_told_so(lab: Lab) -> None:
    lab.bare_proxy.stop()
    lab.uninstall("bare-proxy")  # this one was told already
    lab.install("bare-proxy")
    assert "proxy.configure was never called" in verdict(lab, lambda _: None).hint


def test_words_of_caddys_refusal_are_told(lab: Lab) -> None:
    found = verdict(lab, lambda proxy: proxy.configure([{"handle": [{"handler": "nonsense"}]}]))
    assert "unknown module: http.handlers.nonsense" in found.got


def test_routes_without_a_report_do_not_pass(lab: Lab) -> None:
    (reference,) = exercise(OWN).reference.answer

    class Silent(BareProxy):
        def report(self, ingress: object) -> None:
            """Says nothing."""

    def reconcile(proxy: BareProxy) -> None:
        own = Silent(lab.connection.access, lab.client)
        reference(own)  # type: ignore[operator]
        own.close()

    begin(exercise(OWN), lab)  # without the status that earlier tests wrote
    assert "proxy.report" in verdict(lab, reconcile).hint


def test_other_peoples_ingresses_are_to_be_left_alone(lab: Lab) -> None:
    (reference,) = exercise(OWN).reference.answer

    class Everybodys(BareProxy):
        def ingresses(self) -> list[dict[str, object]]:
            found = super().ingresses()
            return [{**e, "spec": {**e["spec"], "ingressClassName": "mine"}} for e in found]

    def reconcile(proxy: BareProxy) -> None:
        own = Everybodys(lab.connection.access, lab.client)
        reference(own)  # type: ignore[operator]
        own.close()

    lab.bare_proxy.stop()
    assert "Leave alone" in verdict(lab, reconcile).hint


def test_routes_of_the_pass_before_are_noticed(lab: Lab) -> None:
    (reference,) = exercise(OWN).reference.answer
    kept: list[dict[str, object]] = []

    class Hoarding(BareProxy):
        def configure(self, routes: object) -> None:
            kept.extend(routes)  # type: ignore[arg-type]
            super().configure(kept)

    def reconcile(proxy: BareProxy) -> None:
        own = Hoarding(lab.connection.access, lab.client)
        reference(own)  # type: ignore[operator]
        own.close()

    assert "keep none from the pass before" in verdict(lab, reconcile).hint


def test_who_interrupts_finds_the_ingresses_of_the_exercise_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    (reference,) = exercise(OWN).reference.answer
    request, ours = type(lab.client).request, threading.current_thread()

    def interrupted(*given: object, **options: object) -> object:
        gone = not any(e["metadata"]["name"] == "orchard" for e in lab.objects("ingresses"))
        if gone and threading.current_thread() is ours:  # Python interrupts no other
            raise KeyboardInterrupt
        return request(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(type(lab.client), "request", interrupted)
    with pytest.raises(KeyboardInterrupt):
        verdict(lab, reference)
    assert lab.object("ingress", "orchard")


def test_a_page_of_a_host_that_nobody_names_is_told_of_the_default_backend(lab: Lab) -> None:
    begin(exercise(LOST), lab)
    lab.apply(ingress("atlas", {"atlas.example.com": ["Prefix / -> quote"]}, ingress_class="lab"))
    found = check(LOST, lab)
    take_away(exercise(LOST), lab)
    assert "atlas.example.com, Prefix / takes it, and leads to Service quote" in found.hint
