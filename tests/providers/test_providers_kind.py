"""The provider kind, step by step, on stand-ins for Docker, Podman, nerdctl and kind.

The API server of these clusters is that of an embedded one, so what the lab asks it is real.
"""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import container_tools
import psutil
import pytest
from container_tools import Machine, machine

from labsupport.base.errors import ClusterError, ClusterNotRunning, UsageError
from labsupport.base.paths import Instance
from labsupport.kube.api import Api
from labsupport.providers.chosen import chosen
from labsupport.providers.daemon.record import running
from labsupport.providers.embedded.provider import Embedded
from labsupport.providers.kind import Kind, balancers
from labsupport.providers.kind.tools import found_tool
from labsupport.providers.protocol import Wishes, quiet

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The kubeconfig of a cluster that answers."""
    api = Instance(tmp_path_factory.mktemp("kind") / "api")
    embedded = Embedded(api)
    embedded.up(quiet)
    yield api.kubeconfig.read_text()
    embedded.down()


@pytest.fixture
def here(tmp_path: Path, served: str, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with Docker, kind and cloud-provider-kind."""
    made = machine(tmp_path / "bin", monkeypatch, "docker", "kind", "cloud-provider-kind")
    made.serve(served)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    # Not those that run on the machine that tests.
    every = balancers._processes
    own = str(made.folder)
    monkeypatch.setattr(
        balancers, "_processes", lambda: [p for p in every() if own in " ".join(p.cmdline())]
    )
    return made


@pytest.fixture
def instance(tmp_path: Path, here: Machine) -> Iterator[Instance]:
    instance = Instance(tmp_path / "lab")
    yield instance
    here.forget()
    here.install("docker", "kind")
    kind(instance).down(delete=True)
    assert running(instance) is None
    assert balancers._processes() == []


def kind(instance: Instance, **wishes: object) -> Kind:
    return Kind(instance, Wishes(**wishes))  # type: ignore[arg-type]


def names(here: Machine) -> list[str]:
    return sorted(each["Name"] for each in here.containers)


def count(here: Machine, start: str) -> int:
    return sum(call.startswith(start) for call in here.calls)


