"""The launcher ./lab: makes the environment once, repairs it, and stays out of the way after.

The tree under test has the real launcher and `labsupport/base`, a command line that prints what it
was given, and a stand-in for uv on PATH that says what it was asked: nothing is downloaded.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

COMMAND_LINE = """
import json, os, sys
print(json.dumps({"prefix": sys.prefix, "words": sys.argv[1:], "path": sys.path,
                  "cwd": os.getcwd(), "PYTHONPATH": os.environ.get("PYTHONPATH")}))
"""

UV = """#!/bin/sh
echo "$@" >> "$0.calls"
[ -e "$0.slow" ] && sleep 30
[ -e "$0.broken" ] && { echo "No space left on device" >&2; exit 2; }
exit 0
"""


class Tree:
    """A checkout in a folder with a space in its name, and its stand-in for uv."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a checkout"
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.uv = self.bin / "uv"
        self.uv.write_text(UV)
        self.uv.chmod(0o755)
        (self.root / "labsupport" / "cli").mkdir(parents=True)
        (self.root / "locks").mkdir()
        shutil.copy(ROOT / "lab", self.root)
        base = self.root / "labsupport" / "base"
        shutil.copytree(ROOT / "labsupport" / "base", base)
        (self.root / "labsupport" / "__init__.py").touch()
        (self.root / "labsupport" / "cli" / "__init__.py").touch()
        (self.root / "labsupport" / "cli" / "__main__.py").write_text(COMMAND_LINE)
        for lock in ("lab", "dev"):
            (self.root / "locks" / f"{lock}.txt").write_text("one==1\n")

    def start(self, *words: str, **settings: Any) -> subprocess.Popen[str]:
        launcher = settings.pop("launcher", self.root / "lab")
        python = settings.pop("python", sys.executable)
        environment = {**os.environ, "PATH": f"{self.bin}:/usr/bin:/bin", **settings.pop("env", {})}
        return subprocess.Popen(
            [python, launcher, *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **settings,
        )

    def call(self, *words: str, **settings: Any) -> tuple[int, str, str]:
        """The exit code, output and error output of one call."""
        process = self.start(*words, **settings)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def answer(self, *words: str, **settings: Any) -> dict[str, Any]:
        """What the command line says it was given."""
        code, out, err = self.call(*words, **settings)
        assert code == 0, err
        answer: dict[str, Any] = json.loads(out)
        return answer

    def installs(self) -> list[str]:
        """The locks that uv was asked to install, in order."""
        calls = Path(f"{self.uv}.calls")
        lines = calls.read_text().splitlines() if calls.exists() else []
        return [Path(line.partition("-r ")[2].partition(" --python")[0]).name for line in lines]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_the_first_call_makes_the_environment_and_runs_in_it(tree: Tree) -> None:
    answer = tree.answer("status", "--json")
    assert (answer["prefix"], answer["words"]) == (str(tree.root / ".venv"), ["status", "--json"])


def test_the_second_call_installs_nothing(tree: Tree) -> None:
    tree.answer()
    _, _, said = tree.call()
    assert (tree.installs(), said) == (["lab.txt"], "")


def test_the_checkout_is_on_the_path_and_the_callers_folder_is_not(
    tree: Tree, tmp_path: Path
) -> None:
    path = tree.answer(cwd=tmp_path)["path"]
    assert str(tree.root) in path
    assert str(tmp_path) not in path
    assert "" not in path


def test_it_runs_through_a_symbolic_link(tree: Tree, tmp_path: Path) -> None:
    link = tmp_path / "shortcut"
    link.symlink_to(tree.root / "lab")
    assert tree.answer(launcher=link)["prefix"] == str(tree.root / ".venv")


def test_the_callers_folder_stays_the_current_one(tree: Tree, tmp_path: Path) -> None:
    assert tree.answer(cwd=tmp_path)["cwd"] == str(tmp_path)


def test_other_environments_do_not_lead_astray(tree: Tree, tmp_path: Path) -> None:
    elsewhere = str(tmp_path / "elsewhere")
    env = {
        "VIRTUAL_ENV": elsewhere,
        "CONDA_PREFIX": elsewhere,
        "PYTHONPATH": elsewhere,
        "PIP_TARGET": elsewhere,
    }
    answer = tree.answer(env=env)
    assert (answer["prefix"], answer["PYTHONPATH"]) == (str(tree.root / ".venv"), None)
    assert elsewhere not in answer["path"]


def test_the_tests_install_what_development_needs(tree: Tree) -> None:
    tree.answer("status")
    tree.answer("test")
    tree.answer("status")
    assert tree.installs() == ["lab.txt", "dev.txt"]


def test_a_changed_lock_is_installed(tree: Tree) -> None:
    tree.answer()
    (tree.root / "locks" / "lab.txt").write_text("one==2\n")
    tree.answer()
    assert tree.installs() == ["lab.txt", "lab.txt"]


def test_a_moved_checkout_is_set_up_again(tree: Tree, tmp_path: Path) -> None:
    tree.answer()
    tree.root = tree.root.rename(tmp_path / "moved")
    assert str(tmp_path / "moved") in tree.answer()["path"]


def test_an_environment_whose_python_is_gone_is_made_anew(tree: Tree) -> None:
    tree.answer()
    python = tree.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert tree.answer()["prefix"] == str(tree.root / ".venv")


def test_a_failing_step_says_what_why_and_what_to_do(tree: Tree) -> None:
    Path(f"{tree.uv}.broken").touch()
    code, _, said = tree.call(env={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""})
    assert code == 1
    assert "installing the 1 packages of lab.txt with pip" in said
    assert "could not be set up" in said
    assert "next:" in said


def test_a_failed_addition_leaves_the_lab_usable(tree: Tree) -> None:
    tree.answer()
    Path(f"{tree.uv}.broken").touch()
    assert tree.call("test", env={"PIP_NO_INDEX": "1"})[0] == 1
    assert tree.answer("status")["words"] == ["status"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_set_up_is_repaired_by_the_next_call(
    tree: Tree, number: signal.Signals
) -> None:
    slow = Path(f"{tree.uv}.slow")
    slow.touch()
    process = tree.start(start_new_session=True)
    wait_for(lambda: tree.installs() == ["lab.txt"])
    os.killpg(process.pid, number)
    process.communicate(timeout=10)
    slow.unlink()
    assert tree.answer()["prefix"] == str(tree.root / ".venv")


def test_ctrl_c_ends_with_its_own_exit_code(tree: Tree) -> None:
    Path(f"{tree.uv}.slow").touch()
    process = tree.start(start_new_session=True)
    wait_for(lambda: tree.installs() == ["lab.txt"])
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "The next ./lab goes on from here" in said
    assert "Traceback" not in said


def test_two_calls_at_once_set_up_once(tree: Tree) -> None:
    processes = [tree.start(str(number)) for number in range(2)]
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in processes]
    assert [answer["words"] for answer in answers] == [["0"], ["1"]]
    assert tree.installs() == ["lab.txt"]


@pytest.fixture
def environment(tree: Tree, tmp_path: Path) -> Path:
    """An environment of the learner's own that pip has put the lab into, as on Binder."""
    home = tmp_path / "environment"
    venv.create(home, symlinks=True)
    (packages,) = home.glob("lib/python*/site-packages")
    shutil.copytree(tree.root / "labsupport", packages / "labsupport")
    (packages / "ingress_lab-0.1.0.dist-info").mkdir()
    return home


def test_an_environment_that_holds_the_lab_is_used_as_it_is(tree: Tree, environment: Path) -> None:
    answer = tree.answer("up", python=environment / "bin" / "python")
    assert (answer["prefix"], answer["words"]) == (str(environment), ["up"])
    assert tree.installs() == []
    assert not (tree.root / ".venv").exists()


def test_the_installed_lab_is_run_not_the_checkout(tree: Tree, environment: Path) -> None:
    answer = tree.answer(python=environment / "bin" / "python", cwd=tree.root)
    assert str(tree.root) not in answer["path"]


def test_an_environment_without_the_lab_is_left_alone(tree: Tree, environment: Path) -> None:
    (mark,) = environment.glob("lib/python*/site-packages/ingress_lab-*")
    mark.rmdir()
    answer = tree.answer(python=environment / "bin" / "python")
    assert answer["prefix"] == str(tree.root / ".venv")


def test_development_has_an_environment_of_its_own(tree: Tree, environment: Path) -> None:
    answer = tree.answer("test", python=environment / "bin" / "python")
    assert answer["prefix"] == str(tree.root / ".venv")
    assert tree.installs() == ["dev.txt"]


@pytest.mark.skipif(not Path("/usr/bin/env").exists(), reason="needs env")
def test_an_old_python_is_told_what_is_needed(tree: Tree, tmp_path: Path) -> None:
    code = (tree.root / "lab").read_text().replace("OLDEST = (3, 11)", "OLDEST = (3, 99)")
    (tree.root / "lab").write_text(code)
    status, _, said = tree.call()
    assert status == 1
    assert "needs Python 3.99 or newer" in said
    assert "Traceback" not in said


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
