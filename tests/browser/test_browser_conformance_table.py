"""The conformance table in a real JupyterLab, with a live controller."""

from collections.abc import Iterator

import pytest
from jupyterlab_page import CHROMIUM, output, played
from playwright.sync_api import Locator, Page, expect
from running_lab import running_lab

from labsupport.session.lab import Lab

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium"),
    pytest.mark.timeout(300),
]
CELLS = (
    "from labsupport import Lab\nfrom labsupport.widgets import ConformanceTable\nlab = Lab.open()",
    "ConformanceTable(lab, 'traefik', 'traefik-nginx')",
    "table = ConformanceTable(lab, 'traefik')\ntable.choose(30)\ntable",
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("browser") / "home") as lab:
        yield lab


@pytest.fixture(scope="module")
def page(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A notebook with the table, after a click on Run."""
    with played(lab, tmp_path_factory.mktemp("notebook"), CELLS) as page:
        output(page, 1).get_by_role("button", name="Run").click()
        totals = output(page, 1).get_by_text("traefik 29 of 30, traefik-nginx 29 of 30")
        expect(totals).to_be_visible(timeout=60_000)
        yield page


@pytest.fixture
def table(page: Page) -> Locator:
    return output(page, 1)


def test_every_cell_has_its_mark(table: Locator) -> None:
    expect(table.get_by_role("button", name=": passed")).to_have_count(58)


def test_a_click_says_why_a_cell_is_red(table: Locator) -> None:
    name = "Exact /foo goes before Prefix /foo, traefik: did not pass"
    table.get_by_role("button", name=name, exact=True).click()
    why = table.get_by_role("status", name="Why")
    expect(why).to_contain_text("The rule engine foresaw it, by profile traefik")
    expect(why).to_contain_text("its rule's priority is higher")


def test_the_keyboard_reaches_every_cell(page: Page, table: Locator) -> None:
    first = "https has the host's certificate, traefik: passed"
    table.get_by_role("button", name=first, exact=True).click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    why = table.get_by_role("status", name="Why")
    expect(why).to_contain_text("✓ http is served beside https, traefik-nginx")


def test_a_cell_chosen_far_down_is_in_sight(page: Page) -> None:
    last = "a class that does not exist gets no address, traefik: not asked yet"
    found = output(page, 2).get_by_role("button", name=last, exact=True)
    found.locator("xpath=ancestor::table").scroll_into_view_if_needed()
    expect(found).to_be_in_viewport()
