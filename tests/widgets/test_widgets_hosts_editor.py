"""The hosts editor driven by its traits: draft, difference, apply, undo, look-up."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from labsupport.names.hosts import HostsFile
from labsupport.names.resolver import Resolver
from labsupport.widgets.hosts_editor import HostsEditor

BLOCK = "# BEGIN ingress-lab\n127.16.192.1\tkiada.example.com\n# END ingress-lab\n"


@dataclass
class Names:
    """A lab that has names only; where its DNS server should be, nobody listens."""

    hosts: HostsFile
    resolver: Resolver
    address: str = "127.16.192.1"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Names]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        hosts = HostsFile(tmp_path / "hosts")
        hosts.path.write_bytes(b"127.0.0.1 localhost\n")
        lab = Names(hosts, Resolver(hosts, nobody.getsockname()))
        nobody.close()  # refused at once, and no wait for an answer
        yield lab


@pytest.fixture
def editor(lab: Names) -> Iterator[HostsEditor]:
    editor = HostsEditor(lab)
    yield editor
    editor.close()


def test_the_form_changes_the_draft_and_not_the_file(editor: HostsEditor, lab: Names) -> None:
    editor.add_button.click()
    assert editor.hosts_field.value == BLOCK + "127.0.0.1 localhost\n"
    assert lab.hosts.text() == "127.0.0.1 localhost\n"


def test_the_difference_is_told_before_anything_is_written(editor: HostsEditor) -> None:
    editor.add()
    assert "+127.16.192.1\tkiada.example.com" in editor.text()
    assert "kiada.example.com: no address, then 127.16.192.1" in editor.text()
    assert "+127.16.192.1" in editor.draft_panel.value


def test_apply_writes_and_the_look_up_goes_by_it(editor: HostsEditor, lab: Names) -> None:
    editor.add()
    editor.apply_button.click()
    assert lab.hosts.address_of("kiada.example.com") == "127.16.192.1"
    assert [step.source for step in editor.steps if step.chosen] == ["hosts"]
    assert "kiada.example.com is 127.16.192.1" in editor.resolution_panel.value


def test_undo_gives_the_bytes_back(editor: HostsEditor, lab: Names) -> None:
    editor.add()
    editor.apply()
    editor.undo_button.click()
    assert lab.hosts.path.read_bytes() == b"127.0.0.1 localhost\n"
    assert editor.draft == "127.0.0.1 localhost\n"


def test_undo_without_an_edit_says_so(editor: HostsEditor) -> None:
    editor.undo()
    assert "no edit" in editor.outcome


def test_a_typed_line_that_is_no_entry_is_told_of(editor: HostsEditor) -> None:
    editor.hosts_field.value += "127.0.0.300 kiada.example.com\n"
    assert "line 2 is skipped: '127.0.0.300' is no IP address" in editor.text()


def test_a_form_that_is_no_entry_is_told_of(editor: HostsEditor) -> None:
    editor.name_field.value = "*.example.com"
    editor.add()
    assert "no wildcards" in editor.outcome


def test_there_is_nothing_to_apply_without_a_change(editor: HostsEditor) -> None:
    assert editor.apply_button.disabled
    editor.add()
    assert not editor.apply_button.disabled
    editor.remove()
    assert editor.apply_button.disabled


def test_an_edit_by_others_is_not_lost(editor: HostsEditor, lab: Names) -> None:
    editor.add()
    lab.hosts.path.write_bytes(b"10.0.0.9 theirs\n")
    editor.apply()
    assert lab.hosts.text() == "10.0.0.9 theirs\n"
    assert "has changed" in editor.outcome
    editor.discard()
    assert editor.draft == "10.0.0.9 theirs\n"


def test_a_file_of_windows_keeps_its_line_ends(lab: Names) -> None:
    lab.hosts.path.write_bytes(b"127.0.0.1 localhost\r\n")
    editor = HostsEditor(lab)
    editor.hosts_field.value += "10.0.0.1 mine\n"
    editor.apply()
    assert lab.hosts.path.read_bytes() == b"127.0.0.1 localhost\r\n10.0.0.1 mine\r\n"
    editor.close()


def test_bytes_that_no_field_can_hold_are_kept_by_the_form(lab: Names) -> None:
    content = b"# caf\xe9 \x00\n1.1.1.1 mixed\r\n"
    lab.hosts.path.write_bytes(content)
    editor = HostsEditor(lab)
    assert editor.hosts_field.disabled
    editor.add()
    editor.apply()
    assert lab.hosts.path.read_bytes() == BLOCK.encode() + content
    editor.close()


def test_what_is_looked_for_is_escaped(editor: HostsEditor) -> None:
    editor.asked_field.value = "<b>"
    editor.resolve()
    assert "<b>" not in editor.resolution_panel.value
