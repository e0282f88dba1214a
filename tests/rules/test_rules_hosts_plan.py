"""Hosts edits before they are made: the difference, what names will mean, what to mind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.base.errors import LabError
from labsupport.rules.hosts import address_of, problems, with_entry, without_block, without_name
from labsupport.rules.hosts_plan import difference, planned

FILE = "127.0.0.1\tlocalhost\n10.0.0.1 a b\n"


def added(text: str, name: str, address: str = "127.16.192.1") -> list[str]:
    """The warnings of adding a name."""
    return list(planned(text, with_entry(text, address, [name]), [name]).warnings)


def test_a_plan_tells_what_a_name_means_before_and_after() -> None:
    plan = planned(FILE, with_entry(FILE, "127.16.192.1", ["a"]))
    assert [str(change) for change in plan.changes] == ["a: 10.0.0.1, then 127.16.192.1"]


def test_a_name_asked_about_is_told_of_even_unchanged() -> None:
    plan = planned(FILE, FILE, ["A.", "c"])
    assert [str(change) for change in plan.changes] == [
        "a: 10.0.0.1, as before",
        "c: no address, as before",
    ]


def test_a_plan_that_changes_nothing_is_false() -> None:
    assert not planned(FILE, FILE)
    assert planned(FILE, FILE + "#")
    assert planned(FILE, FILE, deletes=True)


def test_an_entry_of_others_that_comes_first_is_minded() -> None:
    text = f"10.0.0.1 a\n{with_entry('', '127.16.192.1', ['other'])}"
    assert added(text, "a") == ["line 1, which is not the lab's, counts first: a is 10.0.0.1"]


def test_an_entry_of_others_that_comes_later_is_minded() -> None:
    assert added(FILE, "a") == ["line 5 gives a 10.0.0.1; the lab's line counts first"]


def test_an_address_of_the_other_family_is_minded() -> None:
    assert added("::1 a\n", "a") == ["line 4 gives a ::1 too: some programs go there"]


def test_an_entry_of_others_that_stays_after_removing_is_minded() -> None:
    plan = planned(FILE, without_name(FILE, "a"), ["a"])
    assert plan.warnings == ("line 2, which is not the lab's, gives a 10.0.0.1",)


def test_another_localhost_is_minded() -> None:
    assert any("rely on localhost" in warning for warning in added(FILE, "localhost"))


def test_an_entry_that_nothing_stands_against_is_not_minded() -> None:
    assert added(FILE, "c") == []


def test_a_diff_shows_what_is_unprintable() -> None:
    shown = difference("a\n", "a\x00\x1b[31m\udce9\u00a0\n")
    assert "+a\\x00\\x1b[31m\\xe9\\xc2\\xa0\n" in shown
    assert shown.encode()


def test_a_diff_tells_of_a_missing_last_line_end() -> None:
    assert difference("a\n", "a") == (
        "--- hosts (now)\n+++ hosts (then)\n@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n"
    )


def test_line_ends_are_shown_only_where_they_differ() -> None:
    assert "\\x0d" not in difference("a\r\n", "a\r\nb\r\n")
    assert "+a\\x0d\n" in difference("a\n", "a\r\n")


@given(*[st.text("ab\r\n\t\x00é", max_size=12)] * 2)
def test_texts_that_differ_have_a_diff(before: str, after: str) -> None:
    assert bool(difference(before, after)) == (before != after)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("127.0.0.300 a", "line 1 is skipped: '127.0.0.300' is no IP address"),
        ("http://a 127.0.0.1", "line 1 is skipped: 'http://a' is no IP address"),
        ("127.0.0.1", "line 1 is skipped: it gives 127.0.0.1 no name"),
        ("127.0.0.1 *.a", "line 1: *.a is no wildcard here, only a strange name"),
        ("127.0.0.1\u00a0a", "line 1 is skipped: '127.0.0.1\\\\xc2\\\\xa0a' is no IP address"),
    ],
)
def test_lines_that_are_no_entries_are_told_of(line: str, problem: str) -> None:
    assert problems(line) == [problem]


def test_comments_and_empty_lines_are_no_problem() -> None:
    assert problems("# a\n\n \t\r\n127.0.0.1 a # b\n") == []


def test_only_ascii_blanks_part_words_and_a_nul_ends_the_line() -> None:
    assert address_of("127.0.0.1 a\u2003b\x00 c", "b") is None
    assert address_of("127.0.0.1\va\fb \x00 c", "b") == "127.0.0.1"
    assert address_of("127.0.0.1 a \x00 c", "c") is None


def test_without_the_block_the_text_is_that_of_others() -> None:
    assert without_block(with_entry(FILE, "127.16.192.1", ["a", "c"])) == FILE


def test_utf_16_is_refused() -> None:
    text = "127.0.0.1 a\n".encode("utf-16").decode("utf-8", "surrogateescape")
    with pytest.raises(LabError, match="UTF-16"):
        with_entry(text, "127.0.0.1", ["b"])
