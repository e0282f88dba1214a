"""The lab browser in a real JupyterLab: pages are shown and walked through, hostile ones tamed."""

from collections.abc import Iterator

import pytest
from hostile_page import FETCHES, SCRIPTS, HostileSite, hostile_site
from jupyterlab_page import CHROMIUM, output, played
from playwright.sync_api import Frame, FrameLocator, Locator, Page, Request, expect
from running_lab import running_lab

from labsupport.session.lab import Lab

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium"),
    pytest.mark.timeout(300),
]
SETUP = """\
from labsupport import Lab
from labsupport.widgets import LabBrowser
lab = Lab.open()"""
UNFILTERED = """\
from labsupport.widgets.browsing.document import document
from labsupport.widgets.browsing.markup_filter import SafePage
from labsupport.widgets.lab_browser import PageFrame
PageFrame(document=document(SafePage("", {html!r}, "")))"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("browser") / "home") as lab:
        yield lab


@pytest.fixture(scope="module")
def site() -> Iterator[HostileSite]:
    with hostile_site() as site:
        yield site


@pytest.fixture(scope="module")
def requests() -> list[Request]:
    """Each request that the real browser began."""
    return []


@pytest.fixture(scope="module")
def page(
    lab: Lab,
    site: HostileSite,
    requests: list[Request],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Page]:
    raw = (FETCHES + SCRIPTS).replace("EVIL", site.url)
    cells = [
        SETUP,
        "LabBrowser(lab)",
        f"LabBrowser(lab, {site.url!r} + '/')",
        UNFILTERED.format(html=raw),
    ]
    with played(lab, tmp_path_factory.mktemp("notebook"), cells) as page:
        page.on("request", lambda request: requests.append(request))
        yield page


def shown_in(browser: Locator) -> Frame:
    found = browser.locator("iframe.lab-page").element_handle().content_frame()
    assert found is not None
    return found


def frame(browser: Locator) -> FrameLocator:
    return browser.frame_locator("iframe.lab-page")


def arrived(browser: Locator, url: str) -> None:
    """Wait for a page without links: a click on a page that is just being replaced is lost."""
    expect(browser.get_by_label("Address")).to_have_value(url)
    expect(frame(browser).get_by_text("nothing here")).to_be_visible()


def status(browser: Locator) -> Locator:
    return browser.get_by_role("status", name="Status")


def test_a_page_is_opened_by_keyboard(page: Page) -> None:
    browser = output(page, 1)
    browser.get_by_label("Address").press("Enter")
    expect(frame(browser).get_by_role("heading", name="Kiada")).to_be_visible()
    expect(status(browser)).to_contain_text("✓ 200 OK")
    expect(status(browser)).to_contain_text("from pod kiada-")


def test_the_way_of_the_request_is_told(page: Page) -> None:
    browser = output(page, 1)
    browser.get_by_role("button", name="The way").click()
    expect(browser.get_by_role("status", name="The way")).to_contain_text("answer  200 OK")


def test_an_unknown_name_gets_the_page_that_browsers_show(page: Page) -> None:
    browser = output(page, 1)
    browser.get_by_label("Address").fill("http://nobody.example.com/")
    browser.get_by_role("button", name="Go", exact=True).click()
    title = frame(browser).get_by_role("heading", name="This site can't be reached")
    expect(title).to_be_visible()
    browser.get_by_role("button", name="Back").click()
    expect(frame(browser).get_by_role("heading", name="Kiada")).to_be_visible()
    expect(browser.get_by_label("Address")).to_have_value("http://kiada.example.com/")


def test_a_certificate_is_refused_in_words_and_can_be_let_pass(page: Page) -> None:
    browser = output(page, 1)
    browser.get_by_label("Address").fill("https://kiada.example.com/")
    browser.get_by_label("Address").press("Enter")
    title = frame(browser).get_by_role("heading", name="Your connection is not private")
    expect(title).to_be_visible()
    browser.get_by_role("button", name="Certificate").click()
    expect(browser.get_by_role("status", name="Certificate")).to_contain_text("refuses it")
    browser.get_by_role("button", name="Go on anyway").click()
    expect(status(browser)).to_contain_text("✗ not trusted")
    expect(frame(browser).get_by_role("heading", name="Kiada")).to_be_visible()
    expect(browser.get_by_role("button", name="Go on anyway")).to_be_hidden()


def test_a_hostile_page_is_shown_and_runs_and_fetches_nothing(
    page: Page, site: HostileSite, requests: list[Request]
) -> None:
    browser = output(page, 2)
    browser.get_by_role("button", name="Go", exact=True).click()
    expect(frame(browser).get_by_text("A hostile page")).to_be_visible()
    frame(browser).get_by_role("button", name="Send").click()
    frame(browser).get_by_text("a script").click()
    page.wait_for_timeout(500)  # what would happen late has happened by then
    assert site.by_browser() == []
    shown = shown_in(browser)
    assert shown.child_frames == []
    begun = [request for request in requests if request.frame == shown]
    assert [request.url for request in begun if request.failure != "csp"] == []
    assert "taken" not in page.title()


def test_a_link_of_the_page_is_followed_in_the_widget(page: Page, site: HostileSite) -> None:
    browser = output(page, 2)
    frame(browser).get_by_role("link", name="next page").click()
    arrived(browser, f"{site.url}/next")
    browser.get_by_role("button", name="Back").click()
    link = frame(browser).get_by_role("link", name="next page")
    link.focus()
    link.press("Enter")
    arrived(browser, f"{site.url}/next")
    assert site.by_browser() == []


def test_what_would_open_a_window_opens_here(page: Page, site: HostileSite) -> None:
    browser = output(page, 2)
    browser.get_by_role("button", name="Back").click()
    frame(browser).get_by_role("link", name="next page").click(button="middle")
    arrived(browser, f"{site.url}/next")
    browser.get_by_role("button", name="Back").click()
    frame(browser).get_by_text("svg link").click(modifiers=["ControlOrMeta"])
    arrived(browser, f"{site.url}/svg-link")
    assert len(page.context.pages) == 1
    assert site.by_browser() == []


def test_without_the_filter_the_frame_still_runs_and_fetches_nothing(
    page: Page, site: HostileSite
) -> None:
    expect(frame(output(page, 3)).get_by_text("A hostile page").first).to_be_visible()
    page.wait_for_timeout(500)
    assert site.by_browser() == []
    assert "taken" not in page.title()


def test_the_frame_belongs_to_no_site(page: Page) -> None:
    found = output(page, 1).locator("iframe.lab-page")
    expect(found).to_have_attribute("sandbox", "allow-scripts")
