"""`lab hosts` on the lab's file and on others: shows, asks, edits, takes back."""

import json
from pathlib import Path

import pytest

from labsupport.base.paths import instance
from labsupport.cli.bench import hosts_edits
from labsupport.cli.main import main
from labsupport.names import hosts_system
from labsupport.names.hosts import HostsFile

ADD = ["hosts", "add", "kiada.example.com", "127.16.192.1"]


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the place of this computer's hosts file."""
    path = tmp_path / "etc-hosts"
    path.write_text("127.0.0.1 localhost\n")
    monkeypatch.setattr(hosts_system, "system_path", lambda: path)
    return path


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: answer)


def test_a_name_is_added_to_the_labs_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ADD) == 0
    assert "+127.16.192.1\tkiada.example.com" in capsys.readouterr().out
    assert HostsFile(instance().hosts).address_of("kiada.example.com") == "127.16.192.1"


def test_adding_twice_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    main(ADD)
    capsys.readouterr()
    assert main(ADD) == 0
    assert capsys.readouterr().out.startswith("Nothing to change")


def test_removing_and_undoing(capsys: pytest.CaptureFixture[str]) -> None:
    main(ADD)
    main(["hosts", "remove", "kiada.example.com"])
    assert HostsFile(instance().hosts).address_of("kiada.example.com") is None
    assert main(["hosts", "undo"]) == 0
    assert HostsFile(instance().hosts).address_of("kiada.example.com") == "127.16.192.1"


def test_entries_are_listed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    main(ADD)
    capsys.readouterr()
    main(["hosts", "list", "--json"])
    assert json.loads(capsys.readouterr().out)[0] == {
        "line": 2,
        "address": "127.16.192.1",
        "names": ["kiada.example.com"],
        "ours": True,
    }


def test_the_diff_is_of_the_labs_entries(capsys: pytest.CaptureFixture[str], real: Path) -> None:
    main(["hosts", "diff", "--system"])
    assert capsys.readouterr().out == "The lab has no entries here.\n"
    main([*ADD, "--system", "--yes"])
    capsys.readouterr()
    main(["hosts", "diff", "--system"])
    assert "+127.16.192.1\tkiada.example.com" in capsys.readouterr().out


def test_the_systems_file_is_left_alone_unless_agreed(
    capsys: pytest.CaptureFixture[str], real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal(monkeypatch, "")
    assert main([*ADD, "--system"]) == 1
    assert "Nothing was changed" in capsys.readouterr().out
    assert real.read_text() == "127.0.0.1 localhost\n"


def test_the_systems_file_is_edited_when_agreed(
    real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal(monkeypatch, "y")
    assert main([*ADD, "--system"]) == 0
    assert "127.16.192.1\tkiada.example.com" in real.read_text()
    assert main(["hosts", "undo", "--system"]) == 0
    assert real.read_text() == "127.0.0.1 localhost\n"


def test_without_a_terminal_nobody_agrees(
    capsys: pytest.CaptureFixture[str], real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main([*ADD, "--system"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert real.read_text() == "127.0.0.1 localhost\n"


def test_who_may_not_write_gets_the_command_that_may(
    capsys: pytest.CaptureFixture[str], real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HostsFile, "is_writable", lambda _: False)
    assert main([*ADD, "--system"]) == 1
    shown = capsys.readouterr()
    assert "+127.16.192.1\tkiada.example.com" in shown.out
    home = instance().home
    assert (
        f"sudo env INGRESS_LAB_HOME={home} ./lab hosts add kiada.example.com 127.16.192.1 --system"
    ) in shown.err


def test_a_loopback_address_is_said_to_be_this_machines_only(
    capsys: pytest.CaptureFixture[str], real: Path
) -> None:
    main([*ADD, "--system", "--yes"])
    assert "no other machine reaches it" in capsys.readouterr().out


def test_any_file_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "hosts.windows"
    path.write_bytes(b"127.0.0.1 localhost\r\n")
    assert main([*ADD, "--file", str(path), "--yes"]) == 0
    assert path.read_bytes().endswith(b"# END ingress-lab\r\n127.0.0.1 localhost\r\n")


def test_a_missing_file_is_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hosts", "list", "--file", str(tmp_path / "none")]) == 1
    assert "No such file" in capsys.readouterr().err


def test_without_an_address_and_a_lab_both_ways_out_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["hosts", "add", "kiada.example.com"]) == 1
    assert "./lab hosts add NAME ADDRESS" in capsys.readouterr().err


def test_a_killed_edit_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    assert hosts_edits.kill_report(tmp_path, 50) == {
        "kills": 50,
        "torn": 0,
        "foreign": 0,
        "leftovers": 0,
    }


def test_generated_edits_change_no_foreign_byte() -> None:
    assert hosts_edits.edited(300) == (300, 0)
