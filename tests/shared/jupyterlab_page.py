"""A real JupyterLab in a real browser, for the tests that need one: how it is opened and driven."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_IDLE = """() => {
  const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];
  return prompts.length > 0 && prompts.every(prompt => /\\[\\d+\\]/.test(prompt.textContent));
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        yield browser
        browser.close()


def keep_all_cells(settings: Path) -> None:
    """Have JupyterLab keep cells in the page that are out of sight."""
    write_setting(settings, "@jupyterlab/notebook-extension/tracker", {"windowingMode": "none"})


def write_setting(settings: Path, plugin: str, values: dict[str, object]) -> None:
    """Write a user's setting of a JupyterLab plug-in into the folder of its settings."""
    path = settings / f"{plugin}.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


def opened(browser: Browser, address: str) -> Page:
    """A notebook in a page that never saves it, its kernel ready."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.route("**/api/contents/**", _refuse_to_save)
    page.goto(address)
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=60_000)
    expect(page.get_by_text("| Idle")).to_be_visible(timeout=60_000)
    return page


def run_all(page: Page) -> None:
    """Run every cell of the open notebook, without what it kept from its last run."""
    choose(page, "Edit", "Clear Outputs of All Cells")
    choose(page, "Run", "Run All Cells")
    page.wait_for_function(_IDLE, timeout=60_000)


def choose(page: Page, menu: str, command: str) -> None:
    """Choose a command of a menu."""
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_text(command, exact=True).click()


def _refuse_to_save(route: Route) -> None:
    if route.request.method == "PUT":
        route.abort()
    else:
        route.continue_()
