"""Manifests and what is wrong with them."""

import pytest

from labsupport.base.errors import ManifestError
from labsupport.kube.manifests import dumped, objects

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def test_documents_come_in_order_and_empty_ones_do_not_count() -> None:
    text = f"---\n# nothing\n---\n{CONFIG_MAP}---\n{CONFIG_MAP.replace('a}', 'b}')}---\n"
    assert [obj["metadata"]["name"] for obj in objects(text)] == ["a", "b"]


def test_a_list_counts_as_its_items() -> None:
    indented = CONFIG_MAP.replace("\n", "\n    ")
    text = f"apiVersion: v1\nkind: List\nitems:\n  - {indented}"
    assert [obj["kind"] for obj in objects(text)] == ["ConfigMap"]


def test_a_date_stays_text() -> None:
    assert objects(CONFIG_MAP + "data: {day: 2026-01-01}\n")[0]["data"] == {"day": "2026-01-01"}


def test_what_is_dumped_reads_back() -> None:
    obj = objects(CONFIG_MAP + 'data: {host: "*.example.com", text: "a\\nb"}\n')[0]
    assert objects(dumped(obj)) == [obj]


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        (f"{CONFIG_MAP}data:\n  host: *.example.com\n", 5, "alias"),
        (f"{CONFIG_MAP}data:\n\ta: b\n", 5, "cannot start any token"),
        (f"{CONFIG_MAP}data: [a\n", 5, "expected"),
        (f"{CONFIG_MAP}---\n- a\n", 5, "list"),
        (f"{CONFIG_MAP}---\nkind: Pod\nmetadata: {{}}\n", 5, "no apiVersion, metadata.name"),
        (f"{CONFIG_MAP}data:\n  a: b\n  a: c\n", 6, "'a' again"),
    ],
)
def test_a_fault_is_found_at_its_line(text: str, line: int, found: str) -> None:
    with pytest.raises(ManifestError) as caught:
        objects(text, source="my.yaml")
    assert f"my.yaml, line {line}" in caught.value.what
    assert found in caught.value.found


def test_an_unquoted_wildcard_gets_its_own_remedy() -> None:
    with pytest.raises(ManifestError) as caught:
        objects(f"{CONFIG_MAP}data:\n  host: *.example.com\n")
    assert 'host: "*.example.com"' in caught.value.remedy
