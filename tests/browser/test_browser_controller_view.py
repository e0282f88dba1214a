"""The live view of a controller in a real JupyterLab: it follows, and another can be chosen."""

from collections.abc import Iterator

import pytest
from jupyterlab_page import CHROMIUM, output, played
from playwright.sync_api import Locator, Page, expect
from probes import rule
from running_lab import running_lab

from labsupport.session.lab import Lab

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium"),
    pytest.mark.timeout(300),
]
CELLS = [
    "from labsupport import Lab\nfrom labsupport.widgets import ControllerView\nlab = Lab.open()",
    "view = ControllerView(lab)\nview",
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("browser") / "home") as lab:
        lab.install("lab-controller")
        yield lab


@pytest.fixture(scope="module")
def page(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with played(lab, tmp_path_factory.mktemp("notebook"), CELLS) as page:
        yield page


@pytest.fixture
def view(page: Page) -> Locator:
    return output(page, 1)


def row_of(view: Locator, place: str) -> Locator:
    return view.get_by_role("region", name="Routers").get_by_role("row").filter(has_text=place)


def test_a_new_ingress_and_its_router_appear_side_by_side(view: Locator, lab: Lab) -> None:
    lab.apply(rule("fresh"))
    row = row_of(view, "Ingress default/fresh")
    expect(row).to_contain_text("fresh.example.com, Prefix / → Service quote, port 80")
    expect(row).to_contain_text('✓ Host("fresh.example.com") && PathPrefix("/")')


def test_a_mistake_is_told_in_words_and_marked_in_the_log(view: Locator, lab: Lab) -> None:
    wrong = rule("wrong", annotations={"traefik.ingress.kubernetes.io/router.priority": "high"})
    lab.apply(wrong)
    problems = view.get_by_role("status", name="Problems now")
    expect(problems).to_contain_text("Ingress default/wrong: Traefik leaves it out whole")
    expect(row_of(view, "Ingress default/wrong")).to_contain_text("✗ no router")
    line = "ERR Failed to parse annotations"
    log = view.get_by_role("log", name="Lines of the log")
    expect(log).to_contain_text(line)
    expect(log.locator(".sign.bad").first).to_have_text("✗")
    lab.delete(wrong)
    expect(problems).to_contain_text("✓ none")


def test_the_newest_line_of_the_log_is_in_sight(view: Locator) -> None:
    from_its_end = "box => box.scrollTop"
    assert view.get_by_role("log", name="Lines of the log").evaluate(from_its_end) == 0


def test_a_controller_without_routers_shows_its_order_and_events(view: Locator, lab: Lab) -> None:
    lab.apply(rule("ordered", class_name="lab"))
    view.get_by_label("Class").select_option("lab")
    row = row_of(view, "Ingress default/ordered")
    expect(row).to_contain_text("tried as number 1, to Service quote, port 80")
    expect(row).to_contain_text("✓ Event: Sync: Caddy serves it")
    expect(view.get_by_role("log", name="Lines of the log")).to_contain_text("ingresses: watched")
