"""`lab diagnose`: what it prints, and how it ends."""

import json
from typing import Any

import pytest
from diagnosis_facts import HOST, OWN, answered, healthy

from labsupport.base.paths import Instance
from labsupport.cli.main import main
from labsupport.rules.diagnosis import Diagnosis, diagnose
from labsupport.session import running


class OneDiagnosis:
    """A lab that diagnoses everything alike, and keeps what it was asked."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        self.diagnosis = diagnosis
        self.asked: dict[str, Any] = {}

    def diagnose(self, url: str, **options: Any) -> Diagnosis:
        self.asked = {"url": url, **options}
        return self.diagnosis

    def close(self) -> None:
        """Nothing to give back."""


def stand_in(monkeypatch: pytest.MonkeyPatch, diagnosis: Diagnosis) -> OneDiagnosis:
    lab = OneDiagnosis(diagnosis)
    monkeypatch.setattr(running, "running_lab", lambda: lab)
    return lab


def test_exit_code_is_0_when_all_is_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(monkeypatch, diagnose(healthy()))

    assert main(["diagnose", HOST]) == 0
    assert "all is well" in capsys.readouterr().out


def test_exit_code_is_1_when_a_hop_is_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(monkeypatch, diagnose(answered(OWN, ingresses=())))

    assert main(["diagnose", HOST]) == 1
    assert "(host-mismatch)" in capsys.readouterr().out


def test_json_is_one_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(monkeypatch, diagnose(answered(OWN, ingresses=())))

    assert main(["diagnose", HOST, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["cause"] == "host-mismatch"


def test_options_of_the_request_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = stand_in(monkeypatch, diagnose(healthy()))

    words = ["-H", "Host: a.example.com", "--resolve", "127.9.0.1", "--no-sni", "-k"]
    main(["diagnose", HOST, *words, "--timeout", "2"])

    assert lab.asked == {
        "url": HOST,
        "headers": {"Host": "a.example.com"},
        "resolve": "127.9.0.1",
        "sni": "",
        "verify": False,
        "timeout": 2.0,
    }


def test_lab_that_does_not_run_is_said_with_the_command_that_starts_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    assert not Instance(tmp_path / "lab-home").daemon.exists()

    assert main(["diagnose", HOST]) == 1
    assert "./lab up" in capsys.readouterr().err
