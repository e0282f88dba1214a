"""The system's trust store, in a folder that stands for `/`; no real store is ever touched."""

import os
from pathlib import Path

import pytest

from labsupport.base.errors import CertificateError, NotInThisVersion
from labsupport.base.paths import Instance
from labsupport.rules.certificates.stores import store_plan
from labsupport.trust import ensure_credentials
from labsupport.trust.stores import SystemStore

ANCHORS = "usr/local/share/ca-certificates"


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    instance = Instance(tmp_path / "lab").make()
    ensure_credentials(instance, 77)
    return instance


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Debian whose refresh command notes that it was run."""
    root = tmp_path / "root"
    (root / ANCHORS).mkdir(parents=True)
    programs = tmp_path / "programs"
    programs.mkdir()
    refresh = programs / "update-ca-certificates"
    refresh.write_text(f"#!/bin/sh\necho refreshed >> {root}/log\n")
    refresh.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    return root


def test_the_system_is_known_by_its_folders(instance: Instance, root: Path) -> None:
    assert SystemStore(instance, root).system == "debian"


def test_nothing_is_done_before_it_is_asked_for(instance: Instance, root: Path) -> None:
    store = SystemStore(instance, root)
    assert (store.installed, list((root / ANCHORS).iterdir())) == (False, [])


def test_installing_puts_the_authority_in_and_has_it_read(instance: Instance, root: Path) -> None:
    SystemStore(instance, root).install()
    (anchor,) = (root / ANCHORS).iterdir()
    assert anchor.read_bytes() == instance.ca_certificate.read_bytes()
    assert (root / "log").read_text() == "refreshed\n"


def test_uninstalling_takes_out_what_was_put_in_and_nothing_else(
    instance: Instance, root: Path
) -> None:
    own = root / ANCHORS / "own.crt"
    own.write_text("the user's own")
    store = SystemStore(instance, root)
    store.install()
    store.uninstall()
    assert list((root / ANCHORS).iterdir()) == [own]
    assert not store.installed


def test_an_authority_renewed_meanwhile_is_taken_out_too(instance: Instance, root: Path) -> None:
    SystemStore(instance, root).install()
    instance.ca_certificate.unlink()
    ensure_credentials(instance, 77)
    SystemStore(instance, root).uninstall()
    assert not list((root / ANCHORS).iterdir())


def test_two_labs_do_not_meet(instance: Instance, root: Path, tmp_path: Path) -> None:
    other = Instance(tmp_path / "other").make()
    ensure_credentials(other, 78)
    SystemStore(instance, root).install()
    SystemStore(other, root).install()
    SystemStore(instance, root).uninstall()
    assert SystemStore(other, root).installed


def test_where_it_may_not_write_the_sudo_command_is_told(
    instance: Instance, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Folders that refuse do not stop root, as who tests may run; a command that refuses does.
    refusing = tmp_path / "programs" / "install"
    refusing.write_text("#!/bin/sh\necho 'install: Permission denied' >&2\nexit 1\n")
    refusing.chmod(0o755)
    store = SystemStore(instance, root)
    with pytest.raises(CertificateError) as caught:
        store.install()
    assert "Permission denied" in caught.value.found
    assert f"sudo install -m 0644 {instance.ca_certificate}" in caught.value.remedy
    assert "&& sudo update-ca-certificates" in caught.value.remedy
    assert not store.installed


def test_an_unknown_system_is_told_as_such(instance: Instance, tmp_path: Path) -> None:
    with pytest.raises(NotInThisVersion):
        SystemStore(instance, tmp_path).install()


@pytest.mark.parametrize(
    ("system", "install", "uninstall"),
    [
        (
            "debian",
            [
                "sudo install -m 0644 ca.crt /usr/local/share/ca-certificates/lab.crt",
                "sudo update-ca-certificates",
            ],
            ["sudo rm -f /usr/local/share/ca-certificates/lab.crt", "sudo update-ca-certificates"],
        ),
        (
            "fedora",
            [
                "sudo install -m 0644 ca.crt /etc/pki/ca-trust/source/anchors/lab.crt",
                "sudo update-ca-trust extract",
            ],
            ["sudo rm -f /etc/pki/ca-trust/source/anchors/lab.crt", "sudo update-ca-trust extract"],
        ),
        (
            "macos",
            [
                "sudo security add-trusted-cert -d -r trustRoot "
                "-k /Library/Keychains/System.keychain ca.crt"
            ],
            ["sudo security remove-trusted-cert -d ca.crt"],
        ),
        (
            "windows",
            ["certutil.exe -user -addstore Root ca.crt"],
            ["certutil.exe -user -delstore Root lab"],
        ),
    ],
)
def test_each_systems_commands_are_its_own(
    system: str, install: list[str], uninstall: list[str]
) -> None:
    plan = store_plan(system, "ca.crt", "lab")
    assert plan is not None
    assert plan.shell(plan.install) == install
    assert plan.shell(plan.uninstall) == uninstall
