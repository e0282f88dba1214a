"""The zone editor, driven by its fields, over real zone files and real servers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from dns_servers import dns_servers

from labsupport.names.external import ExternalDnsSwitch
from labsupport.names.hosts import HostsFile
from labsupport.names.lab_dns import LabDns
from labsupport.names.resolver import Resolver
from labsupport.names.settings import ResolverSettings
from labsupport.widgets.zone_editor import ZoneEditor

NAME = "kiada.example.com"


@dataclass
class Names:
    """What the editor needs of a lab."""

    dns: LabDns
    resolver: Resolver


@pytest.fixture
def names(tmp_path: Path) -> Iterator[Names]:
    with dns_servers(tmp_path / "zones") as (dns, cache):
        settings = ResolverSettings(tmp_path / "resolv.conf")
        hosts = HostsFile(tmp_path / "hosts")
        resolver = Resolver(hosts, dns, cache, settings=settings)
        files = LabDns(tmp_path / "zones", resolver, ExternalDnsSwitch(tmp_path / "external-dns"))
        text = "@ SOA ns admin 1 3600 600 86400 60 ; mine\n"
        files.apply(files.plan("example.com", text))
        files.add(NAME, "127.9.192.1")
        yield Names(files, resolver)


@pytest.fixture
def editor(names: Names) -> ZoneEditor:
    return ZoneEditor(names)


def given_address(editor: ZoneEditor, address: str) -> None:
    editor.value_field.value = address
    editor.add()
    editor.apply()


def test_it_begins_with_the_file_and_nothing_to_apply(editor: ZoneEditor, names: Names) -> None:
    assert editor.draft == names.dns.text()
    assert editor.apply_button.disabled
    assert editor.steps[-1].address == "127.9.192.1"


def test_a_record_is_written_after_the_difference_was_shown(
    editor: ZoneEditor, names: Names
) -> None:
    editor.value_field.value = "127.9.192.2"
    editor.add()
    assert "+kiada.example.com. 60 IN A 127.9.192.2" in editor.text()
    assert names.resolver.resolve(NAME).address == "127.9.192.1"
    editor.apply()
    assert names.resolver.resolve(NAME).address == "127.9.192.2"
    assert editor.steps[-1].address == "127.9.192.2"


def test_a_name_may_leave_out_the_zone(editor: ZoneEditor, names: Names) -> None:
    editor.name_field.value = "www"
    given_address(editor, NAME)
    assert names.dns.query("www.example.com").values == ["127.9.192.1"]


def test_a_record_is_removed(editor: ZoneEditor, names: Names) -> None:
    editor.remove()
    editor.apply()
    assert names.dns.query(NAME).code == "NXDOMAIN"


def test_every_apply_can_be_undone_in_turn(editor: ZoneEditor, names: Names) -> None:
    for address in ("127.9.192.2", "127.9.192.3"):
        given_address(editor, address)
    editor.undo()
    assert names.dns.query(NAME).values == ["127.9.192.2"]
    editor.undo()
    assert names.dns.query(NAME).values == ["127.9.192.1"]
    assert editor.undo_button.disabled
    assert "; mine" in names.dns.text()


def test_what_somebody_else_edited_is_not_undone(editor: ZoneEditor, names: Names) -> None:
    given_address(editor, "127.9.192.2")
    names.dns.add("other.example.com", "127.0.0.9")
    editor.undo()
    assert "somebody else" in editor.outcome
    assert names.dns.has("other.example.com")


def test_what_is_no_zone_says_its_line_and_cannot_be_applied(
    editor: ZoneEditor, names: Names
) -> None:
    before = names.dns.text()
    editor.draft += "www A 127.0.0\n"
    assert "line 3" in editor.problem
    assert editor.apply_button.disabled
    editor.apply()
    assert names.dns.text() == before
    editor.discard()
    assert editor.draft == before


@pytest.mark.parametrize(("field", "value"), [("value", "a b"), ("ttl", "soon"), ("name", "a..b")])
def test_a_wrong_field_is_told_in_words(editor: ZoneEditor, field: str, value: str) -> None:
    editor.value_field.value = "127.9.192.9"
    getattr(editor, f"{field}_field").value = value
    before = editor.draft
    editor.add()
    assert editor.outcome
    assert editor.draft == before


def test_the_caching_resolver_shows_its_old_answer_beside_the_new(
    editor: ZoneEditor, names: Names
) -> None:
    editor.server_field.value = "cache"
    given_address(editor, "127.9.192.2")
    assert [(step.source, step.address) for step in editor.steps[1:]] == [
        ("cache", "127.9.192.1"),
        ("dns", "127.9.192.2"),
    ]
    assert "--seconds: " in editor.resolution_panel.value
    assert "keeps an old answer" in editor.text()
    editor.flush()
    assert editor.steps[1].address == "127.9.192.2"


def test_the_hosts_file_is_shown_to_win(editor: ZoneEditor, names: Names) -> None:
    names.resolver.hosts.add(NAME, "127.9.9.9")
    editor.resolve()
    assert [step.chosen for step in editor.steps] == [True, False]
    assert "✓ hosts" in editor.text()


def test_a_new_zone_begins_with_what_it_needs(names: Names) -> None:
    editor = ZoneEditor(names, "new.test", name="www.new.test")
    given_address(editor, "127.9.192.4")
    assert names.dns.query("www.new.test").values == ["127.9.192.4"]


def test_text_from_outside_is_escaped(editor: ZoneEditor) -> None:
    editor.draft += 'x TXT "<b>"\n'
    editor.asked_field.value = "<b>"
    editor.resolve()
    assert "<b>" not in editor.draft_panel.value + editor.resolution_panel.value
