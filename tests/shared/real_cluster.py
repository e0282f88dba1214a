"""The fixture of a real control plane, for a folder's conftest: one for the whole process."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from control_plane import control_plane
from kubernetes_programs import NotBuilt
from shared_cluster import SharedCluster


@pytest.fixture(scope="session")
def real_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedCluster]:
    """A real kube-apiserver, administered by us; skips where its programs are not built."""
    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(control_plane(tmp_path_factory.mktemp("control-plane")))
        except NotBuilt as error:
            pytest.skip(str(error))
        yield cluster
