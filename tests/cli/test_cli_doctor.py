"""`lab doctor`: what is there, what is not, and the remedy for each."""

import json
import socket
from pathlib import Path

import pytest
from container_tools import DEAD_DOCKER, machine

from labsupport.cli import checks
from labsupport.cli.main import main


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The only folder on PATH, empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def put(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize("check", [checks.dot, checks.git, checks.kubectl, checks.kind])
def test_a_missing_tool_is_a_note_with_a_remedy(check: object, tools: Path) -> None:
    assert callable(check)
    finding = check()
    assert (finding.status, finding.found, bool(finding.remedy)) == ("note", "not installed", True)


def test_a_tool_says_its_version_on_either_stream(tools: Path) -> None:
    put(tools, "dot", "echo 'dot - graphviz version 12' >&2")
    assert checks.dot().found == "dot - graphviz version 12"


def test_a_docker_without_its_daemon_is_told_with_what_starts_it(tools: Path) -> None:
    put(tools, "docker", f'[ "$1" = -v ] || {{ printf "%s" "{DEAD_DOCKER}" >&2; exit 1; }}')
    finding = checks.docker()
    assert (finding.status, finding.found) == ("note", f"does not answer: {DEAD_DOCKER.strip()}")
    assert "systemctl start docker" in finding.remedy


@pytest.mark.parametrize("check", [checks.docker, checks.podman, checks.nerdctl])
def test_a_container_tool_that_is_missing_is_a_note(check: object, tools: Path) -> None:
    assert callable(check)
    finding = check()
    assert (finding.status, finding.found) == ("note", "not installed")
    assert "--provider kind" in finding.remedy


@pytest.mark.parametrize(
    ("name", "check"),
    [("docker", checks.docker), ("podman", checks.podman), ("nerdctl", checks.nerdctl)],
)
def test_a_container_tool_that_answers_says_its_version(
    name: str, check: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(check)
    machine(tmp_path / "machine", monkeypatch, name)
    finding = check()
    assert finding.status == "ok"
    assert finding.found.startswith("answers, version ")


def test_a_kind_that_is_too_old_is_told(tools: Path) -> None:
    put(tools, "kind", "echo 'kind v0.20.0 go1.20.4 linux/amd64'")
    finding = checks.kind()
    assert (finding.status, "0.27.0 or newer" in finding.found) == ("note", True)
    assert "go install sigs.k8s.io/kind@" in finding.remedy


def test_a_kind_that_is_new_enough_is_fine(tools: Path) -> None:
    put(tools, "kind", "echo 'kind v0.33.0 go1.26.8 linux/amd64'")
    assert checks.kind().found.startswith("0.33.0 (")


def test_a_kind_of_this_pythons_environment_is_found_as_lab_up_finds_it(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "environment" / "bin").mkdir(parents=True)
    put(tmp_path / "environment" / "bin", "kind", "echo 'kind v0.33.0 go1.26.8 linux/amd64'")
    monkeypatch.setattr("sys.prefix", str(tmp_path / "environment"))
    assert not (tools / "kind").exists()
    assert checks.kind().status == "ok"


def test_cloud_provider_kind_is_optional(tools: Path) -> None:
    assert "its container is used instead" in checks.cloud_provider_kind().remedy
    # Its cmd/app.go prints its name and version.
    put(tools, "cloud-provider-kind", "echo cloud-provider-kind v0.11.1")
    assert checks.cloud_provider_kind().found == "cloud-provider-kind v0.11.1"


def test_a_kubeconfig_of_the_user_is_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere/config")
    assert "harmless" in checks.kubeconfig().found


def test_a_machine_with_one_loopback_address_cannot_run_the_lab(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checks, "_can_bind", lambda address, port: address == "127.0.0.1")
    finding = checks.loopback_addresses()
    assert (finding.status, "ifconfig lo0 alias" in finding.remedy) == ("missing", True)


def test_low_ports_that_are_refused_are_only_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_can_bind", lambda address, port: port >= 1024)
    finding = checks.low_ports()
    assert (finding.status, "8080" in finding.found) == ("note", True)


def test_a_taken_network_is_not_counted_as_free() -> None:
    before = checks._free_networks()
    with socket.socket() as listener:
        listener.bind((f"127.{before[-1]}.0.1", 6443))
        listener.listen()
        assert before[-1] not in checks._free_networks()


def test_json_has_every_check_and_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is (code == 0)
    assert len(document["checks"]) == len(checks.ALL)


def test_only_what_the_lab_cannot_do_without_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "ALL", (lambda: checks.Finding("kind", "note", "not installed"),))
    assert main(["doctor"]) == 0
    monkeypatch.setattr(checks, "ALL", (lambda: checks.Finding("127/8", "missing", "one"),))
    assert main(["doctor"]) == 1
    assert "can't run here yet: 127/8" in capsys.readouterr().out
