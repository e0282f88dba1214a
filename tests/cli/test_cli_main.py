"""The command line's frame: help, failures in words, exit codes, imports only where needed."""

import shlex
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

from labsupport.base.errors import ClusterNotRunning
from labsupport.cli import main as command_line


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A stand-in for the command `doctor`, whose `run` the test chooses."""

    def use(run: Any, **names: Any) -> None:
        module = ModuleType("stand_in")
        vars(module).update(HELP="stand-in", add_arguments=lambda parser: None, run=run, **names)
        monkeypatch.setattr(command_line, "_module", lambda name: module)

    return use


def raising(error: BaseException) -> Any:
    def run(args: Any) -> int:
        raise error

    return run


def test_a_lab_error_is_told_without_a_traceback(
    command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(ClusterNotRunning("no cluster runs", remedy="./lab up")))
    assert command_line.main(["doctor"]) == 1
    assert capsys.readouterr().err == "no cluster runs\n  next:  ./lab up\n"


def test_debugging_shows_the_traceback(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGRESS_LAB_DEBUG", "1")
    command(raising(ClusterNotRunning("no cluster runs")))
    with pytest.raises(ClusterNotRunning):
        command_line.main(["doctor"])


def test_ctrl_c_has_its_exit_code(command: Any) -> None:
    command(raising(KeyboardInterrupt()))
    assert command_line.main(["doctor"]) == 130


def test_the_commands_own_exit_code_comes_through(command: Any) -> None:
    command(lambda args: 7)
    assert command_line.main(["doctor"]) == 7


def test_an_unknown_command_is_a_usage_error(
    command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    command(lambda args: 0)
    assert command_line.main(["dwon"]) == 2
    assert "no command 'dwon'" in capsys.readouterr().err


def test_an_unknown_option_is_a_usage_error(command: Any) -> None:
    command(lambda args: 0)
    with pytest.raises(SystemExit) as caught:
        command_line.main(["doctor", "--nope"])
    assert caught.value.code == 2


def test_arguments_pass_on_in_their_order(command: Any) -> None:
    words = ["-k", "some name", "tests/base", "-x"]
    command(lambda args: int(args.passed_on != words), PASSES_ARGUMENTS_ON=True)
    assert command_line.main(["test", *words]) == 0


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert [name for name in command_line.COMMANDS if f"  {name} " not in out] == []


def test_one_command_does_not_pay_for_the_others() -> None:
    code = "import sys; from labsupport.cli.main import main; main(['kubeconfig', '--help'])"
    heavy = "print(sorted({'kubernetes', 'nbformat', 'nbclient', 'psutil'} & set(sys.modules)))"
    script = f"try:\n    {code}\nexcept SystemExit:\n    {heavy}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_who_leaves_is_no_failure() -> None:
    command = (
        f"{shlex.quote(sys.executable)} -m labsupport.cli --help | true; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode in (0, 141), done.stderr) == (True, "")
