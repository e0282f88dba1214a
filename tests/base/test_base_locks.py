"""The locks pin what pyproject.toml asks for, with hashes and without download addresses."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)


def text(lock: str) -> str:
    return (ROOT / "locks" / f"{lock}.txt").read_text()


def pins(lock: str) -> set[tuple[str, str]]:
    """Name and version of every pin; a name may have several, for different platforms."""
    return {(canonicalize_name(name), pinned) for name, pinned in PIN.findall(text(lock))}


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        ("lab", PROJECT["dependencies"]),
        ("dev", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]),
        ("uv", ["uv"]),
    ],
)
def test_every_requirement_has_a_pin_that_it_allows(lock: str, asked: list[str]) -> None:
    pinned = pins(lock)
    unmet = []
    for requirement in map(Requirement, asked):
        name = canonicalize_name(requirement.name)
        versions = [version for pin, version in pinned if pin == name]
        if not any(requirement.specifier.contains(version) for version in versions):
            unmet.append(f"{requirement}: {versions}")
    assert not unmet, "run ./lab lock"


def test_the_development_lock_holds_the_labs_whole() -> None:
    assert pins("lab") <= pins("dev")


@pytest.mark.parametrize("lock", ["lab", "dev", "uv"])
def test_every_pin_has_a_hash(lock: str) -> None:
    blocks = re.split(r"\n(?=\S)", text(lock))
    assert [block for block in blocks if PIN.match(block) and "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", ["lab", "dev", "uv"])
def test_no_lock_names_a_download_address(lock: str) -> None:
    assert re.findall(r"\S*(?:://|file:|--index|--find-links)\S*", text(lock)) == []


def test_a_pin_is_what_runs_here() -> None:
    assert ("jupyterlab", version("jupyterlab")) in pins("lab")
