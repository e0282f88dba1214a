"""Editing zone files."""

from pathlib import Path

import pytest
from dnslib import QTYPE

from labsupport.base.errors import UsageError
from labsupport.names.records import ZoneEditor
from labsupport.names.zones import Zones

BY_HAND = """\
; written by hand
$TTL 60
@  IN SOA ns.example.com. admin.example.com. (
     7 3600 600 86400 60 )
old\tIN A 127.9.0.1   ; keep my comment
     IN TXT "of old"
quote IN A 127.9.0.2
"""


@pytest.fixture
def editor(tmp_path: Path) -> ZoneEditor:
    return ZoneEditor(tmp_path / "zones", "127.9.0.53")


def addresses(editor: ZoneEditor, name: str) -> list[str]:
    answer = Zones(editor.folder).answer(name, QTYPE.A)
    return [str(record.rdata) for record in answer.records]


def test_the_first_name_makes_its_zone(editor: ZoneEditor) -> None:
    editor.add("quote.example.com", "127.9.192.1")
    assert addresses(editor, "quote.example.com") == ["127.9.192.1"]
    assert addresses(editor, "ns.example.com") == ["127.9.0.53"]


def test_a_name_added_again_moves(editor: ZoneEditor) -> None:
    editor.add("quote.example.com", "127.9.192.1")
    editor.add("quote.example.com", "127.9.192.2")
    assert addresses(editor, "quote.example.com") == ["127.9.192.2"]


def test_the_same_record_twice_is_no_edit(editor: ZoneEditor) -> None:
    editor.add("quote.example.com", "127.9.192.1")
    before = editor.text()
    editor.add("quote.example.com", "127.9.192.1")
    assert editor.text() == before


def test_an_alias_is_followed(editor: ZoneEditor) -> None:
    editor.add("quote.example.com", "127.9.192.1")
    editor.add("www.example.com", "quote.example.com")
    assert addresses(editor, "www.example.com") == ["quote.example.com.", "127.9.192.1"]


def test_a_wildcard_can_be_added_and_removed(editor: ZoneEditor) -> None:
    editor.add("*.example.com", "127.9.192.1")
    assert addresses(editor, "any.example.com") == ["127.9.192.1"]
    editor.remove("*.example.com")
    assert addresses(editor, "any.example.com") == []


def test_other_lines_stay_as_they_were_but_for_the_serial(editor: ZoneEditor) -> None:
    editor.folder.mkdir()
    (editor.folder / "example.com.zone").write_text(BY_HAND)
    editor.add("quote.example.com", "127.9.0.3")
    changed = BY_HAND.replace("     7 ", "     8 ").replace("quote IN A 127.9.0.2\n", "")
    assert editor.text() == changed + "quote.example.com. 60 IN A 127.9.0.3\n"


def test_a_record_that_dns_cannot_hold_changes_nothing(editor: ZoneEditor) -> None:
    editor.add("quote.example.com", "127.9.192.1")
    before = editor.text()
    with pytest.raises(UsageError, match=r"example\.com"):
        editor.add("quote.example.com", "not an address", "A")
    assert editor.text() == before


def test_removing_from_no_zone_is_nothing(editor: ZoneEditor) -> None:
    editor.remove("a.test")
    assert not editor.folder.exists()
