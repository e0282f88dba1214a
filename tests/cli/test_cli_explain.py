"""`lab explain`, with files alone and against a running cluster."""

import io
import json
from pathlib import Path

import pytest

from labsupport.base.types import Json
from labsupport.cli.main import main
from labsupport.session.lab import Lab

RULES = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - {path: /cart, pathType: Exact, backend: {service: {name: cart, port: {number: 80}}}}
          - {path: /cart, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}
"""


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return str(path)


def lines(capsys: pytest.CaptureFixture[str]) -> list[Json]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_files_are_enough(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "http://shop.example.com/cart", "-f", rules, "--json"]) == 0
    (found,) = lines(capsys)
    assert (found["outcome"], found["status"], found["ingress"]) == ("service", 200, "default/shop")
    assert found["rule"] == {"host": "shop.example.com", "path": "/cart", "pathType": "Exact"}
    assert found["backend"] == {"namespace": "default", "service": "cart", "port": 80}
    assert [each["verdict"] for each in found["candidates"]] == ["won", "lost"]
    assert found["warnings"] == []


def test_several_urls_give_a_line_each_in_order(
    rules: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("http://b/\n\nhttp://shop.example.com/cart/x\n"))
    assert main(["explain", "http://a/", "-", "http://c/", "-f", rules, "--json"]) == 0
    found = lines(capsys)
    assert [each["request"]["host"] for each in found] == ["a", "b", "shop.example.com", "c"]
    assert [each["status"] for each in found] == [404, 404, 200, 404]


def test_a_profile_reads_the_rules_its_own_way(
    rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["explain", "http://shop.example.com/cart", "-f", rules, "--json"]
    assert main([*words, "--profile", "traefik"]) == 0
    assert lines(capsys)[0]["backend"]["service"] == "shop"


def test_people_get_the_answer_first_and_then_every_rule(
    rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "http://shop.example.com/cart", "-f", rules]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "http://shop.example.com/cart   (as spec reads the rules)",
        "  200: Service cart, port 80, by default/shop: shop.example.com, Exact /cart",
        "  because: the host is exactly shop.example.com, and the path is exactly /cart",
        "  rules, in the order considered:",
        "    won   default/shop: shop.example.com, Exact /cart   "
        "the host is exactly shop.example.com, and the path is exactly /cart",
        "    lost  default/shop: shop.example.com, Prefix /cart  it matches, but "
        "default/shop: shop.example.com, Exact /cart goes first: Exact goes before Prefix",
    ]


def test_many_rules_for_other_hosts_are_counted_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [
        RULES.replace("shop.", f"shop{each}.").replace("name: shop", f"name: shop{each}")
        for each in range(10)
    ]
    path = tmp_path / "rules.yaml"
    path.write_text("---\n".join(texts))
    words = ["explain", "http://shop1.example.com/cart", "-f", str(path)]
    assert main(words) == 0
    assert "and 18 for other hosts or classes (--all shows them)" in capsys.readouterr().out
    assert main([*words, "--all"]) == 0
    assert "shop9.example.com" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("pathType: Exact", "pathtype: Exact", 9, 'unknown field "spec.rules[0].http.paths[0]'),
        ("path: /cart, pathType: Prefix", "path: cart, pathType: Prefix", 10, "absolute path"),
        ("  rules:", "  rules: [", 6, "not YAML"),
    ],
)
def test_errors_in_a_file_are_told_by_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    line: int,
    words: str,
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES.replace(old, new))
    assert main(["explain", "http://a/", "-f", str(path), "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"{path}, line {line}: ")
    assert words in said.err


@pytest.mark.parametrize("words", [["no-url"], ["http://a/", "--profile", "nosuch"]])
def test_what_can_not_be_explained_is_a_usage_error(words: list[str], rules: str) -> None:
    assert main(["explain", *words, "-f", rules]) == 2


def test_a_folder_is_all_its_manifests(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(Path(rules).parent)
    assert main(["explain", "http://shop.example.com/cart", "-f", folder, "--json"]) == 0
    assert lines(capsys)[0]["status"] == 200


def test_a_file_that_is_not_there_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "http://a/", "-f", "/nonexistent/rules.yaml"]) == 2
    assert "/nonexistent/rules.yaml can't be read" in capsys.readouterr().err


def test_without_files_and_cluster_the_way_on_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "http://a/"]) == 1
    assert "./lab up" in capsys.readouterr().err


@pytest.mark.usefixtures("up")
@pytest.mark.parametrize("profile", ["spec", "traefik"])
def test_without_files_the_running_cluster_is_read(
    lab: Lab, profile: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.wait_ready()
    words = ["explain", "https://kiada.example.com/", "--json", "--profile", profile]
    assert main(words) == 0
    (found,) = lines(capsys)
    assert (found["ingress"], found["status"]) == ("default/kiada", 200)
    assert len(found["pods"]) == 3
    assert found["certificate"]["secret"] is None
