"""The text of zone files: read as RFC 1035 says, edited with every other byte kept."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.base.errors import UsageError
from labsupport.rules.record_values import ascii_name, record_value
from labsupport.rules.zones import (
    ZoneTextError,
    checked,
    difference,
    entries,
    with_new_serial,
    with_record,
    without_records,
)

ORIGIN = "example.com"
SOA = "@ IN SOA ns admin 7 3600 600 86400 60\n"


def owners(text: str) -> list[tuple[str, str, str]]:
    return [(each.owner, each.type, each.value) for each in entries(text, ORIGIN)]


def added(text: str, name: str, value: str, kind: str = "A", *, also: bool = False) -> str:
    return with_record(text, ORIGIN, name, kind, record_value(kind, value), 60, also=also)


class TestReading:
    def test_names_are_completed_by_the_origin_of_their_line(self) -> None:
        text = "a A 127.0.0.1\n$ORIGIN sub.example.com.\na A 127.0.0.2\n@ A 127.0.0.3\n"
        assert [name for name, _, _ in owners(text)] == [
            "a.example.com",
            "a.sub.example.com",
            "sub.example.com",
        ]

    def test_a_line_that_begins_with_a_blank_has_the_owner_before_it(self) -> None:
        assert owners("a A 127.0.0.1\n\n ; rest\n  TXT x\n")[1][0] == "a.example.com"

    def test_a_record_in_brackets_is_one_with_all_its_lines(self) -> None:
        (entry,) = entries("@ SOA ns admin ( 7 ; serial\n 3600 600\n 86400 60 )\n", ORIGIN)
        assert (entry.first, entry.last, entry.data[2].text) == (1, 3, "7")

    @pytest.mark.parametrize(
        ("line", "ttl"),
        [
            ("a A 127.0.0.1", 300),
            ("a 30 A 127.0.0.1", 30),
            ("a 1h30m IN A 127.0.0.1", 5400),
            ("a in 2D a 127.0.0.1", 172800),
        ],
    )
    def test_ttl_and_class_come_in_any_order(self, line: str, ttl: int) -> None:
        (entry,) = entries(f"$TTL 5m\n{line}\n", ORIGIN)
        assert (entry.ttl, entry.type) == (ttl, "A")

    def test_quoted_text_keeps_blanks_semicolons_and_escapes(self) -> None:
        (entry,) = entries(r'a TXT "one; \"two\" \065" three', ORIGIN)
        assert [field.text for field in entry.data] == ['one; "two" A', "three"]

    def test_letters_beyond_ascii_are_written_as_dns_has_them(self) -> None:
        assert owners("bücher A 127.0.0.1")[0][0] == "xn--bcher-kva.example.com"

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("\na", "line 2: a record is"),
            (" A 127.0.0.1", "line 1: the first record needs a name"),
            ("a A (127.0.0.1\n", "line 1: a '(' without"),
            ("a A 127.0.0.1)\n", "without its partner"),
            ('\n\na TXT "open\n', "line 3: a lone"),
            ("a.other.test. A 127.0.0.1", "outside of the zone"),
            ("$INCLUDE more.zone", "not known here"),
            ("$TTL soon", "no time in seconds"),
            ("a 99999999999 A 127.0.0.1", "too long a time"),
            ("a CH A 127.0.0.1", "not CH"),
            (f"{'x' * 64} A 127.0.0.1", "not a DNS name"),
            (f"{'.'.join(['x' * 60] * 5)} A 127.0.0.1", "more than 253"),
        ],
    )
    def test_what_cannot_be_read_is_told_with_its_line(self, text: str, words: str) -> None:
        with pytest.raises(ZoneTextError) as caught:
            entries(text, ORIGIN)
        assert words in caught.value.what

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("a A 127.0.0.1\n", "no SOA"),
            (SOA + SOA, "line 2: a zone has one SOA"),
            (SOA + "a CNAME b\na A 127.0.0.1\n", "line 3: a.example.com is an alias"),
            (SOA + "a CNAME b\na CNAME c\n", "an alias"),
        ],
    )
    def test_what_cannot_be_served_is_refused(self, text: str, words: str) -> None:
        with pytest.raises(ZoneTextError) as caught:
            checked(text, ORIGIN)
        assert words in caught.value.what


class TestEditing:
    @pytest.mark.parametrize("value", ["127.0.0.300", "127.0.0", "127.0.0.1.5"])
    def test_a_mistyped_address_is_no_alias(self, value: str) -> None:
        with pytest.raises(UsageError, match="neither an address nor a name"):
            added(SOA, "a.example.com", value, "CNAME")

    def test_a_url_is_no_name(self) -> None:
        with pytest.raises(UsageError, match="is not a DNS name") as caught:
            ascii_name("http://tea.example.com/")
        assert "give the host alone" in caught.value.found

    def test_an_heir_gets_its_owner_in_writing(self) -> None:
        text = SOA + "old A 127.0.0.1\n    TXT x ; heir\nnew A 127.0.0.2\n"
        kept = without_records(text, ORIGIN, "old.example.com", "A")
        assert kept == SOA + "old.example.com.    TXT x ; heir\nnew A 127.0.0.2\n"

    def test_an_alias_makes_way_for_an_address_and_back(self) -> None:
        alias = added(SOA, "a.example.com", "b.example.com", "CNAME")
        address = added(alias, "a.example.com", "127.0.0.1")
        assert [kind for _, kind, _ in owners(address)] == ["SOA", "A"]
        again = added(address, "a.example.com", "b.example.com", "CNAME")
        assert [kind for _, kind, _ in owners(again)] == ["SOA", "CNAME"]

    def test_a_record_can_stand_beside_others(self) -> None:
        text = added(
            added(SOA, "a.example.com", "127.0.0.1"), "a.example.com", "127.0.0.2", also=True
        )
        assert [value for _, _, value in owners(text)[1:]] == ["127.0.0.1", "127.0.0.2"]

    def test_one_value_of_several_can_be_removed(self) -> None:
        text = SOA + "a A 127.0.0.1\na A 127.0.0.2\n"
        kept = without_records(text, ORIGIN, "a.example.com", "A", "127.0.0.1")
        assert kept == SOA + "a A 127.0.0.2\n"

    def test_the_soa_is_never_removed(self) -> None:
        assert without_records(SOA + "@ A 127.0.0.1\n", ORIGIN, ORIGIN) == SOA

    def test_crlf_stays_crlf(self) -> None:
        text = SOA.replace("\n", "\r\n")
        assert added(text, "a.example.com", "127.0.0.1").endswith("127.0.0.1\r\n")

    def test_a_last_line_without_end_gets_one(self) -> None:
        assert added(SOA + "b A 127.0.0.1", "a.example.com", "127.0.0.1").count("\n") == 3

    @pytest.mark.parametrize(
        ("old", "new", "serial"),
        [("7", "7", "8"), ("7", "9", "9"), ("7", "3", "8"), (str(2**32 - 1),) * 2 + ("0",)],
    )
    def test_the_serial_rises(self, old: str, new: str, serial: str) -> None:
        before, after = SOA.replace("7", old), SOA.replace("7", new) + "a A 127.0.0.1\n"
        assert f"admin {serial} 3600" in with_new_serial(before, after, ORIGIN)

    def test_equal_texts_have_no_difference(self) -> None:
        assert difference(SOA, SOA, "x") == ""
        assert "+a A 127.0.0.1" in difference(SOA, SOA + "a A 127.0.0.1", "x")

    def test_long_text_is_cut_into_strings(self) -> None:
        (entry,) = entries(f"a TXT {record_value('TXT', 'é' * 200)}", ORIGIN)
        assert [len(field.text.encode()) for field in entry.data] == [254, 146]


LABELS = st.from_regex(r"\A[a-z0-9]{1,8}\Z")
FOREIGN = st.lists(
    st.one_of(
        st.builds("{} IN A 127.0.0.{}".format, LABELS, st.integers(1, 254)),
        st.builds("\t ; {}".format, st.text(st.characters(exclude_characters="\n"), max_size=9)),
        st.builds('{}\t30  TXT  "{}"  ; said'.format, LABELS, LABELS),
        st.builds("m{} MX ( 10\n   mail )".format, LABELS),
        st.just(""),
    ),
    max_size=8,
)


@given(FOREIGN, LABELS, st.sampled_from(["\n", "\r\n"]))
def test_what_is_added_and_removed_leaves_no_trace(lines: list[str], label: str, end: str) -> None:
    text = end.join([SOA.strip(), *lines, ""]).replace("\r\n", "\n").replace("\n", end)
    name = f"our-{label}.example.com"
    once = added(text, name, "127.1.1.1")
    assert once.startswith(text)
    assert without_records(once, ORIGIN, name) == text


@given(FOREIGN, st.sampled_from(["A", "TXT", ""]))
def test_removing_keeps_every_other_record(lines: list[str], kind: str) -> None:
    text = SOA + "".join(f"{line}\n" for line in lines)
    held = owners(text)
    doomed = held[-1][0]
    kept = without_records(text, ORIGIN, doomed, kind)
    gone = {each for each in held if each[0] == doomed and kind in ("", each[1])}
    assert owners(kept) == [each for each in held if each not in gone or each[1] == "SOA"]


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(ZoneTextError):
        entries(text, ORIGIN)
