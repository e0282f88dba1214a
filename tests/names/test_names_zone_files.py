"""Editing zone files."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dnslib import QTYPE

from labsupport.base.errors import UsageError
from labsupport.names.zone_files import ZoneFiles
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
def files(tmp_path: Path) -> ZoneFiles:
    return ZoneFiles(tmp_path / "zones", "127.9.0.53")


def addresses(files: ZoneFiles, name: str) -> list[str]:
    answer = Zones(files.folder).answer(name, QTYPE.A)
    return [str(record.rdata) for record in answer.records]


def test_the_first_name_makes_its_zone(files: ZoneFiles) -> None:
    files.add("quote.example.com", "127.9.192.1")
    assert addresses(files, "quote.example.com") == ["127.9.192.1"]
    assert addresses(files, "ns.example.com") == ["127.9.0.53"]


def test_a_name_added_again_moves(files: ZoneFiles) -> None:
    files.add("quote.example.com", "127.9.192.1")
    files.add("quote.example.com", "127.9.192.2")
    assert addresses(files, "quote.example.com") == ["127.9.192.2"]


def test_the_same_record_twice_is_no_edit(files: ZoneFiles) -> None:
    files.add("quote.example.com", "127.9.192.1")
    before = files.text()
    files.add("quote.example.com", "127.9.192.1")
    assert files.text() == before


def test_an_alias_is_followed(files: ZoneFiles) -> None:
    files.add("quote.example.com", "127.9.192.1")
    files.add("www.example.com", "quote.example.com")
    assert addresses(files, "www.example.com") == ["quote.example.com.", "127.9.192.1"]


def test_a_wildcard_can_be_added_and_removed(files: ZoneFiles) -> None:
    files.add("*.example.com", "127.9.192.1")
    assert addresses(files, "any.example.com") == ["127.9.192.1"]
    files.remove("*.example.com")
    assert addresses(files, "any.example.com") == []


def test_other_lines_stay_as_they_were_but_for_the_serial(files: ZoneFiles) -> None:
    files.folder.mkdir()
    (files.folder / "example.com.zone").write_text(BY_HAND)
    files.add("quote.example.com", "127.9.0.3")
    changed = BY_HAND.replace("     7 ", "     8 ").replace("quote IN A 127.9.0.2\n", "")
    assert files.text() == changed + "quote.example.com. 60 IN A 127.9.0.3\n"


def test_a_record_that_dns_cannot_hold_changes_nothing(files: ZoneFiles) -> None:
    files.add("quote.example.com", "127.9.192.1")
    before = files.text()
    with pytest.raises(UsageError, match=r"example\.com"):
        files.add("quote.example.com", "not an address", "A")
    assert files.text() == before


def test_removing_from_no_zone_is_nothing(files: ZoneFiles) -> None:
    files.remove("a.test")
    assert not files.folder.exists()


def test_a_plan_shows_the_edit_before_it_is_made(files: ZoneFiles) -> None:
    files.add("quote.example.com", "127.9.192.1")
    plan = files.plan_add("quote.example.com", "127.9.192.2")
    assert "+quote.example.com. 60 IN A 127.9.192.2" in plan.diff
    assert addresses(files, "quote.example.com") == ["127.9.192.1"]
    files.apply(plan)
    assert addresses(files, "quote.example.com") == ["127.9.192.2"]


def test_a_plan_for_another_text_is_refused(files: ZoneFiles) -> None:
    files.add("quote.example.com", "127.9.192.1")
    plan = files.plan_add("quote.example.com", "127.9.192.2")
    files.add("other.example.com", "127.9.192.3")
    with pytest.raises(UsageError, match="changed since"):
        files.apply(plan)


def test_editors_at_the_same_time_lose_nothing(files: ZoneFiles) -> None:
    def add(number: int) -> None:
        ZoneFiles(files.folder, "127.9.0.53").add(f"n{number}.example.com", "127.9.0.1")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(40)))
    assert len([each for each in files.list() if each.name.startswith("n")]) == 41  # and ns


def test_the_list_says_where_each_record_is_written(files: ZoneFiles) -> None:
    files.add("quote.example.com", "127.9.192.1", ttl=7)
    last = files.list("example.com")[-1]
    assert (last.name, last.ttl, last.zone, last.line) == ("quote.example.com", 7, "example.com", 6)
    assert "quote.example.com" in str(files.list())


def test_a_zone_that_is_not_there_cannot_be_listed(files: ZoneFiles) -> None:
    with pytest.raises(UsageError, match="no zone"):
        files.list("example.org")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a A 127.0.0", "type A holds an IPv4 address"),
        ("a A ::1", "type A holds an IPv4 address"),
        ("a AAAA 127.0.0.1", "type AAAA holds an IPv6 address"),
        ("a NONSENSE x", "no type of record"),
        ("a MX mail", "MX can't hold"),
        (f'a TXT "{"x" * 256}"', "TXT can't hold"),
        ("a CNAME b\na TXT c", "is an alias"),
    ],
)
def test_a_line_that_cannot_be_served_is_a_problem_of_its_zone(
    files: ZoneFiles, line: str, words: str
) -> None:
    files.add("quote.example.com", "127.9.192.1")
    path = files.folder / "example.com.zone"
    path.write_text(f"{path.read_text()}{line}\n")
    (problem,) = files.problems()
    assert words in problem
    assert f"{path}: line {7 + line.count(chr(10))}" in problem


def test_foreign_bytes_survive_an_edit(files: ZoneFiles) -> None:
    files.add("quote.example.com", "127.9.192.1")
    path = files.folder / "example.com.zone"
    odd = path.read_bytes().replace(b"\n", b"\r\n") + b"; caf\xe9 \r\n"
    path.write_bytes(odd)
    files.add("new.example.com", "127.9.192.2")
    files.remove("new.example.com")
    serial = b"admin.example.com. %d "
    assert path.read_bytes() == odd.replace(serial % 1, serial % 3)
