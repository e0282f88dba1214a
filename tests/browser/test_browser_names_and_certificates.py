"""The editors of names and the testers of certificates in a real JupyterLab: typed and clicked."""

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
CELLS = {
    "setup": "from labsupport import Lab\nfrom labsupport.widgets import *\nlab = Lab.open()",
    "hosts": "HostsEditor(lab)",
    "zone": "ZoneEditor(lab)",
    "inspector": "CertificateInspector(lab)",
    "sni": "SniTester(lab)",
}
SHOP = "shop.example.com"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("browser") / "home") as lab:
        yield lab


@pytest.fixture(scope="module")
def page(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with played(lab, tmp_path_factory.mktemp("notebook"), CELLS.values()) as page:
        yield page


def cell(page: Page, name: str) -> Locator:
    return output(page, list(CELLS).index(name))


def status(place: Locator, name: str) -> Locator:
    return place.get_by_role("status", name=name)


def press(place: Locator, name: str) -> None:
    place.get_by_role("button", name=name, exact=True).click()


def test_a_name_is_added_to_the_hosts_file_and_taken_back(page: Page, lab: Lab) -> None:
    editor = cell(page, "hosts")
    editor.get_by_label("Name", exact=True).fill(SHOP)
    editor.get_by_label("Address", exact=True).fill("127.0.0.9")
    press(editor, "Add")
    expect(status(editor, "What would change")).to_contain_text("+127.0.0.9")
    press(editor, "Apply")
    expect(status(editor, "What came of it")).to_contain_text("Applied.")
    assert lab.hosts.address_of(SHOP) == "127.0.0.9"
    press(editor, "Undo")
    expect(status(editor, "What came of it")).to_contain_text("Undone.")
    assert lab.hosts.address_of(SHOP) is None


def test_the_hosts_file_is_asked_before_dns(page: Page, lab: Lab) -> None:
    editor = cell(page, "hosts")
    text = editor.get_by_label("Hosts file")
    text.press("Control+End")
    text.press_sequentially(f"\n127.0.0.8 {SHOP}\n")
    press(editor, "Apply")
    asked = editor.get_by_label("Resolve", exact=True)
    asked.fill(SHOP)
    asked.press("Enter")
    found = status(editor, "What the name resolves to")
    expect(found).to_contain_text("127.0.0.8")
    press(editor, "Undo")
    expect(found).not_to_contain_text("127.0.0.8")


def test_what_is_no_hosts_entry_is_told_while_it_is_typed(page: Page) -> None:
    editor = cell(page, "hosts")
    editor.get_by_label("Hosts file").fill("127.0.0.1000 wrong.example.com\n")
    expect(status(editor, "What would change")).to_contain_text("Mind:")
    press(editor, "Discard")
    expect(status(editor, "What would change")).not_to_contain_text("Mind:")


def test_a_record_is_added_to_the_zone_and_answered_by_dns(page: Page, lab: Lab) -> None:
    editor = cell(page, "zone")
    editor.get_by_label("Name", exact=True).fill(SHOP)
    editor.get_by_label("Value", exact=True).fill("127.0.0.7")
    press(editor, "Add")
    expect(status(editor, "The zone as written")).to_contain_text("127.0.0.7")
    press(editor, "Apply")
    expect(status(editor, "What came of it")).to_contain_text("Applied.")
    editor.get_by_label("Resolve", exact=True).fill(SHOP)
    press(editor, "Resolve")
    expect(status(editor, "What the name resolves to")).to_contain_text("127.0.0.7")
    assert lab.dns.query(SHOP).values == ["127.0.0.7"]
    press(editor, "Undo")
    expect(status(editor, "What came of it")).to_contain_text("Undone.")
    assert lab.dns.query(SHOP).values == []


def test_a_text_that_is_no_zone_can_not_be_applied(page: Page) -> None:
    editor = cell(page, "zone")
    text = editor.get_by_label("Zone file")
    text.press("Control+End")
    text.press_sequentially("\nwrong IN A nowhere\n")
    expect(status(editor, "The zone as written")).to_contain_text("This is no zone")
    expect(editor.get_by_role("button", name="Apply")).to_be_disabled()
    press(editor, "Discard")
    expect(status(editor, "The zone as written")).not_to_contain_text("This is no zone")


def test_the_certificate_of_a_site_is_judged_for_the_name_asked_for(page: Page) -> None:
    inspector = cell(page, "inspector")
    inspector.get_by_label("Look at").fill("https://kiada.example.com/")
    press(inspector, "Look")
    said = status(inspector, "What a client says")
    expect(said).to_contain_text("not for kiada.example.com")
    inspector.get_by_label("Asked for").fill("traefik.example.com")
    expect(said).to_contain_text("✓")


def test_letters_typed_for_a_certificate_are_no_commands_of_the_notebook(page: Page) -> None:
    count = page.locator(".jp-Notebook .jp-Cell").count()
    source = cell(page, "inspector").get_by_label("Look at")
    source.fill("")
    source.press_sequentially("dd abx")
    expect(source).to_have_value("dd abx")
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(count)


def test_the_certificate_for_a_name_is_foreseen_and_comes(page: Page, lab: Lab) -> None:
    tester = cell(page, "sni")
    name = tester.get_by_label("SNI", exact=True)
    name.fill(SHOP)
    expect(status(tester, "By the rules")).to_contain_text("No Ingress names a Secret")
    name.press("Enter")
    shake = status(tester, "The handshake")
    expect(shake).to_contain_text("as the rules foresee")
    expect(shake).to_contain_text(f"not for {SHOP}")
