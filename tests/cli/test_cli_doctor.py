"""`lab doctor`: what is there, what is not, and the remedy for each."""

import json
import socket
from pathlib import Path

import pytest

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


def test_a_docker_without_its_daemon_is_told_apart(tools: Path) -> None:
    put(tools, "docker", '[ "$1" = --version ] && echo "Docker 28" || { echo no socket; exit 1; }')
    assert (checks.docker().status, checks.docker_daemon().status) == ("ok", "note")


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
