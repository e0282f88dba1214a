"""Subprocesses that say how they failed."""

import sys
from pathlib import Path

import pytest

from labsupport.base.run import CommandFailed, run, which


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_output_comes_back_as_text() -> None:
    assert run(python("print('hello')"), timeout=30).stdout == "hello\n"


def test_a_failure_names_the_exit_code_and_the_last_words() -> None:
    with pytest.raises(CommandFailed) as caught:
        run(python("import sys; sys.exit('no such thing')"), timeout=30)
    assert caught.value.found == "exit code 1: no such thing"


def test_an_unchecked_failure_is_an_answer() -> None:
    assert run(python("raise SystemExit(3)"), timeout=30, check=False).exit_code == 3


def test_a_missing_program_is_said() -> None:
    with pytest.raises(CommandFailed, match="could not run no-such-program-here") as caught:
        run(["no-such-program-here"], timeout=1)
    assert "no program no-such-program-here" in caught.value.found


def test_a_command_that_does_not_end_is_stopped() -> None:
    with pytest.raises(CommandFailed, match="did not end"):
        run(python("import time; time.sleep(60)"), timeout=0.2)


def test_the_environment_is_added_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "1")
    code = "import os; print(os.environ['KEPT'], os.environ['ADDED'])"
    assert run(python(code), timeout=30, environment={"ADDED": "2"}).stdout == "1 2\n"


def test_a_program_is_found_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "tool"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (which("tool"), which("other")) == (program, None)
