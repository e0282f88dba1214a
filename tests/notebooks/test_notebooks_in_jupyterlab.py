"""Each lesson, opened in a real JupyterLab in a real browser, run from top to bottom and read."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from jupyterlab_page import CHROMIUM, chromium, keep_all_cells, opened, run_all
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[2]
RESULTS = {
    "00-welcome": "is scaled to 0",
    "01-why-ingress": "ingress proxy, layer 7: [9, 9, 9]",
    "02-first-ingress": 'Host("quote.example.com")',
    "03-names": "by way of tea.example.com",
    "04-paths-and-path-types": 'Host("tie.example.com") && PathPrefix("/")',
    "05-hosts-and-precedence": 'Host("kiada.mall.example.com") && PathPrefix("/")',
    "06-tls-termination": "TLS ClientHello for shop.example.com",
    "07-encrypted-to-the-pod": "asked for vault.default.svc",
    "08-inside-the-request": "no available IPs",
    "09-annotations-and-custom-kinds": "field not found, node: prioritty",
    "10-several-controllers": "Ingress default/typo names the class treafik",
    "11-write-your-own-controller": "default/pepper does not exist",
    "12-clinic": "the Service looks for scholl",
    "13-gateway-api": "by a router of kubernetesgateway",
    "20-capstone": "has no port 8080; its ports: 80",
}
"""For each lesson, words that only a live cluster puts into its outputs."""

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What `lab start` prints as the lessons' address, on an instance of this test's own."""
    home = tmp_path_factory.mktemp("lab-home")
    environment = {**os.environ, "INGRESS_LAB_HOME": str(home)}
    keep_all_cells(home / "jupyter" / "settings")
    lab = [sys.executable, "-m", "labsupport.cli"]
    process = subprocess.Popen(
        [*lab, "start", "--no-browser"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield _address(process.stdout)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        process.stdout.close()
        subprocess.run([*lab, "down", "--delete"], cwd=ROOT, env=environment, check=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module", params=RESULTS)
def lesson(request: pytest.FixtureRequest, jupyterlab: str, browser: Browser) -> Iterator[Page]:
    """A lesson that was run from top to bottom, in a page that never saves it."""
    name: str = request.param
    address = jupyterlab.replace("00-welcome.ipynb", f"{name}.ipynb").replace("?", "?reset&")
    page = opened(browser, address)
    run_all(page)
    yield page
    page.close()


def test_a_lesson_shows_what_the_cluster_answers(
    lesson: Page, request: pytest.FixtureRequest
) -> None:
    outputs = lesson.locator(".jp-Notebook .jp-OutputArea-output").all_inner_texts()
    assert RESULTS[request.node.callspec.params["lesson"]] in "\n".join(outputs)


def test_every_picture_loads_and_has_alternative_text(lesson: Page) -> None:
    images = lesson.locator(".jp-Notebook img")
    assert images.count() > 0
    for image in images.all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_attribute("alt", re.compile(r"\w"))
        assert image.evaluate("image => image.naturalWidth") > 0


@pytest.mark.parametrize("lesson", ["02-first-ingress"], indirect=True)
def test_the_request_tester_answers_to_the_enter_key(lesson: Page) -> None:
    field = lesson.get_by_label("URL", exact=True)
    field.fill("http://kiada.example.com/debug/request")
    field.press("Enter")
    answer = lesson.get_by_role("status", name="The answer")
    expect(answer).to_contain_text("answered by pod kiada-")


def _address(output: IO[str]) -> str:
    for line in output:
        if "http://" in line:
            return line.strip()
    raise AssertionError("lab start ended without an address")
