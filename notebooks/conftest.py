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
    """Set up the sanitiser."""
    if getattr(config.option, "nbval", False) and config.option.nbval_sanitize_with is None:
        config.option.nbval_sanitize_with = str(_HERE / "sanitise.cfg")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Choose an instance that is never the learner's, one for each process. Cells start it."""
    if getattr(session.config.option, "nbval", False):
        home = Path(tempfile.mkdtemp(prefix="ingress-lab-lessons-"))
        session.config.stash[_HOME] = home
        os.environ["INGRESS_LAB_HOME"] = str(home)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End that instance and remove what it left."""
    # Not in pytest_unconfigure: pytest-xdist ends its processes before that is done.
    if home := session.config.stash.get(_HOME, None):
        stop = [sys.executable, "-m", "labsupport.cli", "down", "--delete"]
        subprocess.run(stop, cwd=_HERE.parent, capture_output=True, timeout=60, check=False)
        shutil.rmtree(home, ignore_errors=True)
