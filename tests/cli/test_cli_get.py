"""`lab get`: curl's options, and the way that is printed."""

import json
from pathlib import Path

import pytest

from labsupport.base.types import Json
from labsupport.cli.main import main
from labsupport.session.lab import Lab

URL = "http://kiada.example.com/debug/request"

pytestmark = pytest.mark.usefixtures("up")


def got(capsys: pytest.CaptureFixture[str], *words: str) -> Json:
    assert main(["get", "--json", *words]) == 0
    found: Json = json.loads(capsys.readouterr().out)
    return found


def test_data_makes_a_post_of_a_form(capsys: pytest.CaptureFixture[str]) -> None:
    seen = json.loads(got(capsys, "-d", "a=1", "-d", "b=2", URL)["body"])
    assert (seen["method"], seen["body"]) == ("POST", "a=1&b=2")
    assert seen["headers"]["Content-Type"] == "application/x-www-form-urlencoded"


def test_data_comes_from_a_file_with_a_method_and_type_of_ones_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "body").write_text("from a file")
    words = ["-X", "PUT", "-H", "content-type: text/plain", "-d", f"@{tmp_path / 'body'}", URL]
    seen = json.loads(got(capsys, *words)["body"])
    assert (seen["method"], seen["body"]) == ("PUT", "from a file")
    assert seen["headers"]["Content-Type"] == "text/plain"


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["get", "-d", "@/nonexistent", URL]) == 2
    assert "/nonexistent" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["{}", "new.example.net:{}", "new.example.net:80:{}"])
def test_an_address_can_be_given(lab: Lab, capsys: pytest.CaptureFixture[str], form: str) -> None:
    found = got(capsys, "--resolve", form.format(lab.address), "http://new.example.net/")
    assert (found["address"], found["status"]) == (lab.address, 404)
    assert found["way"][0]["text"].endswith("given with the request")


def test_a_head_prints_headers_and_no_body(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["get", "-I", URL]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"HEAD {URL}\n")
    assert "\nX-Pod: kiada-" in out
    assert "{" not in out


def test_times_stand_beside_the_hops(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["get", "--times", URL]) == 0
    hops = [line for line in capsys.readouterr().out.splitlines() if " ms  " in line]
    assert [line.split()[2] for line in hops] == ["name", "TCP", "proxy", "answer"]


@pytest.mark.parametrize(
    ("words", "sni"), [(["--no-sni"], ""), (["--sni", "b.test"], "b.test"), ([], None)]
)
def test_the_name_in_the_handshake_can_be_chosen(
    capsys: pytest.CaptureFixture[str], words: list[str], sni: str | None
) -> None:
    tls = got(capsys, "-k", *words, "https://kiada.example.com/")["tls"]
    assert tls["sni"] == ("kiada.example.com" if sni is None else sni)
    assert [each["id"] for each in tls["refusals"]] == ["other-name"]


def test_a_ca_of_ones_own_is_believed_alone(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    ca_file = str(lab.instance.ca_certificate)
    words = ["--resolve", lab.address, "--cacert", ca_file, "https://traefik.example.com/"]
    assert got(capsys, *words)["tls"]["refusals"] == []
