"""What is wrong with a manifest, and in which line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.kube.review import reviewed

_YAML_SIGNS = "ab1.-:,?!*&{}[]|>'\"#%@~= \t\n\x00\u2028"
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: a
spec:
  rules:
  - host: a.example.com
    http:
      paths:
      - path: /a
        pathType: Prefix
        backend:
          service:
            name: a
            port:
              number: 80
"""


def test_a_good_manifest_gives_its_objects_with_namespace() -> None:
    review = reviewed(INGRESS)
    assert review.ok
    assert review.objects[0]["metadata"] == {"name": "a", "namespace": "default"}


@pytest.mark.parametrize(
    ("good", "bad", "line", "words"),
    [
        ("host: a.", "host: *.", 7, "put a value that begins with * in quotes"),
        ("host: a.", "host: a_b.", 7, "spec.rules[0].host: Invalid value"),
        ("path: /a", "path: a", 10, "must be an absolute path"),
        ("pathType: Prefix", "pathtype: Prefix", 11, 'unknown field "spec.rules[0]'),
        ("pathType: Prefix", "pathType: Prefixed", 11, "supported values"),
        ("        pathType: Prefix\n", "", 10, "pathType must be specified"),
        ("number: 80", "number: eighty", 16, "cannot unmarshal string"),
        ("number: 80", "number: 80000", 16, "80000"),
        ("  name: a\nspec", "  name: A\nspec", 4, "metadata.name"),
        ("kind: Ingress\n", "", 1, "no kind"),
        ("kind: Ingress\n", "kind: Ingres\n", 2, 'no matches for kind "Ingres"'),
        ("number: 80", "number: !!int eighty", 1, "a value that can't be read"),
        ("  rules:", "\trules:", 6, "indent with spaces, not tabs"),
    ],
)
def test_a_fault_is_found_at_its_line(good: str, bad: str, line: int, words: str) -> None:
    (problem,) = reviewed(INGRESS.replace(good, bad)).problems
    assert problem.line == line
    assert words in problem.message


def test_lines_count_through_all_documents() -> None:
    text = f"# two\n{INGRESS}---\n{INGRESS.replace('path: /a', 'path: a')}"
    (problem,) = reviewed(text).problems
    assert text.splitlines()[problem.line - 1].strip() == "- path: a"


def test_one_faulty_document_does_not_spoil_the_others() -> None:
    review = reviewed(f"{INGRESS}---\nkind: [\n---\n{INGRESS.replace('name: a', 'name: b')}")
    assert [obj["metadata"]["name"] for obj in review.objects] == ["a", "b"]
    assert not review.ok


def test_items_of_a_list_have_lines_of_their_own() -> None:
    item = "".join(f"  {line}\n" for line in INGRESS.splitlines())
    text = f"apiVersion: v1\nkind: List\nitems:\n-{item[1:]}".replace("path: /a", "path: a")
    (problem,) = reviewed(text).problems
    assert text.splitlines()[problem.line - 1].strip() == "- path: a"


def test_a_custom_kind_is_not_held_against_a_structure() -> None:
    assert reviewed("apiVersion: a.b/v1\nkind: C\nmetadata: {name: d}\nspec: {e: 1}").ok


def test_a_cluster_wide_kind_gets_no_namespace() -> None:
    text = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: a}\n"
    review = reviewed(f"{text}spec: {{controller: a.b/c}}\n")
    assert "namespace" not in review.objects[0]["metadata"]


def test_nothing_is_no_problem() -> None:
    assert reviewed("").ok
    assert reviewed("---\n# later\n").objects == ()


@settings(max_examples=300)
@given(st.integers(0, len(INGRESS)), st.integers(0, 12), st.text(_YAML_SIGNS, max_size=4))
def test_whatever_is_being_typed_is_reviewed_not_raised(at: int, cut: int, typed: str) -> None:
    reviewed(INGRESS[:at] + typed + INGRESS[at + cut :])
