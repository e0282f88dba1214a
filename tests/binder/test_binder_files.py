"""What Binder and conda are told: two files in step, one lock, and how repo2docker reads them."""

import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]
BINDER = ROOT / "binder"


def environment(path: Path) -> tuple[dict[str, Any], list[str], list[str]]:
    """An environment file: all of it, its conda packages, and its pip requirements."""
    read = yaml.safe_load(path.read_text())
    packages = [entry for entry in read["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in read["dependencies"] if isinstance(entry, dict)] or [[]]
    return read, packages, pip


def test_conda_brings_the_same_on_binder_as_elsewhere() -> None:
    elsewhere, packages, _ = environment(ROOT / "environment.yml")
    binder, binder_packages, binder_pip = environment(BINDER / "environment.yml")
    assert (binder_packages, binder["channels"]) == (packages, elsewhere["channels"])
    assert binder_pip == []


def test_both_install_the_one_lock() -> None:
    _, _, pip = environment(ROOT / "environment.yml")
    assert pip == ["-r locks/lab.txt"]
    assert "--require-hashes -r locks/lab.txt\n" in (BINDER / "postBuild").read_text()


def test_no_python_package_of_the_lock_comes_from_conda_too() -> None:
    _, packages, _ = environment(ROOT / "environment.yml")
    lock = (ROOT / "locks" / "lab.txt").read_text()
    names = {package.partition("=")[0] for package in packages} - {"graphviz"}  # there, the program
    assert [name for name in names if f"\n{name}==" in lock] == []


def test_the_python_is_one_that_the_lab_allows() -> None:
    _, packages, _ = environment(ROOT / "environment.yml")
    (python,) = [package for package in packages if package.startswith("python=")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert python.partition("=")[2] in SpecifierSet(project["requires-python"])


@pytest.mark.parametrize("script", ["postBuild", "start"])
def test_a_script_is_well_formed_bash(script: str) -> None:
    assert subprocess.run(["bash", "-n", BINDER / script], check=False).returncode == 0


def test_a_failing_step_of_the_build_fails_the_build(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 3\n")
    python.chmod(0o755)
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    assert subprocess.run([BINDER / "postBuild"], env=path, check=False).returncode == 3


@pytest.mark.parametrize("link", ["binder", "hub"])
def test_a_link_opens_a_lesson_that_is_there(link: str) -> None:
    (address,) = re.findall(rf"^\[{link}\]: (\S+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    (opened,) = parse_qs(urlsplit(address).query)["urlpath"]
    _, notebooks, lesson = opened.rpartition("notebooks/")
    assert opened.startswith("lab/tree/")
    assert (ROOT / notebooks / lesson).is_file()


@pytest.fixture(scope="module")
def dockerfile() -> str:
    """What repo2docker would build from this checkout, with what it says on the way."""
    if find_spec("repo2docker") is None:
        pytest.skip("needs jupyter-repo2docker, which locks/dev.txt has")
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug"]
    command += ["--user-id", "1000", "--user-name", "jovyan", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT.parent, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_repo2docker_takes_conda_and_its_python(dockerfile: str) -> None:
    assert "Building conda environment for python=3.12" in dockerfile


def test_repo2docker_takes_binders_own_environment_file(dockerfile: str) -> None:
    (update,) = [line for line in dockerfile.splitlines() if "env update" in line]
    assert '--file "binder/environment.yml"' in update


def test_repo2docker_leaves_the_packages_to_post_build(dockerfile: str) -> None:
    assert "RUN ./binder/postBuild" in dockerfile
    assert "pip install" not in dockerfile


def test_repo2docker_starts_by_our_script(dockerfile: str) -> None:
    assert 'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in dockerfile