class TestUp:
    def test_it_gives_a_cluster_that_answers(self, instance: Instance) -> None:
        api = Api(kind(instance).up(quiet).access)
        assert "default" in [each["metadata"]["name"] for each in api.list("namespaces")]
        api.close()

    def test_the_cluster_has_one_control_plane_and_two_workers(
        self, here: Machine, instance: Instance
    ) -> None:
        made = kind(instance)
        made.up(quiet)
        assert names(here) == [
            f"{made.name}-control-plane",
            f"{made.name}-worker",
            f"{made.name}-worker2",
        ]

    def test_the_configuration_is_left_for_the_learner(self, instance: Instance) -> None:
        kind(instance).up(quiet)
        text = instance.kind_config.read_text()
        assert "image: kindest/node:v1.37.0@sha256:a1ed56cf" in text
        assert str(instance.kind_config) in kind(instance).status().about

    def test_an_image_may_be_wished(self, instance: Instance) -> None:
        kind(instance, image="mirror.example.com/node:v1").up(quiet)
        assert instance.kind_config.read_text().count("image: mirror.example.com/node:v1") == 3

    def test_another_image_for_a_cluster_that_is_there_is_refused(
        self, here: Machine, instance: Instance
    ) -> None:
        kind(instance).up(quiet)
        with pytest.raises(UsageError, match="with another image") as caught:
            kind(instance, image="kindest/node:v1.30.0").up(quiet)
        assert "--image kindest/node:v1.30.0" in caught.value.remedy
        kind(instance, image="kindest/node:v1.37.0").up(quiet)
        assert count(here, "kind create") == 1

    def test_kinds_own_steps_are_shown(self, instance: Instance) -> None:
        from contextlib import nullcontext

        shown: list[str] = []

        def progress(title: str) -> nullcontext[None]:
            shown.append(title)
            return nullcontext()

        kind(instance).up(progress)
        steps = [title for title in shown if title.startswith("kind: ")]
        assert steps[:2] == [
            "kind: Ensuring node image (kindest/node:v1.37.0)",
            "kind: Preparing nodes",
        ]
        assert steps[-1] == "kind: Waiting ≤ 5m0s for control-plane = Ready"

    def test_the_users_own_kubeconfig_is_not_touched(
        self, here: Machine, instance: Instance, tmp_path: Path
    ) -> None:
        kind(instance).up(quiet)
        kind(instance).down(delete=True)
        assert not (tmp_path / "user").exists()
        changing = [c for c in here.calls if c.startswith(("kind create", "kind delete"))]
        assert len(changing) == 2
        assert all(f"--kubeconfig {instance.kubeconfig}" in call for call in changing)

    def test_the_instances_kubeconfig_is_its_owners_only(self, instance: Instance) -> None:
        kind(instance).up(quiet)
        assert stat.S_IMODE(instance.kubeconfig.stat().st_mode) == 0o600
        assert "current-context: ingress-lab" in instance.kubeconfig.read_text()

    def test_a_second_up_finds_the_first(self, here: Machine, instance: Instance) -> None:
        kind(instance).up(quiet)
        kind(instance).up(quiet)
        assert count(here, "kind create") == 1
        assert count(here, "docker start") == 0

    def test_a_damaged_kubeconfig_is_renewed(self, here: Machine, instance: Instance) -> None:
        kind(instance).up(quiet)
        instance.kubeconfig.write_text("apiVersion: v1\nkind: Config\n")
        with pytest.raises(ClusterNotRunning):
            kind(instance).connection()
        kind(instance).up(quiet)
        assert kind(instance).connection()
        assert count(here, "kind create") == 1

    def test_an_expired_client_is_renewed(self, instance: Instance) -> None:
        kind(instance).up(quiet)
        text = instance.kubeconfig.read_text()
        token = text.split("token: ")[1].strip()
        instance.kubeconfig.write_text(text.replace(token, "expired"))
        with pytest.raises(ClusterNotRunning):
            kind(instance).connection()
        kind(instance).up(quiet)
        assert kind(instance).connection()

    def test_a_lab_whose_folder_was_renamed_finds_its_cluster(
        self, here: Machine, instance: Instance, tmp_path: Path
    ) -> None:
        kind(instance).up(quiet)
        kind(instance).down()
        moved = Instance(instance.home.rename(tmp_path / "renamed"))
        try:
            kind(moved).up(quiet)
            assert kind(moved).status().running
            assert count(here, "kind create") == 1
        finally:
            kind(moved).down(delete=True)
        assert here.containers == []

    def test_a_cluster_that_the_user_deleted_is_made_anew(
        self, here: Machine, instance: Instance
    ) -> None:
        kind(instance).up(quiet)
        subprocess.run(["kind", "delete", "cluster", "--name", kind(instance).name], check=True)
        kind(instance).up(quiet)
        assert len(here.containers) == 3


