"""The testers in a real JupyterLab in a real browser: typed into, clicked, and read."""

from collections.abc import Iterator

import pytest
from jupyterlab_page import CHROMIUM, output, played
from playwright.sync_api import Locator, Page, expect
from running_lab import running_lab

from labsupport.base.run import which
from labsupport.kube.manifests import objects
from labsupport.session.lab import Lab

MANIFEST = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shown}
spec:
  rules:
  - host: shown.example.com
    http:
      paths:
      - path: /exact
        pathType: Exact
        backend: {service: {name: quote, port: {number: 80}}}
      - path: /
        pathType: Prefix
        backend: {service: {name: kiada, port: {number: 80}}}
"""
CELLS = {
    "setup": "from labsupport import Lab\nfrom labsupport.widgets import *\nlab = Lab.open()",
    "live": "RuleTester(lab)",
    "editor": f"RuleTester(lab, 'http://shown.example.com/exact', manifest={MANIFEST!r})",
    "predict": "RuleTester(lab, predict_first=True)",
    "paths": "PathTypeExplorer()",
    "hosts": "HostMatcher()",
    "builder": "IngressBuilder(lab, name='built', host='built.example.com')",
    "map": "ClusterMap(lab)",
    "without dot": """\
from unittest.mock import patch
with patch("labsupport.diagrams.picture.which", return_value=None):
    undrawn = RuleTester(lab, "http://undrawn.example.com/")
undrawn""",
}

needs_dot = pytest.mark.skipif(
    which("dot") is None, reason="needs dot: what the browser draws itself can't be chosen from"
)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("browser") / "home") as lab:
        yield lab


@pytest.fixture(scope="module")
def page(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A notebook with every tester, run from top to bottom."""
    with played(lab, tmp_path_factory.mktemp("notebook"), CELLS.values()) as page:
        yield page


def cell(page: Page, name: str) -> Locator:
    """The output of one of the cells."""
    return output(page, list(CELLS).index(name))


def status(place: Locator, name: str) -> Locator:
    return place.get_by_role("status", name=name)


def test_the_verdict_follows_each_key(page: Page) -> None:
    tester = cell(page, "live")
    url = tester.get_by_label("URL", exact=True)
    url.press("End")
    url.press_sequentially("some/path")
    expect(status(tester, "The verdict")).to_contain_text("kiada.example.com/some/path")
    url.fill("http://nobody.example.com/")
    expect(status(tester, "The verdict")).to_contain_text("no rule takes it")


def test_enter_asks_the_live_controller(page: Page) -> None:
    tester = cell(page, "live")
    url = tester.get_by_label("URL", exact=True)
    url.fill("http://kiada.example.com/")
    url.press("Enter")
    answer = status(tester, "Who foresaw it")
    expect(answer).to_contain_text("Kubernetes' rules and the controller agree.")


@needs_dot
def test_the_way_of_the_request_is_lit(page: Page) -> None:
    tester = cell(page, "live")
    tester.get_by_label("URL", exact=True).fill("http://kiada.example.com/")
    lit = tester.locator(".lab-flow g.edge path[stroke='#d55e00']")
    expect(lit).to_have_count(3)  # to the load balancer, to the proxy, to the pod


def test_a_fault_is_marked_at_its_line_while_it_is_typed(page: Page) -> None:
    tester = cell(page, "editor")
    editor = tester.get_by_label("Ingresses, as YAML")
    editor.fill(MANIFEST.replace("pathType: Exact", "pathtype: Exact"))
    expect(tester.locator(".lab-wrong")).to_have_text("✗ 10")
    expect(editor).to_have_attribute("aria-invalid", "true")
    tester.get_by_role("button", name="line 10").click()
    expect(editor).to_be_focused()
    editor.press_sequentially("        pathType: Prefix")
    expect(tester.locator(".lab-wrong")).to_have_count(0)
    rule = "default/shown: shown.example.com, Prefix /exact"
    expect(tester.get_by_role("cell", name=rule, exact=True)).to_be_visible()


def test_letters_typed_into_the_editor_are_no_commands_of_the_notebook(page: Page) -> None:
    count = page.locator(".jp-Notebook .jp-Cell").count()
    editor = cell(page, "editor").get_by_label("Ingresses, as YAML")
    editor.press("Control+End")
    editor.press_sequentially("# dd abx")
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(count)
    assert editor.input_value().endswith("# dd abx")


def test_a_prediction_is_asked_for_before_anything_is_told(page: Page) -> None:
    tester = cell(page, "predict")
    expect(status(tester, "The verdict")).to_contain_text("What will happen?")
    expect(tester.get_by_role("button", name="Send it")).to_be_disabled()
    tester.get_by_label("I expect").select_option("404: no rule takes it")
    tester.get_by_role("button", name="Tell").click()
    expect(status(tester, "Who foresaw it")).to_contain_text("You said 404")
    tester.get_by_role("button", name="Send it").click()
    expect(status(tester, "Who foresaw it")).to_contain_text("✗ not so")


def test_another_pattern_is_judged_for_every_path_type(page: Page) -> None:
    explorer = cell(page, "paths")
    explorer.get_by_label("Rule's path").fill("/kiada/images")
    row = explorer.get_by_role("row", name="/kiada/images").first
    expect(row.get_by_text("✓ yes")).to_have_count(6)
    row = explorer.get_by_role("row", name="/kiadas").first
    expect(row.get_by_text("✗ no")).to_have_count(6)


def test_hosts_are_compared_label_by_label(page: Page) -> None:
    matcher = cell(page, "hosts")
    matcher.get_by_label("Requests").fill("shop.example.com\na.shop.example.com")
    result = status(matcher, "Which hosts the rule takes")
    expect(result.get_by_role("row", name="a.shop.example.com")).to_contain_text("one label only")


def test_a_form_becomes_an_ingress_and_is_undone(page: Page, lab: Lab) -> None:
    builder = cell(page, "builder")
    builder.get_by_label("Path", exact=True).fill("nowhere")
    expect(builder.locator(".lab-wrong")).to_have_count(1)
    builder.get_by_label("Path", exact=True).fill("/somewhere")
    expect(builder.locator(".lab-wrong")).to_have_count(0)
    builder.get_by_role("button", name="Apply").click()
    answer = status(builder, "The cluster's answer")
    expect(answer).to_contain_text("built created")
    rule = lab.object("ingress", "built")["spec"]["rules"][0]
    assert rule["http"]["paths"][0]["path"] == "/somewhere"
    builder.get_by_role("button", name="Undo").click()
    expect(answer).to_contain_text("built deleted")


@needs_dot
def test_the_map_shows_what_comes_and_goes(page: Page, lab: Lab) -> None:
    picture = cell(page, "map").locator(".lab-flow")
    node = picture.get_by_role("button", name="ingress shown (shown.example.com)")
    expect(node).to_have_count(0)
    for obj in objects(MANIFEST):
        lab.api.create(obj)
    expect(node).to_be_visible()
    lab.api.delete("ingresses", "shown")
    expect(node).to_have_count(0)


@needs_dot
def test_a_node_gives_its_object_by_keyboard(page: Page) -> None:
    map_ = cell(page, "map")
    map_.get_by_role("button", name="ingress kiada (kiada.example.com)").focus()
    page.keyboard.press("Enter")
    expect(status(map_, "ingress kiada")).to_contain_text("host: kiada.example.com")


def test_without_dot_the_browser_draws(page: Page) -> None:
    drawing = cell(page, "without dot").locator("svg g.node")
    expect(drawing.filter(has_text="undrawn.example.com")).to_be_visible(timeout=20_000)
