"""What every test has: a lab instance of its own, and no way to install anything."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from shared_cluster import SharedCluster


def pytest_configure() -> None:
    """Heed SIGINT, and so all that tests start, even where a shell began us with it ignored.

    Property tests have no time limit.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # How long an example takes says more about the machine than about us.
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _own_instance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Point the lab at an instance inside the test's own folder, whatever the environment says."""
    monkeypatch.setenv("INGRESS_LAB_HOME", str(tmp_path / "lab-home"))
    monkeypatch.delenv("KUBECONFIG", raising=False)


@pytest.fixture(scope="session", autouse=True)
def _no_installing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide the package managers: `lab start` would have them install Graphviz on this machine."""
    folder = tmp_path_factory.mktemp("no-installing")
    for name in ("apt-get", "conda"):
        stand_in = folder / name
        stand_in.write_text("#!/bin/sh\necho 'tests install nothing' >&2\nexit 1\n")
        stand_in.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(folder), prepend=os.pathsep)
        yield


@pytest.fixture(scope="session")
def real_cluster(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[SharedCluster]":
    """A real kube-apiserver, administered by us; skips where its programs are not built."""
    # Imported here, for few tests ask for one. Here, for each process has room for one only.
    from control_plane import control_plane
    from kubernetes_programs import NotBuilt

    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(control_plane(tmp_path_factory.mktemp("control-plane")))
        except NotBuilt as error:
            pytest.skip(str(error))
        yield cluster
