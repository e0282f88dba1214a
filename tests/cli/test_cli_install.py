"""`lab install` and `lab uninstall`."""

from pathlib import Path

import pytest
import yaml

from labsupport.cli.main import main
from labsupport.session.lab import Lab


@pytest.mark.usefixtures("up")
def test_a_controller_is_installed_and_removed(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["install", "traefik-default"]) == 0
    assert "deployment.apps/traefik-default created" in capsys.readouterr().out
    assert set(lab.controllers) == {"traefik", "traefik-default"}
    assert main(["uninstall", "traefik-default"]) == 0
    assert "namespace/traefik-default deleted" in capsys.readouterr().out
    assert set(lab.controllers) == {"traefik"}


def test_the_whole_manifest_can_be_printed_without_a_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INGRESS_LAB_HOME", str(tmp_path / "none"))
    assert main(["install", "traefik-internal", "--print"]) == 0
    kinds = [each["kind"] for each in yaml.safe_load_all(capsys.readouterr().out)]
    assert {"Namespace", "IngressClass", "Service", "Deployment"} <= set(kinds)


def test_what_cannot_be_installed_is_said_with_what_can(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["install", "nginx"]) == 2
    assert "traefik-nginx" in capsys.readouterr().err