class TestTools:
    def test_kind_is_told_which_tool_answers(self, here: Machine, instance: Instance) -> None:
        kind(instance).up(quiet)
        assert all("[docker]" in call for call in here.calls if call.startswith("kind create"))

    def test_podman_alone_is_enough(self, here: Machine, instance: Instance) -> None:
        here.remove("docker")
        here.install("podman")
        kind(instance).up(quiet)
        assert next(c for c in here.calls if c.startswith("kind create")).endswith("[podman]")
        assert "in podman" in kind(instance).status().about
        kind(instance).down(delete=True)
        assert here.containers == []

    def test_a_living_podman_comes_before_a_dead_docker(
        self, here: Machine, instance: Instance
    ) -> None:
        here.install("podman", "nerdctl")
        dead = {"code": 1, "out": container_tools.DEAD_DOCKER_JSON}
        here.tell("docker", "info", err=container_tools.DEAD_DOCKER, **dead)
        kind(instance).up(quiet)
        assert chosen(instance).settings["tool"] == "podman"

    def test_a_docker_that_was_built_by_hand_is_used(self, here: Machine) -> None:
        here.tell("docker", "info", out='{"ServerVersion":"dev","Architecture":"x86_64"}')
        tool = found_tool()
        assert (tool.version, tool.platform) == ("dev", "")

    def test_podman_by_the_name_of_docker_is_not_docker(
        self, here: Machine, instance: Instance
    ) -> None:
        # podman-docker: a script `docker` that calls podman.
        here.tell("docker", "-v", out="podman version 5.4.2\n")
        here.install("podman")
        kind(instance).up(quiet)
        assert chosen(instance).settings["tool"] == "podman"

    def test_the_users_choice_counts(
        self, here: Machine, instance: Instance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        here.install("nerdctl")
        monkeypatch.setenv("KIND_EXPERIMENTAL_PROVIDER", "nerdctl")
        kind(instance).up(quiet)
        assert chosen(instance).settings["tool"] == "nerdctl"

    def test_a_choice_that_is_no_tool_is_told(
        self, here: Machine, instance: Instance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KIND_EXPERIMENTAL_PROVIDER", "lxc")
        with pytest.raises(UsageError, match="KIND_EXPERIMENTAL_PROVIDER"):
            kind(instance).up(quiet)

    def test_without_any_tool_it_says_what_to_install(
        self, here: Machine, instance: Instance
    ) -> None:
        here.remove("docker")
        with pytest.raises(ClusterError, match="none answers") as caught:
            kind(instance).up(quiet)
        assert "docker: not installed" in caught.value.found
        assert "install Docker" in caught.value.remedy
        assert not instance.provider.exists()

    def test_a_dead_docker_is_to_be_started(self, here: Machine, instance: Instance) -> None:
        dead = {"code": 1, "out": container_tools.DEAD_DOCKER_JSON}
        here.tell("docker", "info", err=container_tools.DEAD_DOCKER, **dead)
        with pytest.raises(ClusterError) as caught:
            kind(instance).up(quiet)
        assert "Is the docker daemon running?" in caught.value.found
        assert "systemctl start docker" in caught.value.remedy

    def test_a_dead_docker_that_ends_well_is_seen_too(
        self, here: Machine, instance: Instance
    ) -> None:
        # Older CLIs end with 0 and say it in their JSON only (docker/cli, system/info.go).
        said = '{"ServerErrors":["Cannot connect to the Docker daemon at unix:///run/x.sock."]}'
        here.tell("docker", "info", out=said)
        with pytest.raises(ClusterError) as caught:
            kind(instance).up(quiet)
        assert "systemctl start docker" in caught.value.remedy

    def test_a_socket_that_is_not_yours_is_told(self, here: Machine, instance: Instance) -> None:
        here.tell("docker", "info", code=1, err=container_tools.NO_PERMISSION)
        with pytest.raises(ClusterError) as caught:
            kind(instance).up(quiet)
        assert "usermod -aG docker" in caught.value.remedy

    def test_a_podman_machine_that_is_stopped_is_told(
        self, here: Machine, instance: Instance
    ) -> None:
        here.remove("docker")
        here.install("podman")
        here.tell("podman", "info", code=125, err=container_tools.DEAD_PODMAN)
        with pytest.raises(ClusterError) as caught:
            kind(instance).up(quiet)
        assert "podman machine start" in caught.value.remedy


class TestProgram:
    def test_without_kind_it_says_how_to_get_it(self, here: Machine, instance: Instance) -> None:
        here.remove("kind")
        with pytest.raises(ClusterError, match="needs the program kind") as caught:
            kind(instance).up(quiet)
        assert "go install sigs.k8s.io/kind@v0.33.0" in caught.value.remedy

    def test_a_kind_that_is_too_old_is_refused(self, here: Machine, instance: Instance) -> None:
        here.tell("kind", "version", out="kind v0.26.0 go1.23.4 linux/amd64\n")
        with pytest.raises(ClusterError, match=r"0\.27\.0 or newer") as caught:
            kind(instance).up(quiet)
        assert "version 0.26.0" in caught.value.found
        assert count(here, "kind create") == 0

    def test_a_kind_newer_than_this_lab_brings_its_own_image(
        self, here: Machine, instance: Instance
    ) -> None:
        here.tell("kind", "version", out="kind v0.40.0-alpha+abc go1.29.0 linux/amd64\n")
        kind(instance).up(quiet)
        assert "image:" not in instance.kind_config.read_text()


class TestOthers:
    def test_a_cluster_of_the_name_is_left_alone(self, here: Machine, instance: Instance) -> None:
        here.node(kind(instance).name)
        with pytest.raises(ClusterError, match="this lab did not make it") as caught:
            kind(instance).up(quiet)
        assert "INGRESS_LAB_HOME=" in caught.value.remedy
        assert kind(instance).down(delete=True) is False
        assert names(here) == [f"{kind(instance).name}-control-plane"]
        assert count(here, "kind delete") == 0

    def test_a_cluster_that_took_the_deleted_ones_name_is_left_alone(
        self, here: Machine, instance: Instance
    ) -> None:
        kind(instance).up(quiet)
        subprocess.run(["kind", "delete", "cluster", "--name", kind(instance).name], check=True)
        here.node(kind(instance).name)
        with pytest.raises(ClusterError, match="this lab did not make it"):
            kind(instance).up(quiet)
        kind(instance).down(delete=True)
        assert names(here) == [f"{kind(instance).name}-control-plane"]

    def test_a_cluster_that_was_made_since_the_lab_looked_is_left_alone(
        self, here: Machine, instance: Instance
    ) -> None:
        # Recorded: kind v0.33.0 with a node of that name there.
        said = (
            "ERROR: failed to create cluster: node(s) already exist for a cluster with the name "
            f'"{kind(instance).name}"\n'
        )
        here.tell("kind", "create", code=1, err=said)
        with pytest.raises(ClusterError, match="another cluster has this lab's name"):
            kind(instance).up(quiet)
        assert count(here, "kind delete") == 0
        assert not instance.provider.exists()

    def test_two_labs_have_two_clusters_and_each_removes_its_own(
        self, here: Machine, instance: Instance, tmp_path: Path
    ) -> None:
        second = Instance(tmp_path / "second")
        kind(instance).up(quiet)
        kind(second).up(quiet)
        assert len(here.containers) == 6
        kind(second).down(delete=True)
        assert {each.rpartition("-control")[0] for each in names(here) if "control" in each} == {
            kind(instance).name
        }
        assert kind(instance).connection()

    def test_the_checkouts_own_lab_has_the_plain_name(self) -> None:
        assert kind(Instance(ROOT / ".lab")).name == "ingress-lab"


class TestFailing:
    def test_an_unreachable_registry_leaves_nothing_and_names_the_archive(
        self, here: Machine, instance: Instance
    ) -> None:
        here.tell("kind", "create", code=1, err=container_tools.NO_REGISTRY)
        with pytest.raises(ClusterError, match="could not be fetched") as caught:
            kind(instance).up(quiet)
        assert caught.value.found.startswith("ERROR: failed to create cluster: failed to pull")
        assert "no such host" in caught.value.found
        assert "./lab images load" in caught.value.remedy
        assert not instance.provider.exists()
        assert not instance.kind_config.exists()

    def test_what_a_failed_create_left_is_removed(self, here: Machine, instance: Instance) -> None:
        made = kind(instance)
        here.tell("docker", "run", code=125, err="docker: Error response from daemon: no space\n")
        here.remove("cloud-provider-kind")  # so that its container is run, and fails
        with pytest.raises(ClusterError):
            made.up(quiet)
        assert here.containers == []
        assert count(here, f"kind delete cluster --name {made.name}") == 1

    def test_with_keep_it_stays_and_the_next_run_heals_it(
        self, here: Machine, instance: Instance
    ) -> None:
        here.tell("docker", "run", code=125, err="docker: Error response from daemon: no space\n")
        here.remove("cloud-provider-kind")
        with pytest.raises(ClusterError):
            kind(instance, keep=True).up(quiet)
        assert "--retain" in next(call for call in here.calls if call.startswith("kind create"))
        assert len(here.containers) == 3
        assert kind(instance).status().about.startswith("half made")
        assert not kind(instance).status().running
        here.forget()
        kind(instance).up(quiet)
        assert count(here, "kind create") == 2
        assert kind(instance).status().running

    def test_a_half_made_cluster_can_be_removed(self, here: Machine, instance: Instance) -> None:
        here.tell("docker", "run", code=125, err="docker: Error response from daemon: no space\n")
        here.remove("cloud-provider-kind")
        with pytest.raises(ClusterError):
            kind(instance, keep=True).up(quiet)
        kind(instance).down(delete=True)
        assert here.containers == []
        assert not instance.provider.exists()

    def test_when_removing_fails_too_the_next_run_still_knows_of_it(
        self, here: Machine, instance: Instance
    ) -> None:
        here.tell("kind", "create", code=1, err=container_tools.NO_REGISTRY)
        here.tell("kind", "delete", code=1, err="ERROR: failed to delete nodes: exit status 1\n")
        with pytest.raises(ClusterError, match="could not be fetched"):
            kind(instance).up(quiet)
        assert chosen(instance).settings["whole"] is False
        here.forget()
        kind(instance).up(quiet)
        assert kind(instance).status().running

    def test_ctrl_c_leaves_nothing(self, here: Machine, instance: Instance) -> None:
        (here.folder / "slow.json").write_text('{"Starting": 60}')
        environment = {**os.environ, "INGRESS_LAB_HOME": str(instance.home)}
        process = subprocess.Popen(
            [sys.executable, "-m", "labsupport.cli", "up", "--provider", "kind"],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stderr is not None
        for line in process.stderr:
            if "Writing configuration" in line:
                break
        deadline = time.monotonic() + 20
        while len(here.containers) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        process.communicate(timeout=30)
        assert process.returncode == 130
        assert here.containers == []
        assert not instance.provider.exists()


class TestDown:
    def test_it_stops_the_nodes_and_a_later_up_starts_them(
        self, here: Machine, instance: Instance
    ) -> None:
        kind(instance).up(quiet)
        assert kind(instance).down() is True
        assert {each["State"] for each in here.containers} == {"exited"}
        assert kind(instance).status().about.startswith("stopped")
        with pytest.raises(ClusterNotRunning):
            kind(instance).connection()
        kind(instance).up(quiet)
        assert {each["State"] for each in here.containers} == {"running"}
        assert count(here, "kind create") == 1

    def test_the_control_plane_is_started_first(self, here: Machine, instance: Instance) -> None:
        kind(instance).up(quiet)
        first = next(c["Id"] for c in here.containers if c["Name"].endswith("control-plane"))
        kind(instance).down()
        kind(instance).up(quiet)
        started = [call for call in here.calls if call.startswith("docker start")]
        assert [len(started), started[0]] == [3, f"docker start {first}"]

    def test_delete_removes_its_own_and_nothing_else(
        self, here: Machine, instance: Instance
    ) -> None:
        here.node("somebody-elses")
        here.add("a-database", {}, image="postgres")
        kind(instance).up(quiet)
        (instance.home / "notes.txt").write_text("mine")
        kind(instance).down(delete=True)
        assert names(here) == ["a-database", "somebody-elses-control-plane"]
        assert sorted(path.name for path in instance.home.iterdir()) == ["lock", "notes.txt"]

    def test_what_it_would_remove_is_told_and_not_done(
        self, here: Machine, instance: Instance
    ) -> None:
        kind(instance).up(quiet)
        listed = "\n".join(kind(instance).belongings())
        assert f"docker container {kind(instance).name}-worker2" in listed
        assert str(instance.kubeconfig) in listed
        assert len(here.containers) == 3

    def test_with_a_dead_docker_the_labs_dns_is_ended_and_the_rest_is_told(
        self, here: Machine, instance: Instance
    ) -> None:
        kind(instance).up(quiet)
        here.tell("docker", "info", code=1, err=container_tools.DEAD_DOCKER)
        with pytest.raises(ClusterError, match="docker does not answer"):
            kind(instance).down()
        assert running(instance) is None
        assert len(here.containers) == 3

    def test_without_a_cluster_there_is_nothing_to_stop(self, instance: Instance) -> None:
        assert kind(instance).down() is False


class TestStatus:
    def test_before_the_first_up(self, instance: Instance) -> None:
        assert kind(instance).status().about == "not made"

    def test_running_names_nodes_and_what_they_were_made_by(self, instance: Instance) -> None:
        made = kind(instance)
        made.up(quiet)
        status = made.status()
        assert status.running
        assert "made by kind 0.33.0 from kindest/node:v1.37.0 and " in status.about
        assert status.addresses[f"{made.name}-worker2"] == "172.18.0.4, running"
        assert status.addresses["API server"].startswith("https://")
        assert status.addresses["DNS server"].startswith("127.")

    def test_one_stopped_node_is_named(self, instance: Instance) -> None:
        made = kind(instance)
        made.up(quiet)
        subprocess.run(["docker", "stop", f"{made.name}-worker"], check=True, capture_output=True)
        assert not made.status().running
        assert made.status().about.startswith(f"stopped in part ({made.name}-worker): ")

    def test_a_dead_docker_is_told_and_no_failure(self, here: Machine, instance: Instance) -> None:
        kind(instance).up(quiet)
        here.tell("docker", "info", code=1, err=container_tools.DEAD_DOCKER)
        status = kind(instance).status()
        assert not status.running
        assert "Is the docker daemon running?" in status.about


class TestBalancer:
    def test_the_program_is_started_and_ended_by_its_pid(
        self, here: Machine, instance: Instance
    ) -> None:
        kind(instance).up(quiet)
        (process,) = balancers._processes()
        assert "--gateway-channel=disabled" in process.cmdline()
        assert process.environ()["KIND_EXPERIMENTAL_PROVIDER"] == "docker"
        assert chosen(instance).settings["balancer"]["pid"] == process.pid
        kind(instance).down()
        assert not psutil.pid_exists(process.pid) or process.status() == psutil.STATUS_ZOMBIE

    def test_a_rootless_dockers_own_socket_is_given_to_the_container(
        self, here: Machine, instance: Instance
    ) -> None:
        here.remove("cloud-provider-kind")
        # docker CLI 28.2.2 with DOCKER_HOST set so.
        here.tell("docker", "context", out="unix:///run/user/1000/docker.sock\n")
        kind(instance).up(quiet)
        (call,) = [each for each in here.calls if each.startswith("docker run")]
        assert "--volume /run/user/1000/docker.sock:/var/run/docker.sock" in call

    def test_where_docker_has_a_virtual_machine_the_container_is_run(
        self, here: Machine, instance: Instance
    ) -> None:
        # Docker Desktop, as its `docker info` tells it.
        info = '{"ServerVersion":"28.2.2","OperatingSystem":"Docker Desktop"}'
        here.tell("docker", "info", out=info)
        here.tell("docker", "context", out="unix:///Users/ada/.docker/run/docker.sock\n")
        kind(instance).up(quiet)
        (call,) = [each for each in here.calls if each.startswith("docker run")]
        assert "--volume /var/run/docker.sock:/var/run/docker.sock" in call
        way = kind(instance).connection().way
        assert way is not None
        assert way("172.18.0.5", 80)[0] == "127.0.0.1"

    def test_without_the_program_its_container_is_run_and_removed(
        self, here: Machine, instance: Instance
    ) -> None:
        here.remove("cloud-provider-kind")
        kind(instance).up(quiet)
        (call,) = [each for each in here.calls if each.startswith("docker run")]
        assert "--network kind" in call
        assert "/var/run/docker.sock:/var/run/docker.sock" in call
        assert call.endswith(f"{balancers.IMAGE} --gateway-channel=disabled")
        assert "docker container of cloud-provider-kind" in kind(instance).belongings()
        kind(instance).up(quiet)
        assert count(here, "docker run") == 1
        kind(instance).down()
        assert len(here.containers) == 3

    def test_without_its_image_no_cluster_is_made_in_vain(
        self, here: Machine, instance: Instance
    ) -> None:
        here.remove("cloud-provider-kind")
        # Docker 20.10 without a route to the registry.
        here.tell(
            "docker",
            "pull",
            code=1,
            err='Error response from daemon: Get "https://registry.k8s.io/v2/": dial tcp: lookup '
            "registry.k8s.io: network is unreachable\n",
        )
        with pytest.raises(ClusterError, match="docker pull") as caught:
            kind(instance).up(quiet)
        assert "registry.k8s.io" in caught.value.remedy
        assert count(here, "kind create") == 0

    def test_somebody_elses_is_used_and_not_ended(self, here: Machine, instance: Instance) -> None:
        theirs = subprocess.Popen([here.folder / "cloud-provider-kind"])
        try:
            deadline = time.monotonic() + 30
            while not balancers._processes() and time.monotonic() < deadline:
                time.sleep(0.02)
            kind(instance).up(quiet)
            assert [each.pid for each in balancers._processes()] == [theirs.pid]
            kind(instance).down(delete=True)
            assert theirs.poll() is None
        finally:
            theirs.kill()
            theirs.wait()

    def test_only_this_clusters_load_balancers_are_removed(
        self, here: Machine, instance: Instance
    ) -> None:
        kind(instance).up(quiet)
        for cluster in (kind(instance).name, "another"):
            here.add(f"kindccm-{cluster}", {balancers.LABEL: cluster})
        kind(instance).down(delete=True)
        assert names(here) == ["kindccm-another"]

    def test_podman_needs_the_program_itself(self, here: Machine, instance: Instance) -> None:
        here.remove("docker")
        here.remove("cloud-provider-kind")
        here.install("podman")
        with pytest.raises(ClusterError, match="has to be installed") as caught:
            kind(instance).up(quiet)
        assert "go install sigs.k8s.io/cloud-provider-kind@" in caught.value.remedy
        assert here.containers == []
