"""What zones answer (RFC 1034, RFC 4592)."""

from pathlib import Path

import pytest
from dnslib import QTYPE, RCODE

from labsupport.names.zones import Answer, Zones

ZONE = """\
$ORIGIN example.com.
$TTL 60
@ IN SOA ns.example.com. admin.example.com. 1 3600 600 86400 60
@ IN NS ns
ns IN A 127.9.0.53
kiada 30 IN A 127.9.192.1
kiada IN AAAA ::1
www IN CNAME kiada
out IN CNAME elsewhere.test.
loop IN CNAME loop
*.apps IN A 127.9.192.2
fixed.apps IN A 127.9.192.3
host.deep.tree IN A 127.9.192.4
note IN TXT "hello world"
"""


@pytest.fixture
def zones(tmp_path: Path) -> Zones:
    (tmp_path / "example.com.zone").write_text(ZONE)
    return Zones(tmp_path)


def said(answer: Answer) -> list[str]:
    return [str(record.rdata) for record in answer.records]


@pytest.mark.parametrize(
    ("name", "record_type", "values"),
    [
        ("kiada.example.com", QTYPE.A, ["127.9.192.1"]),
        ("kiada.example.com", QTYPE.AAAA, ["::1"]),
        ("www.example.com", QTYPE.A, ["kiada.example.com.", "127.9.192.1"]),
        ("www.example.com", QTYPE.CNAME, ["kiada.example.com."]),
        ("out.example.com", QTYPE.A, ["elsewhere.test."]),
        ("note.example.com", QTYPE.TXT, ['"hello world"']),
        ("example.com", QTYPE.NS, ["ns.example.com."]),
        ("any.apps.example.com", QTYPE.A, ["127.9.192.2"]),
        ("a.b.apps.example.com", QTYPE.A, ["127.9.192.2"]),
        ("fixed.apps.example.com", QTYPE.A, ["127.9.192.3"]),
    ],
)
def test_a_name_is_answered(zones: Zones, name: str, record_type: int, values: list[str]) -> None:
    answer = zones.answer(name, record_type)
    assert (answer.code, said(answer)) == (RCODE.NOERROR, values)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("nobody.example.com", RCODE.NXDOMAIN),
        ("below.fixed.apps.example.com", RCODE.NXDOMAIN),
        ("kiada.example.org", RCODE.REFUSED),
        ("notexample.com", RCODE.REFUSED),
        ("loop.example.com", RCODE.SERVFAIL),
        ("deep.tree.example.com", RCODE.NOERROR),
        ("apps.example.com", RCODE.NOERROR),
    ],
)
def test_a_name_without_records_gets_the_right_code(zones: Zones, name: str, code: int) -> None:
    assert zones.answer(name, QTYPE.A).code == code


def test_a_no_carries_the_soa(zones: Zones) -> None:
    authority = zones.answer("nobody.example.com", QTYPE.A).authority
    assert authority is not None
    assert authority.rtype == QTYPE.SOA


def test_a_wildcard_answers_in_the_name_that_was_asked(zones: Zones) -> None:
    record = zones.answer("any.apps.example.com", QTYPE.A).records[0]
    assert str(record.rname) == "any.apps.example.com."


def test_an_edit_shows_in_the_next_answer(zones: Zones) -> None:
    assert said(zones.answer("kiada.example.com", QTYPE.A)) == ["127.9.192.1"]
    path = zones.folder / "example.com.zone"
    path.write_text(ZONE.replace("127.9.192.1\n", "127.9.192.77\n"))
    assert said(zones.answer("kiada.example.com", QTYPE.A)) == ["127.9.192.77"]


def test_a_broken_zone_fails_alone(zones: Zones) -> None:
    (zones.folder / "broken.test.zone").write_text("what is this?\n")
    assert zones.answer("a.broken.test", QTYPE.A).code == RCODE.SERVFAIL
    assert zones.answer("kiada.example.com", QTYPE.A).code == RCODE.NOERROR


def test_the_closest_zone_answers(zones: Zones) -> None:
    sub = ZONE.replace("$ORIGIN example.com.", "$ORIGIN sub.example.com.")
    (zones.folder / "sub.example.com.zone").write_text(sub.replace("127.9.192.1\n", "127.9.1.1\n"))
    assert said(zones.answer("kiada.sub.example.com", QTYPE.A)) == ["127.9.1.1"]
