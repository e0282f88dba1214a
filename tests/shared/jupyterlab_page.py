"""A real JupyterLab in a real browser, for the tests that need one: how it is opened and driven."""

import json
import shutil
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright

from labsupport.base.paths import HOME_VARIABLE
from labsupport.cli import jupyter
from labsupport.session.lab import Lab

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
expect.set_options(timeout=20_000)  # ms; other tests keep the machine busy
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
    page.wait_for_function(_IDLE, timeout=120_000)


def choose(page: Page, menu: str, command: str) -> None:
    """Choose a command of a menu."""
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_text(command, exact=True).click()


@contextmanager
def played(lab: Lab, folder: Path, cells: Iterable[str]) -> Iterator[Page]:
    """A notebook of these cells beside a running lab, run from top to bottom."""
    write_notebook(folder / "played.ipynb", cells)
    keep_all_cells(lab.instance.jupyter / "settings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(lab.instance.home))
        place = "lab/tree/played.ipynb"
        with jupyter.serving(lab.instance, folder, place, unused_port(), False) as server:
            server.wait_ready()
            with chromium() as browser:
                page = opened(browser, server.url(place))
                run_all(page)
                yield page


def write_notebook(path: Path, cells: Iterable[str]) -> None:
    """A notebook of code cells."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, path)


def unused_port() -> int:
    """A port that the system just gave: no other run of tests is about to take it."""
    with socket.socket() as listener:
        listener.bind((jupyter.HOST, 0))
        return int(listener.getsockname()[1])


def output(page: Page, position: int) -> Locator:
    """The output of the code cell at this position, counted from 0."""
    found = page.locator(".jp-Notebook .jp-CodeCell").nth(position)
    return found.locator(".jp-Cell-outputWrapper")


def _refuse_to_save(route: Route) -> None:
    if route.request.method == "PUT":
        route.abort()
    else:
        route.continue_()
