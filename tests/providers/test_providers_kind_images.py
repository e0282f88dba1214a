"""The images of the course on kind, and their way in one file to a room without a registry."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from container_tools import Machine, machine

from labsupport.base.errors import ClusterError, UsageError
from labsupport.base.paths import Instance
from labsupport.cli.main import main
from labsupport.manifests import ADDONS, CONTROLLERS, SAMPLES, documents
from labsupport.providers.embedded.provider import Embedded
from labsupport.providers.kind import Kind, balancers
from labsupport.providers.kind.configuration import node_image
from labsupport.providers.kind.images import course_images, load, qualified, save
from labsupport.providers.kind.tools import Tool, found_tool
from labsupport.providers.protocol import Wishes, quiet

ROOT = Path(__file__).resolve().parents[2]
DOCKER = Tool("docker", "28.2.2")
NODE = node_image((0, 33, 0))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setattr(balancers, "_processes", list)
    return machine(tmp_path / "bin", monkeypatch, "docker", "kind")


class TestList:
    def test_every_image_that_a_manifest_names_is_in_it(self) -> None:
        listed = {image.name for image in course_images(NODE)}
        for manifest in (*ADDONS, *SAMPLES, *CONTROLLERS):
            for line in documents(manifest).splitlines():
                name = line.strip().removeprefix("- ").partition("image: ")
                if line.strip().startswith(("image: ", "- image: ")):
                    assert qualified(name[2]) in listed, manifest

    def test_nothing_else_is_given_to_the_nodes(self) -> None:
        in_pods = [image.name for image in course_images(NODE) if image.in_pods]
        assert [name.rpartition("/")[2].partition(":")[0] for name in in_pods] == [
            "traefik",
            "python",
            "caddy",
        ]

    def test_the_tools_own_images_are_in_it(self) -> None:
        listed = {image.name: image.needed_by for image in course_images(NODE)}
        assert listed[f"docker.io/{NODE}"] == ("the nodes",)
        assert balancers.IMAGE in listed
        assert balancers.PROXY_IMAGE in listed

    @pytest.mark.parametrize(
        ("name", "whole"),
        [
            ("caddy:2", "docker.io/library/caddy:2"),
            ("kindest/node:v1", "docker.io/kindest/node:v1"),
            ("registry.k8s.io/a/b:v1", "registry.k8s.io/a/b:v1"),
            ("localhost:5000/a", "localhost:5000/a"),
        ],
    )
    def test_names_are_whole(self, name: str, whole: str) -> None:
        assert qualified(name) == whole

    @pytest.mark.usefixtures("here")
    def test_the_command_prints_them(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["images", "list", "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)["images"]
        assert rows[0]["name"] == f"docker.io/{NODE}"
        assert main(["images", "list"]) == 0
        assert "docker.io/library/caddy:2\n    lab-controller" in capsys.readouterr().out

    def test_without_kind_it_is_the_newest_kinds_image(
        self, here: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        here.remove("kind")
        assert main(["images", "list"]) == 0
        assert NODE in capsys.readouterr().out

    def test_a_kind_that_is_newer_than_the_lab_needs_to_be_told(
        self, here: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        here.tell("kind", "version", out="kind v0.40.0 go1.29.0 linux/amd64\n")
        assert main(["images", "list"]) == 2
        assert "--image" in capsys.readouterr().err
        assert main(["images", "list", "--image", "kindest/node:v1.44.0"]) == 0


class TestSaveAndLoad:
    def test_what_is_missing_is_pulled_and_all_is_in_one_file(
        self, here: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        subprocess.run(["docker", "pull", "caddy:2"], check=True)
        assert main(["images", "save", str(tmp_path / "all.tar")]) == 0
        pulled = [call.split()[2] for call in here.calls if call.startswith("docker pull")][1:]
        assert f"docker.io/{NODE}" in pulled
        assert "docker.io/library/caddy:2" not in pulled
        saved = json.loads((tmp_path / "all.tar").read_text())
        assert saved == [image.tagged for image in course_images(NODE)]
        assert "lab images load all.tar" in capsys.readouterr().out

    def test_the_node_image_keeps_a_tag(self, here: Machine, tmp_path: Path) -> None:
        # By digest alone, `docker load` would bring an image without any name.
        save(DOCKER, course_images(NODE), tmp_path / "all.tar", quiet)
        tag = f"docker.io/{NODE}".partition("@")[0]
        assert f"docker tag docker.io/{NODE} {tag}" in here.calls

    def test_docker_saves_this_platform_alone(self, here: Machine, tmp_path: Path) -> None:
        # With the others' names in the archive, nodes can't import it: kind issue 3795.
        save(found_tool(), course_images(""), tmp_path / "all.tar", quiet)
        (call,) = [each for each in here.calls if each.startswith("docker save")]
        assert "--platform linux/amd64" in call

    def test_podman_is_told_that_they_are_several(self, here: Machine, tmp_path: Path) -> None:
        here.install("podman")
        save(Tool("podman"), course_images(""), tmp_path / "all.tar", quiet)
        assert any(call.startswith("podman save --multi-image-archive -o") for call in here.calls)

    def test_a_failed_save_leaves_no_file_and_the_old_one(
        self, here: Machine, tmp_path: Path
    ) -> None:
        file = tmp_path / "all.tar"
        file.write_text("the old one")
        full = "write /x.tar: no space left on device\n"
        here.tell("docker", "save", code=1, err=full)
        with pytest.raises(ClusterError) as caught:
            save(DOCKER, course_images(""), file, quiet)
        assert "system prune" in caught.value.remedy
        assert file.read_text() == "the old one"
        assert [each.name for each in tmp_path.iterdir() if "part" in each.name] == []

    def test_an_interrupted_save_leaves_no_file(self, here: Machine, tmp_path: Path) -> None:
        (here.folder / "slow.json").write_text('{"save": 60}')
        folder = tmp_path / "out"
        folder.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-m", "labsupport.cli", "images", "save", str(folder / "all.tar")],
            cwd=ROOT,
            stderr=subprocess.PIPE,
        )
        deadline = time.monotonic() + 30
        while not any(folder.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 130
        assert list(folder.iterdir()) == []

    def test_an_unreachable_registry_is_told(self, here: Machine, tmp_path: Path) -> None:
        # moby: as its daemon words it without a network.
        here.tell(
            *("docker", "pull"),
            code=1,
            err='Error response from daemon: failed to resolve reference "docker.io/kindest/node": '
            "dial tcp: lookup registry-1.docker.io: no such host\n",
        )
        with pytest.raises(ClusterError, match="docker pull") as caught:
            save(DOCKER, course_images(NODE), tmp_path / "all.tar", quiet)
        assert "no such host" in caught.value.found
        assert "registries" in caught.value.remedy

    def test_a_folder_that_is_missing_is_told_before_anything_is_pulled(
        self, here: Machine, tmp_path: Path
    ) -> None:
        with pytest.raises(UsageError, match="no folder"):
            save(DOCKER, course_images(""), tmp_path / "none" / "all.tar", quiet)
        assert here.calls == []

    @pytest.mark.usefixtures("here")
    def test_loading_what_is_not_there_says_how_to_make_it(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError) as caught:
            load(DOCKER, tmp_path / "none.tar", quiet)
        assert "./lab images save" in caught.value.remedy


class TestWithoutARegistry:
    @pytest.fixture
    def api(self, tmp_path: Path) -> Iterator[str]:
        embedded = Embedded(Instance(tmp_path / "api"))
        embedded.up(quiet)
        yield (tmp_path / "api" / "kubeconfig").read_text()
        embedded.down()

    @pytest.fixture
    def archive(self, tmp_path: Path) -> Path:
        file = tmp_path / "all.tar"
        file.write_text(json.dumps([image.tagged for image in course_images(NODE)]))
        return file

    @pytest.fixture
    def kind(self, here: Machine, api: str) -> Iterator[Kind]:
        here.serve(api)
        from labsupport.base.paths import instance

        made = Kind(instance(), Wishes())
        yield made
        made.down(delete=True)

    def test_a_cluster_is_made_from_the_archive_alone(
        self, here: Machine, kind: Kind, archive: Path
    ) -> None:
        assert main(["images", "load", str(archive)]) == 0
        kind.up(quiet)
        # The tag, as the digest is lost on the way; and what pods need is in the nodes.
        assert "image: kindest/node:v1.37.0\n" in kind.instance.kind_config.read_text()
        assert any(call.startswith("kind load image-archive") for call in here.calls)
        assert not any(" pull " in call for call in here.calls)

    def test_nodes_that_cannot_take_them_are_no_failure(
        self, here: Machine, kind: Kind, archive: Path
    ) -> None:
        assert main(["images", "load", str(archive)]) == 0
        # Recorded by users of Docker 29: kind issue 4224.
        refused = "ERROR: failed to load image: ctr: content digest sha256:b1ad: not found\n"
        here.tell("kind", "load", code=1, err=refused)
        kind.up(quiet)
        assert kind.status().running
        assert main(["images", "load", str(archive)]) == 1

    def test_who_loads_while_the_nodes_are_stopped_is_told_what_gives_them_the_images(
        self, here: Machine, kind: Kind, archive: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        kind.up(quiet)
        kind.down()
        # docker exec, as moby words it: daemon/exec.go
        stopped = "Error response from daemon: container 0123 is not running\n"
        here.tell("kind", "load", code=1, err=stopped)
        assert main(["images", "load", str(archive)]) == 0
        assert f"./lab up && ./lab images load {archive}" in capsys.readouterr().out

    def test_a_running_cluster_gets_them_too(
        self, here: Machine, kind: Kind, archive: Path
    ) -> None:
        kind.up(quiet)
        assert not any(call.startswith("kind load") for call in here.calls)
        assert main(["images", "load", str(archive)]) == 0
        (call,) = [call for call in here.calls if call.startswith("kind load")]
        assert f"--name {kind.name}" in call
        saved = next(call for call in here.calls if call.startswith("docker save"))
        assert "kindest/node" not in saved
        assert "docker.io/library/traefik:v3.7.15" in saved
