"""The live view of a controller, driven by its traits on a live lab."""

import time
from collections.abc import Callable

from probes import rule, until_true

from labsupport.session.lab import Lab
from labsupport.widgets import ControllerView


def shown(view: ControllerView) -> str:
    parts = (*view._parts.values(), view.log_part)
    return "".join(str(each.value) for each in parts)


def test_a_change_appears_in_the_view_and_in_its_text(lab: Lab) -> None:
    view = ControllerView(lab)
    try:
        lab.apply(rule("appearing"))
        until_true(lambda: "appearing.example.com" in view.text(), "in the text")
        until_true(lambda: "appearing.example.com" in shown(view), "in the view")
    finally:
        view.close()
        lab.delete("ingress", "appearing")


def test_what_comes_from_outside_is_escaped(lab: Lab) -> None:
    marked = {"traefik.ingress.kubernetes.io/router.priority": "<b>"}
    lab.apply(rule("marked", annotations=marked))
    view = ControllerView(lab)
    try:
        until_true(lambda: "&lt;b&gt;" in shown(view), "the value in the log")
        assert "<b>" not in shown(view)
    finally:
        view.close()
        lab.delete("ingress", "marked")


def test_a_view_of_a_moment_does_not_follow(lab: Lab) -> None:
    view = ControllerView(lab, follow=False)
    assert not view.following
    assert "as it was when this was made" in view.state_line.value


def test_a_newer_view_of_the_same_class_takes_over(lab: Lab) -> None:
    older, newer = ControllerView(lab), ControllerView(lab)
    assert (older.following, newer.following) == (False, True)
    assert "a newer view follows" in older.state_line.value
    newer.close()
    newer.close()


def test_a_stopped_view_keeps_what_it_saw(lab: Lab) -> None:
    view = ControllerView(lab)
    view.stop()
    before = view.text()
    lab.apply(rule("unseen"))
    try:
        time.sleep(0.2)
        assert view.text() == before
        assert "Ingress default/kiada" in before
    finally:
        lab.delete("ingress", "unseen")


def test_a_controller_that_comes_can_be_chosen(lab: Lab) -> None:
    view = ControllerView(lab)

    def has(words: str) -> Callable[[], bool]:
        return lambda: words in view.text()

    lab.install("lab-controller")
    try:
        until_true(lambda: "lab" in view.class_field.options, "the class among the options")
        view.class_field.value = "lab"
        until_true(has("Caddy has no routers"), "what Caddy has instead")
    finally:
        lab.uninstall("lab-controller")
    try:
        until_true(has("no controller of class lab is installed"), "that it is gone")
    finally:
        view.close()


def test_a_class_that_comes_leaves_the_chosen_one(lab: Lab) -> None:
    lab.install("traefik-internal")
    view = ControllerView(lab, "internal")
    try:
        lab.install("lab-controller")
        until_true(lambda: "lab" in view.class_field.options, "the class among the options")
        assert view.class_field.value == "internal"
        assert view.state.ingress_class == "internal"
        lab.uninstall("lab-controller")
        until_true(lambda: "lab" not in view.class_field.options, "the class is gone")
        assert view.class_field.value == "internal"
    finally:
        view.close()
        lab.uninstall("lab-controller")
        lab.uninstall("traefik-internal")
