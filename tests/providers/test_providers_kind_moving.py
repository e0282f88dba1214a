"""Load balancers that come back at another address: the lab's names follow them."""

import os
import signal
from pathlib import Path

import psutil
import pytest
from container_tools import Machine, machine

from labsupport.base.paths import Instance
from labsupport.kube.api import Api
from labsupport.kube.wait import until_nothing_missing
from labsupport.names.hosts import HostsFile
from labsupport.names.zone_files import ZoneFiles
from labsupport.providers.chosen import chosen
from labsupport.providers.embedded.provider import Embedded
from labsupport.providers.kind import Kind, balancers
from labsupport.providers.kind.moving import SERVICE_LABEL, follow, moves, real_addresses
from labsupport.providers.kind.tools import Tool
from labsupport.providers.protocol import Wishes, quiet

DNS = "127.16.0.53"
DOCKER = Tool("docker", "28.2.2")
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "shop"},
    "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = machine(tmp_path / "bin", monkeypatch, "docker", "kind", "cloud-provider-kind")
    monkeypatch.setattr(balancers, "_processes", list)
    return made


def balance(here: Machine, cluster: str, service: str) -> None:
    labels = {balancers.LABEL: cluster, SERVICE_LABEL: f"{cluster}/{service}"}
    here.add(f"kindccm-{cluster}-{service.replace('/', '-')}", labels)


class TestFollow:
    def test_records_follow_and_keep_their_time_to_live(self, tmp_path: Path) -> None:
        instance = Instance(tmp_path).make()
        zones = ZoneFiles(instance.zones, DNS)
        zones.add("shop.example.com", "172.18.0.5", ttl=7)
        zones.add("other.example.com", "10.0.0.1")
        follow(instance, DNS, {"172.18.0.5": "172.18.0.6"})
        found = {each.name: (each.value, each.ttl) for each in zones.list() if each.type == "A"}
        assert found["shop.example.com"] == ("172.18.0.6", 7)
        assert found["other.example.com"][0] == "10.0.0.1"

    def test_two_that_swap_are_not_confused(self, tmp_path: Path) -> None:
        instance = Instance(tmp_path).make()
        zones, hosts = ZoneFiles(instance.zones, DNS), HostsFile(instance.hosts)
        for name, address in (("a.example.com", "172.18.0.5"), ("b.example.com", "172.18.0.6")):
            zones.add(name, address)
            hosts.add(name, address)
        follow(instance, DNS, {"172.18.0.5": "172.18.0.6", "172.18.0.6": "172.18.0.5"})
        found = {each.name: each.value for each in zones.list() if each.type == "A"}
        assert (found["a.example.com"], found["b.example.com"]) == ("172.18.0.6", "172.18.0.5")
        assert hosts.address_of("a.example.com") == "172.18.0.6"
        assert hosts.address_of("b.example.com") == "172.18.0.5"

    def test_an_address_that_only_begins_so_stays(self, tmp_path: Path) -> None:
        instance = Instance(tmp_path).make()
        hosts = HostsFile(instance.hosts)
        hosts.add("far.example.com", "172.18.0.55")
        follow(instance, DNS, {"172.18.0.5": "172.18.0.6"})
        assert hosts.address_of("far.example.com") == "172.18.0.55"


class TestMoves:
    def test_addresses_are_those_of_the_containers_that_run(self, here: Machine) -> None:
        balance(here, "mine", "default/shop")
        balance(here, "another", "default/shop")
        assert real_addresses(DOCKER, "mine") == {"default/shop": "172.18.0.2"}

    def test_only_what_moved_is_told(self, here: Machine) -> None:
        balance(here, "mine", "default/shop")
        balance(here, "mine", "default/till")
        before = {"default/shop": "172.18.0.9", "default/till": "172.18.0.3"}
        assert moves(DOCKER, "mine", before) == {"172.18.0.9": "172.18.0.2"}


def test_after_a_restart_the_names_lead_to_the_new_address(here: Machine, tmp_path: Path) -> None:
    served = Embedded(Instance(tmp_path / "api"))
    served.up(quiet)
    here.serve((tmp_path / "api" / "kubeconfig").read_text())
    kind = Kind(Instance(tmp_path / "lab"), Wishes())
    try:
        connection = kind.up(quiet)
        api = Api(connection.access)
        api.create(SERVICE)

        def given() -> str:
            ingress = api.get("services", "shop")["status"]["loadBalancer"].get("ingress", ())
            return str(ingress[0]["ip"]) if ingress else ""

        until_nothing_missing(lambda: [] if given() else ["none"], what="an address", timeout=10)
        zones = ZoneFiles(kind.instance.zones, connection.dns[0])
        zones.add("shop.example.com", given())
        api.close()
        balance(here, kind.name, "default/shop")
        pid = chosen(kind.instance).settings["balancer"]["pid"]
        os.kill(pid, signal.SIGKILL)  # as when the machine was started anew
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=5)
        kind.up(quiet)
        assert [each.value for each in zones.list() if each.name == "shop.example.com"] == [
            "172.18.0.2"
        ]
    finally:
        kind.down(delete=True)
        served.down()
