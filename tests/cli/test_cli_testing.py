"""`lab test`: every part runs, and one failure fails the whole."""

import sys

import pytest

from labsupport.cli import testing
from labsupport.cli.main import main


def part(name: str, code: str, *, quiet: bool = True) -> testing.Part:
    return testing.Part(name, [sys.executable, "-c", code], quiet)


def use(monkeypatch: pytest.MonkeyPatch, *parts: testing.Part) -> None:
    monkeypatch.setattr(testing, "_parts", lambda root: list(parts))


def test_a_failure_is_shown_and_the_rest_still_runs(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, part("lint", "raise SystemExit('line 3 is odd')"), part("types", "pass"))
    assert main(["test"]) == 1
    out = capfd.readouterr().out
    assert "line 3 is odd" in out
    assert "ok   types" in out
    assert out.endswith("Failed: lint.\n")


def test_what_passes_quietly_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, part("lint", "print('looked at 90 files')"))
    assert main(["test"]) == 0
    assert "looked at" not in capfd.readouterr().out


def test_the_parts_have_a_lab_of_their_own(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INGRESS_LAB_HOME", "/the/learners")
    code = "import os; print(os.environ['INGRESS_LAB_HOME'])"
    use(monkeypatch, part("tests", code, quiet=False))
    main(["test"])
    assert "/the/learners" not in capfd.readouterr().out


def test_arguments_go_to_pytest_alone(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--version"]) == 0
    assert capfd.readouterr().out.startswith("pytest ")
