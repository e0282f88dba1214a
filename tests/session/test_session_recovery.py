"""A lab after bad luck: what was killed comes back, and nothing is left behind."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from running_lab import running_lab

from labsupport.providers.daemon.record import last_record
from labsupport.session.bringing_up import bring_up
from labsupport.session.lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with running_lab(tmp_path / "lab") as lab:
        yield lab


def daemon_of(lab: Lab) -> psutil.Process:
    record = last_record(lab.instance)
    assert record is not None
    return psutil.Process(record.pid)


def pods_of(lab: Lab) -> list[psutil.Process]:
    return daemon_of(lab).children(recursive=True)


def test_after_a_killed_daemon_everything_runs_again(lab: Lab) -> None:
    lab.wait_ready(namespace=None)
    lab.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}})
    names = [pod["metadata"]["name"] for pod in lab.objects("pods", namespace=None)]
    orphans = pods_of(lab)
    os.kill(daemon_of(lab).pid, signal.SIGKILL)
    again = bring_up(lab.instance)
    again.wait_ready(namespace=None)
    assert again.get("http://kiada.example.com/").status == 200
    assert again.object("configmap", "kept")
    assert [pod["metadata"]["name"] for pod in again.objects("pods", namespace=None)] == names
    assert len(pods_of(again)) == len(orphans)
    assert not any(alive(process) for process in orphans)
    again.close()


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_down_after_a_killed_daemon_ends_its_pods(lab: Lab) -> None:
    lab.wait_ready(namespace=None)
    orphans = pods_of(lab)
    assert orphans
    os.kill(daemon_of(lab).pid, signal.SIGKILL)
    lab.provider.down()
    assert not any(alive(process) for process in orphans)


def test_a_killed_traefik_comes_back(lab: Lab) -> None:
    traefik = next(process for process in pods_of(lab) if process.name() == "traefik")
    traefik.kill()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        name, namespace = lab.find_pod("traefik")
        pod = lab.object("pod", name, namespace=namespace)
        if pod["status"]["containerStatuses"][0]["restartCount"] == 1:
            break
        time.sleep(0.05)
    assert lab.wait_for("http://kiada.example.com/", timeout=20).status == 200
