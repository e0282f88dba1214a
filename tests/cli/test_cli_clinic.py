"""`lab break`, `lab check` of a breakage, and `lab heal`."""

import json
from pathlib import Path

import pytest

from labsupport.cli.main import main
from labsupport.exercises.clinic import breakages, mend
from labsupport.session import Lab


@pytest.fixture
def up(up: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    main(["heal", "--all"])
    capsys.readouterr()
    return up


@pytest.mark.usefixtures("up")
def test_breaking_prints_the_complaint(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["break", "bakery"]) == 0
    out = capsys.readouterr().out
    assert "The bakery's page is gone" in out
    assert "./lab check bakery" in out


@pytest.mark.usefixtures("up")
def test_a_random_one_can_be_broken(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["break", "--random", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] in breakages()


@pytest.mark.usefixtures("up")
def test_a_check_fails_until_it_is_mended(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    main(["break", "bakery"])
    unmended = main(["check", "bakery"])
    mend("bakery", lab)
    assert (unmended, main(["check", "bakery"])) == (1, 0)
    assert "./lab heal bakery" in capsys.readouterr().out


@pytest.mark.usefixtures("up")
def test_healing_says_what_is_healed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["break", "bakery"])
    capsys.readouterr()
    assert main(["heal", "--all"]) == 0
    assert capsys.readouterr().out == "bakery is healed\n"


@pytest.mark.usefixtures("up")
def test_healing_nothing_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["heal", "bakery"]) == 0
    assert "not broken" in capsys.readouterr().out


def test_the_list_tells_complaints_and_no_causes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["break", "--list"]) == 0
    out = capsys.readouterr().out
    assert all(each.complaint in out for each in breakages().values())
    assert not [each.cause for each in breakages().values() if each.cause in out]


def test_an_unknown_breakage_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["break", "bakerry"]) == 2
    assert "the nearest is bakery" in capsys.readouterr().err


def test_healing_wants_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["heal"]) == 2
    assert "./lab heal --all" in capsys.readouterr().err


def test_breaking_needs_a_running_lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INGRESS_LAB_HOME", str(tmp_path / "none"))
    assert main(["break", "bakery"]) == 1
    assert "./lab up" in capsys.readouterr().err


def test_a_breakage_has_no_start_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "bakery", "--start"]) == 2
    assert "./lab break bakery" in capsys.readouterr().err
