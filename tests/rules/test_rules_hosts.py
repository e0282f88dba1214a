"""Hosts text: what it says, and that nothing foreign ever changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.base.errors import LabError, UsageError
from labsupport.rules.hosts import BEGIN, END, Entry, address_of, entries, with_entry, without_name

TEXT = """# a comment
127.0.0.1\tlocalhost LocalHost.localdomain # mine
::1 localhost

10.0.0.1 a.example.com b.example.com
10.0.0.2 a.example.com
not-an-address c.example.com
"""


def test_entries_are_lines_with_an_address_and_names() -> None:
    assert list(entries(TEXT)) == [
        Entry(2, "127.0.0.1", ("localhost", "localhost.localdomain")),
        Entry(3, "::1", ("localhost",)),
        Entry(5, "10.0.0.1", ("a.example.com", "b.example.com")),
        Entry(6, "10.0.0.2", ("a.example.com",)),
    ]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("localhost", "127.0.0.1"),
        ("LOCALHOST", "127.0.0.1"),
        ("b.example.com.", "10.0.0.1"),
        ("a.example.com", "10.0.0.1"),
        ("c.example.com", None),
        ("example.com", None),
    ],
)
def test_the_first_entry_of_a_name_counts(name: str, address: str | None) -> None:
    assert address_of(TEXT, name) == address


def test_an_ipv6_address_counts_where_there_is_no_other() -> None:
    assert address_of("fe80::1%lo0 a\n", "a") == "fe80::1%lo0"


def test_an_entry_stands_in_a_marked_block_at_the_top() -> None:
    text = with_entry("127.0.0.1 localhost\n", "127.16.192.1", ["A.example.com", "b"])
    assert text == f"{BEGIN}\n127.16.192.1\ta.example.com b\n{END}\n127.0.0.1 localhost\n"


def test_ours_count_before_others() -> None:
    assert address_of(with_entry(TEXT, "127.16.192.1", ["a.example.com"]), "a.example.com") == (
        "127.16.192.1"
    )


def test_a_new_address_takes_the_place_of_the_old() -> None:
    text = with_entry(with_entry("", "127.16.192.1", ["a", "b"]), "127.16.192.2", ["a"])
    assert text == f"{BEGIN}\n127.16.192.1\tb\n127.16.192.2\ta\n{END}\n"


def test_a_name_may_have_an_address_of_each_family() -> None:
    text = with_entry(with_entry("", "127.16.192.1", ["a"]), "::1", ["a"])
    assert [entry.address for entry in entries(text)] == ["127.16.192.1", "::1"]


def test_the_block_is_edited_where_it_stands() -> None:
    text = f"1.1.1.1 one\n{BEGIN}\n# kept\n127.0.0.1\ta\n{END}\n2.2.2.2 two"
    assert with_entry(text, "127.0.0.2", ["b"]) == (
        f"1.1.1.1 one\n{BEGIN}\n# kept\n127.0.0.1\ta\n127.0.0.2\tb\n{END}\n2.2.2.2 two"
    )


def test_foreign_entries_of_a_name_stay() -> None:
    assert without_name(TEXT, "a.example.com") == TEXT


def test_a_windows_file_keeps_its_line_ends() -> None:
    text = with_entry("127.0.0.1 localhost\r\n", "127.0.0.2", ["a"])
    assert text == f"{BEGIN}\r\n127.0.0.2\ta\r\n{END}\r\n127.0.0.1 localhost\r\n"


def test_a_byte_order_mark_stays_first() -> None:
    text = with_entry("\ufeff127.0.0.1 localhost\n", "127.0.0.2", ["a"])
    assert text.startswith(f"\ufeff{BEGIN}\n")
    assert without_name(text, "a") == "\ufeff127.0.0.1 localhost\n"


@pytest.mark.parametrize(
    ("address", "names"),
    [("localhost", ["a"]), ("127.0.0.1", []), ("127.0.0.1", ["a b"]), ("127.0.0.1", ["a#b"]),
     ("127.0.0.1", ["*.example.com"]), ("127.0.0.1", [""])],
)  # fmt: skip
def test_what_is_no_entry_is_refused(address: str, names: list[str]) -> None:
    with pytest.raises(UsageError):
        with_entry("", address, names)


@pytest.mark.parametrize("url", ["http://tea.example.com/", "tea.example.com/menu"])
def test_a_url_is_refused_for_its_host(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        with_entry("", "127.0.0.1", [url])
    assert caught.value.remedy == "give the host alone: tea.example.com"


def test_a_torn_block_is_left_for_its_owner_to_mend() -> None:
    with pytest.raises(LabError, match="has no end"):
        without_name(f"{BEGIN}\n127.0.0.1 a\n", "a")


foreign_lines = st.one_of(
    st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(["127.0.0.1 localhost", "::1\tlocalhost # x", "10.0.0.1 a", "", "#"]),
).filter(lambda line: "ingress-lab" not in line)
lines = st.lists(foreign_lines, max_size=6)
texts = st.builds(lambda parts, end: end.join(parts), lines, st.sampled_from(["\n", "\r\n"]))
names = st.lists(st.sampled_from(["a", "b", "kiada.example.com"]), min_size=1, unique=True)
addresses = st.sampled_from(["127.16.192.1", "127.16.192.2", "::1"])


@given(texts, addresses, names)
def test_adding_and_then_removing_gives_the_text_back(
    text: str, address: str, ours: list[str]
) -> None:
    changed = with_entry(text, address, ours)
    for name in ours:
        changed = without_name(changed, name)
    assert changed == text


@given(texts, st.lists(st.tuples(addresses, names), min_size=1, max_size=4))
def test_no_foreign_byte_ever_changes(text: str, additions: list[tuple[str, list[str]]]) -> None:
    changed = text
    for address, ours in additions:
        changed = with_entry(changed, address, ours)
        assert all(address_of(changed, name) for name in ours)
    start, end = changed.index(BEGIN), changed.index(END) + len(END)
    after = changed[end:].removeprefix("\r").removeprefix("\n")
    assert changed[:start] + after == text


@given(texts, addresses, names)
def test_adding_twice_is_adding_once(text: str, address: str, ours: list[str]) -> None:
    once = with_entry(text, address, ours)
    assert with_entry(once, address, ours) == once
