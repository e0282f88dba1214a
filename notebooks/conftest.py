"""How nbval runs the lessons: in a lab of their own, compared strictly after `sanitise.cfg`."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_HOME = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Set up the sanitiser, and an instance that is never the learner's. Cells start it."""
    if not getattr(config.option, "nbval", False):
        return
    if config.option.nbval_sanitize_with is None:
        config.option.nbval_sanitize_with = str(_HERE / "sanitise.cfg")
    home = Path(tempfile.mkdtemp(prefix="ingress-lab-lessons-"))
    config.stash[_HOME] = home
    os.environ["INGRESS_LAB_HOME"] = str(home)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End that instance and remove what it left."""
    if home := config.stash.get(_HOME, None):
        stop = [sys.executable, "-m", "labsupport.cli", "down", "--delete"]
        subprocess.run(stop, cwd=_HERE.parent, capture_output=True, timeout=60, check=False)
        shutil.rmtree(home, ignore_errors=True)
