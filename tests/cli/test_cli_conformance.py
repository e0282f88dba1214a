"""`lab conformance`: what it prints, and how it ends."""

import json
from collections.abc import Generator

import pytest

from labsupport.cli.main import main
from labsupport.rules.conformance import SCENARIOS
from labsupport.session import conformance, running
from labsupport.session.conformance import Result


class NoLab:
    """A lab that is only opened and closed."""

    def close(self) -> None:
        """Nothing to give back."""


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The controllers asked; each departs in the first scenario."""
    names: list[str] = []

    def results_of(_: NoLab, name: str) -> Generator[Result]:
        names.append(name)
        for number, scenario in enumerate(SCENARIOS):
            yield Result(scenario, number > 0, f"the reason in {name}")

    monkeypatch.setattr(running, "running_lab", NoLab)
    monkeypatch.setattr(conformance, "results_of", results_of)
    return names


def test_four_controllers_are_asked_unless_some_are_named(asked: list[str]) -> None:
    assert main(["conformance"]) == 0
    assert asked == ["traefik", "traefik-default", "traefik-nginx", "lab-controller"]


def test_names_can_stand_together_or_apart_and_count_once(asked: list[str]) -> None:
    words = ["--controller", "traefik", "lab-controller", "--controller", "traefik"]
    assert main(["conformance", *words]) == 0
    assert asked == ["traefik", "lab-controller"]


def test_json_on_stdout_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    main(["conformance", "--controller", "traefik", "--json"])
    data = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in data["controllers"]] == ["traefik"]
    assert data["controllers"][0]["passed"] == 29


def test_the_reasons_of_departures_follow_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    main(["conformance", "--controller", "traefik"])
    out = capsys.readouterr().out
    assert out.count("the reason in traefik") == 1
    assert "✗ https has the host's certificate, traefik" in out


def test_an_unknown_controller_is_refused_before_any_is_asked(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["conformance", "--controller", "traefik", "apache"]) == 2
    assert "no controller 'apache'" in capsys.readouterr().err
    assert asked == []
