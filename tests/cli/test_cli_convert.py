"""`lab convert` on files: YAML that can be applied, and notes as comments."""

from pathlib import Path

import pytest
import yaml

from labsupport.cli.main import main

INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, annotations: {nginx.ingress.kubernetes.io/limit-rps: "5"}}
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}
          - {path: /a, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}
"""


def test_a_file_becomes_routes_with_notes_before_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(INGRESS)
    assert main(["convert", str(file)]) == 0
    text = capsys.readouterr().out
    (route,) = yaml.safe_load_all(text)
    assert (route["kind"], route["spec"]["hostnames"]) == ("HTTPRoute", ["shop.example.com"])
    assert (
        "# default/shop: the annotation nginx.ingress.kubernetes.io/limit-rps is left out" in text
    )
    assert "&id" not in text


def test_a_file_without_an_ingress_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "service.yaml"
    file.write_text("{apiVersion: v1, kind: Service, metadata: {name: shop}}")
    assert main(["convert", str(file)]) == 2
    assert "found: kinds: Service" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [(["nosuch.yaml"], "can't be read"), (["a.yaml", "b.yaml"], "one file can be converted")],
)
def test_what_cannot_be_converted_is_said(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", *words]) == 2
    assert said in capsys.readouterr().err
