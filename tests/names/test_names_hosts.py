"""A hosts file on disk: edited whole or not at all, and given back byte for byte."""

import errno
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.base.errors import LabError, UsageError
from labsupport.names import hosts_writing
from labsupport.names.hosts import HostsChanged, HostsFile, HostsNotWritable
from labsupport.names.hosts_writing import is_torn

FOREIGN = b"\xef\xbb\xbf127.0.0.1\tlocalhost\r\n# caf\xe9\n::1  localhost\n10.0.0.1 a b\x00 c"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    path = tmp_path / "etc" / "hosts"
    path.write_bytes(FOREIGN)
    return path


@pytest.fixture
def hosts(path: Path, tmp_path: Path) -> HostsFile:
    return HostsFile(path, tmp_path / "edits", new=None)


def mounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no file be replaced, as where /etc/hosts is mounted into a container."""

    replace = os.replace

    def busy(source: str, target: str | Path) -> None:
        if Path(target).name == "hosts":
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        replace(source, target)

    monkeypatch.setattr(os, "replace", busy)


def test_an_edit_changes_no_foreign_byte(hosts: HostsFile, path: Path) -> None:
    hosts.add("kiada.example.com", "127.16.192.1")
    bom, rest = FOREIGN[:3], FOREIGN[3:]
    ours = b"# BEGIN ingress-lab\r\n127.16.192.1\tkiada.example.com\r\n# END ingress-lab\r\n"
    assert path.read_bytes() == bom + ours + rest


def test_adding_and_removing_gives_the_bytes_back(hosts: HostsFile, path: Path) -> None:
    hosts.add("kiada.example.com", "127.16.192.1")
    hosts.remove("kiada.example.com")
    assert path.read_bytes() == FOREIGN


def test_every_edit_is_undone_in_turn(hosts: HostsFile, path: Path) -> None:
    states = [FOREIGN]
    for number in range(3):
        hosts.add(f"n{number}.example.com", "127.16.192.1")
        states.append(path.read_bytes())
    for state in reversed(states[:-1]):
        hosts.undo()
        assert path.read_bytes() == state
    with pytest.raises(UsageError, match="no edit"):
        hosts.undo()


def test_undo_says_what_it_changes(hosts: HostsFile) -> None:
    hosts.add("kiada.example.com", "127.16.192.1")
    plan = hosts.plan_undo()
    assert hosts.undo() == plan
    assert [str(change) for change in plan.changes] == [
        "kiada.example.com: 127.16.192.1, then no address"
    ]


def test_undo_is_refused_after_an_edit_by_others(hosts: HostsFile, path: Path) -> None:
    hosts.add("kiada.example.com", "127.16.192.1")
    edited = path.read_bytes() + b"\n10.0.0.9 theirs\n"
    path.write_bytes(edited)
    with pytest.raises(HostsChanged) as caught:
        hosts.undo()
    assert "+10.0.0.9 theirs" in caught.value.diff
    assert path.read_bytes() == edited


def test_a_plan_is_refused_after_an_edit_by_others(hosts: HostsFile, path: Path) -> None:
    plan = hosts.plan_add("kiada.example.com", "127.16.192.1")
    path.write_bytes(b"10.0.0.9 theirs\n")
    with pytest.raises(HostsChanged, match="has changed"):
        hosts.apply(plan)
    assert path.read_bytes() == b"10.0.0.9 theirs\n"


def test_a_plan_that_changes_nothing_makes_no_edit(hosts: HostsFile) -> None:
    assert hosts.apply(hosts.plan_remove("kiada.example.com")) is None
    with pytest.raises(UsageError):
        hosts.undo()


def test_the_backup_is_private_and_has_the_old_bytes(hosts: HostsFile) -> None:
    edit = hosts.apply(hosts.plan_add("kiada.example.com", "127.16.192.1"))
    assert edit
    assert edit.backup.read_bytes() == FOREIGN
    assert stat.S_IMODE(edit.backup.stat().st_mode) == 0o600


def test_old_backups_make_way(hosts: HostsFile, tmp_path: Path) -> None:
    for number in range(25):
        hosts.add("kiada.example.com", f"127.16.192.{number}")
    assert len(list((tmp_path / "edits").glob("*.json"))) == 20


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664])
def test_the_mode_stays(hosts: HostsFile, path: Path, mode: int) -> None:
    path.chmod(mode)
    hosts.add("kiada.example.com", "127.16.192.1")
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: only root gives files away")
def test_owner_and_group_stay(hosts: HostsFile, path: Path) -> None:
    os.chown(path, 12345, 23456)
    hosts.add("kiada.example.com", "127.16.192.1")
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 23456)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: only root gives files away")
def test_what_root_leaves_in_a_users_folder_is_the_users(path: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 12345, 23456)
    hosts = HostsFile(path, home / "other-hosts" / "etc-hosts", new=None)
    hosts.add("kiada.example.com", "127.16.192.1")
    assert {each.stat().st_uid for each in home.rglob("*")} == {12345}


def test_extended_attributes_stay(hosts: HostsFile, path: Path) -> None:
    try:
        os.setxattr(path, "user.note", b"kept")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    hosts.add("kiada.example.com", "127.16.192.1")
    assert os.getxattr(path, "user.note") == b"kept"


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)
    HostsFile(link, tmp_path / "edits").add("kiada.example.com", "127.16.192.1")
    assert link.is_symlink()
    assert b"kiada.example.com" in path.read_bytes()


def test_links_in_a_circle_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(LabError, match="can't be read"):
        HostsFile(tmp_path / "a").add("kiada.example.com", "127.16.192.1")


def test_a_folder_is_no_hosts_file(tmp_path: Path) -> None:
    with pytest.raises(LabError):
        HostsFile(tmp_path).add("kiada.example.com", "127.16.192.1")


def test_a_missing_file_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="can't be read"):
        HostsFile(tmp_path / "hosts", new=None).text()


def test_the_labs_own_file_is_made_by_the_first_edit_and_unmade_by_undo(tmp_path: Path) -> None:
    hosts = HostsFile(tmp_path / "home" / "hosts")
    hosts.add("kiada.example.com", "127.16.192.1")
    assert hosts.address_of("localhost") == "127.0.0.1"
    hosts.undo()
    assert not hosts.path.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_who_may_not_write_is_told(hosts: HostsFile, path: Path) -> None:
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        assert not hosts.is_writable()
        with pytest.raises(HostsNotWritable):
            hosts.add("kiada.example.com", "127.16.192.1")
    finally:
        path.parent.chmod(0o755)


def test_a_mounted_file_is_written_in_place(
    hosts: HostsFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted(monkeypatch)
    inode = path.stat().st_ino
    edit = hosts.apply(hosts.plan_add("kiada.example.com", "127.16.192.1"))
    assert edit
    assert edit.in_place
    assert path.stat().st_ino == inode
    assert edit.backup.read_bytes() == FOREIGN
    hosts.undo()
    assert path.read_bytes() == FOREIGN
    assert [each.name for each in path.parent.iterdir()] == ["hosts"]


@pytest.mark.parametrize("written", [0, 1, 30, 60, 200])
def test_what_was_cut_off_in_place_is_mended_by_the_next_edit(
    hosts: HostsFile, path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    mounted(monkeypatch)

    def cut_off(path: Path, data: bytes) -> None:
        old = path.read_bytes()
        path.write_bytes(data[:written] + old[written:])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("labsupport.names.hosts.overwrite", cut_off)
        with pytest.raises(KeyboardInterrupt):
            hosts.add("kiada.example.com", "127.16.192.1")
    hosts.remove("nobody.example.com")
    assert path.read_bytes() in (FOREIGN, FOREIGN[:3] + hosts_block() + FOREIGN[3:])


def hosts_block() -> bytes:
    return b"# BEGIN ingress-lab\r\n127.16.192.1\tkiada.example.com\r\n# END ingress-lab\r\n"


def test_leftovers_of_killed_edits_are_cleared_away(
    hosts: HostsFile, path: Path, tmp_path: Path
) -> None:
    (path.parent / ".hosts.abc123.ingress-lab").write_text("half")
    hosts.add("a.example.com", "127.16.192.1")
    (tmp_path / "edits" / ".0002.before.xyz").write_text("half")
    (tmp_path / "edits" / "0002.before").write_text("not counted")
    hosts.add("b.example.com", "127.16.192.1")
    assert [each.name for each in path.parent.iterdir()] == ["hosts"]
    assert sorted(each.name for each in (tmp_path / "edits").iterdir()) == [
        f"000{number}.{part}" for number in (1, 2) for part in ("before", "json")
    ]


def test_an_edit_waits_for_another(hosts: HostsFile, path: Path) -> None:
    editing = threading.Thread(target=hosts.add, args=("kiada.example.com", "127.16.192.1"))
    with hosts_writing.locked(path.parent):
        editing.start()
        assert path.read_bytes() == FOREIGN
    editing.join()
    assert hosts.address_of("kiada.example.com") == "127.16.192.1"


def test_edits_at_once_are_all_made(hosts: HostsFile) -> None:
    names = [f"n{number}.example.com" for number in range(8)]
    threads = [threading.Thread(target=hosts.add, args=(name, "127.16.192.1")) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [hosts.address_of(name) for name in names] == ["127.16.192.1"] * 8


def test_a_lock_that_is_never_free_is_told_of(
    hosts: HostsFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts_writing, "_PATIENCE", 0.05)
    with hosts_writing.locked(path.parent), pytest.raises(LabError, match="another program"):
        hosts.add("kiada.example.com", "127.16.192.1")


@given(st.binary(max_size=12), st.binary(max_size=12), st.integers(0, 12))
def test_every_cut_off_write_is_known_as_such(old: bytes, new: bytes, written: int) -> None:
    written = min(written, len(new))
    assert is_torn(new[:written] + old[written:], old, new)


@settings(max_examples=40)
@given(content=st.binary(max_size=200), names=st.lists(st.sampled_from("abc"), max_size=4))
def test_applying_and_undoing_gives_any_bytes_back(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, names: list[str]
) -> None:
    path = tmp_path_factory.mktemp("any") / "hosts"
    path.write_bytes(content)
    hosts = HostsFile(path)
    edits = [
        edit
        for name in names
        if _readable(content) and (edit := hosts.apply(hosts.plan_add(name, "127.16.192.1")))
    ]
    for edit in reversed(edits):
        assert path.read_bytes() == edit.after
        hosts.undo()
    assert path.read_bytes() == content


def _readable(content: bytes) -> bool:
    return not content.startswith((b"\xff\xfe", b"\xfe\xff"))
