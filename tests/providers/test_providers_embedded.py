"""The embedded provider with its real daemon: start, find, crash, stop."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import psutil
import pytest

from labsupport.base.errors import AddressInUse, ClusterError, ClusterNotRunning, StorageError
from labsupport.base.paths import Instance
from labsupport.kube.api import Api
from labsupport.providers.daemon.network import API_PORT, OFFSET_VARIABLE, Network
from labsupport.providers.daemon.record import last_record
from labsupport.providers.embedded.provider import Embedded

ROOT = Path(__file__).resolve().parents[2]


def quiet(title: str) -> AbstractContextManager[None]:
    return nullcontext()


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path / "a lab")
    yield instance
    Embedded(instance).down()
    assert processes_of(instance) == []


@pytest.fixture
def embedded(instance: Instance) -> Embedded:
    return Embedded(instance)


def processes_of(instance: Instance) -> list[int]:
    """Every process that names the instance in its command or environment."""
    home = str(instance.home)
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline()[-1:], process.environ().get("INGRESS_LAB_POD", "")]
        except (psutil.Error, OSError):
            continue
        if process.pid != os.getpid() and any(word.startswith(home) for word in words):
            found.append(process.pid)
    return found


def pid_of(instance: Instance) -> int:
    record = last_record(instance)
    assert record is not None
    return record.pid


def test_up_gives_a_cluster_that_answers(embedded: Embedded) -> None:
    api = Api(embedded.up(quiet).access)
    assert "default" in [item["metadata"]["name"] for item in api.list("namespaces")]
    api.close()


def test_a_second_up_finds_the_first(embedded: Embedded, instance: Instance) -> None:
    first = embedded.up(quiet)
    pid = pid_of(instance)
    assert Embedded(instance).up(quiet) == first
    assert pid_of(instance) == pid


def test_two_at_once_start_one_daemon(embedded: Embedded, instance: Instance) -> None:
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(Embedded(instance).up(quiet)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert found[0] == found[1]
    assert processes_of(instance) == [pid_of(instance)]


def test_down_leaves_nothing_running_and_keeps_the_objects(
    embedded: Embedded, instance: Instance
) -> None:
    api = Api(embedded.up(quiet).access)
    api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}})
    api.close()
    assert embedded.down()
    assert processes_of(instance) == []
    assert not embedded.down()
    api = Api(embedded.up(quiet).access)
    assert api.get("configmaps", "kept")["metadata"]["name"] == "kept"
    api.close()


def test_delete_forgets_the_state_and_nothing_else(embedded: Embedded, instance: Instance) -> None:
    embedded.up(quiet)
    (instance.home / "notes.txt").write_text("mine")
    embedded.down(delete=True)
    assert sorted(path.name for path in instance.home.iterdir()) == ["lock", "notes.txt"]


def test_a_killed_daemon_is_replaced_and_its_objects_are_there(
    embedded: Embedded, instance: Instance
) -> None:
    api = Api(embedded.up(quiet).access)
    api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}})
    api.close()
    first = pid_of(instance)
    os.kill(first, signal.SIGKILL)
    wait_for_end(first)
    with pytest.raises(ClusterNotRunning):
        embedded.connection()
    api = Api(embedded.up(quiet).access)
    assert pid_of(instance) != first
    assert api.get("configmaps", "kept")["metadata"]["name"] == "kept"
    api.close()


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return
        except psutil.NoSuchProcess:
            return
        time.sleep(0.01)


def test_another_process_with_the_old_pid_is_not_the_daemon(
    embedded: Embedded, instance: Instance
) -> None:
    instance.make()
    about = {"pid": os.getpid(), "started": 1.0, "network": 99, "port_offset": 0}
    instance.daemon.write_text(json.dumps(about))
    assert not embedded.status().running
    assert not embedded.down()  # and this process still runs


def test_down_finds_a_daemon_whose_folder_was_removed(
    embedded: Embedded, instance: Instance
) -> None:
    embedded.up(quiet)
    pid = pid_of(instance)
    shutil.rmtree(instance.home)
    embedded.up(quiet)
    assert pid_of(instance) != pid
    embedded.down()
    assert processes_of(instance) == []


def test_what_is_private_is_the_owners_only(embedded: Embedded, instance: Instance) -> None:
    embedded.up(quiet)
    assert stat.S_IMODE(instance.home.stat().st_mode) == 0o700
    for path in (instance.kubeconfig, instance.token, instance.ca_key, instance.server_key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_an_instance_keeps_its_network(embedded: Embedded, instance: Instance) -> None:
    first = embedded.up(quiet)
    embedded.down()
    assert embedded.up(quiet).network == first.network


def test_a_taken_network_is_left_to_its_owner(embedded: Embedded, instance: Instance) -> None:
    first = embedded.up(quiet).network
    embedded.down(delete=True)
    with socket.create_server((f"{first}0.1", API_PORT)):
        assert embedded.up(quiet).network != first


def test_a_network_where_only_names_are_served_is_left_to_its_owner(
    embedded: Embedded, instance: Instance
) -> None:
    dns = embedded.up(quiet).dns
    embedded.down(delete=True)
    with socket.create_server(dns):
        assert embedded.up(quiet).dns != dns


def test_an_own_network_that_is_taken_names_who_took_it(
    embedded: Embedded, instance: Instance
) -> None:
    address = Network(int(embedded.up(quiet).network.split(".")[1])).api
    embedded.down()
    with socket.create_server((address, API_PORT)), pytest.raises(AddressInUse) as caught:
        embedded.up(quiet)
    assert f"process {os.getpid()}" in caught.value.found
    assert "./lab down --delete && ./lab up" in caught.value.remedy


def test_a_taken_dns_port_is_told_by_the_daemon(embedded: Embedded, instance: Instance) -> None:
    dns = embedded.up(quiet).dns
    embedded.down()
    with socket.create_server(dns), pytest.raises(AddressInUse, match=dns[0]):
        embedded.up(quiet)
    assert embedded.up(quiet).dns == dns


def test_a_start_that_was_killed_is_no_obstacle(embedded: Embedded, instance: Instance) -> None:
    code = (
        "import sys; from pathlib import Path; from contextlib import nullcontext;"
        "from labsupport.base.paths import Instance;"
        "from labsupport.providers.embedded.provider import Embedded;"
        "Embedded(Instance(Path(sys.argv[1]))).up(lambda title: nullcontext())"
    )
    for delay in (0.05, 0.15, 0.25, 0.4):
        starter = subprocess.Popen([sys.executable, "-c", code, str(instance.home)], cwd=ROOT)
        time.sleep(delay)
        starter.kill()
        starter.wait()
        assert embedded.up(quiet).network
        embedded.down()


def test_a_damaged_database_is_told_with_the_log(embedded: Embedded, instance: Instance) -> None:
    instance.make()
    instance.database.write_bytes(b"not a database" * 100)
    with pytest.raises(ClusterError) as caught:
        embedded.up(quiet)
    assert str(caught.value)


def test_a_home_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StorageError):
        Embedded(Instance(blocked / "lab")).up(quiet)


def test_the_port_offset_moves_the_dns_server(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OFFSET_VARIABLE, "8000")
    connection = embedded.up(quiet)
    assert (connection.port_offset, connection.dns[1]) == (8000, 8053)


def test_status_tells_memory_and_addresses(embedded: Embedded) -> None:
    assert embedded.status().running is False
    embedded.up(quiet)
    status = embedded.status()
    assert status.memory["daemon"] > 5
    assert status.addresses["DNS server"].endswith(".0.53")
