"""Hosts files as the system has them: read by glibc itself, and mounted as in a container.

Both in a mount namespace of a child's own: nobody else sees what is mounted there.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labsupport.names.hosts_system import foreign_hosts, system_path
from labsupport.rules.hosts import address_of

TEXTS = [
    "127.0.0.2 a b\n127.0.0.3 a\n",
    "\t 127.0.0.2\ta # b\n#127.0.0.3 b\n",
    "127.0.0.2 a\r\n127.0.0.3 b\r\n",
    "127.0.0.2 a",
    "127.0.0.300 a\n127.0.0.2 A B\n",
    "127.0.0.2\n127.0.0.3 a\n",
    "127.0.0.2 a#b\n127.0.0.3 b\n",
    "127.00.0.2 a\n127.0.0.3 a\n",
    "127.0.0.2 a\x0bb\n",
    "127.0.0.2 a\xa0b\n127.0.0.3 b\n",
    "# BEGIN ingress-lab\n127.0.0.2\ta\n# END ingress-lab\n127.0.0.3 a b\n",
    "\ufeff# BEGIN ingress-lab\n127.0.0.2\ta\n# END ingress-lab\n127.0.0.3 a b\n",
]
UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")


def _may_mount() -> bool:
    if not all(map(shutil.which, ("unshare", "mount", "getent"))):
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0


needs_mounts = pytest.mark.skipif(not _may_mount(), reason="needs leave to make mount namespaces")


@needs_mounts
def test_addresses_are_those_that_glibc_reads(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.touch()
    steps = [f"mount --bind {path} /etc/hosts"]
    for number, text in enumerate(TEXTS):
        (tmp_path / f"{number}").write_bytes(text.encode())
        steps.append(f"cat {tmp_path / str(number)} > {path}")
        steps += [
            f"echo {number} {name} $(getent -s files ahostsv4 {name} | cut -d' ' -f1 | head -1)"
            for name in ("a", "b")
        ]
    script = " && ".join(steps)
    done = subprocess.run(
        [*UNSHARE, "sh", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        f"{number} {name} {address_of(text, name) or ''}".rstrip()
        for number, text in enumerate(TEXTS)
        for name in ("a", "b")
    ]


_EDIT = """
import json, sys
from pathlib import Path
from labsupport.names.hosts_system import foreign_hosts
hosts = foreign_hosts(Path(sys.argv[1]), Path(sys.argv[2]))
edit = hosts.apply(hosts.plan_add("kiada.example.com", "127.16.192.1"))
edited = hosts.text()
hosts.undo()
print(json.dumps([edit.in_place, edited, hosts.text()]))
"""


@needs_mounts
def test_a_mounted_file_is_edited_and_given_back(tmp_path: Path) -> None:
    source, mounted = tmp_path / "source", tmp_path / "hosts"
    source.write_text("127.0.0.1 localhost\n")
    mounted.touch()
    script = 'mount --bind "$1" "$2" && exec "$3" -c "$4" "$2" "$5"'
    arguments = [source, mounted, sys.executable, _EDIT, tmp_path / "home"]
    done = subprocess.run(
        [*UNSHARE, "sh", "-c", script, "sh", *map(str, arguments)],
        capture_output=True,
        check=True,
    )
    in_place, edited, undone = json.loads(done.stdout)
    assert in_place
    assert "127.16.192.1\tkiada.example.com" in edited
    assert undone == "127.0.0.1 localhost\n"


def test_the_systems_file_is_where_it_is_on_unix() -> None:
    assert system_path() == Path("/etc/hosts")


def test_backups_of_two_files_are_kept_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        path = tmp_path / name / "hosts"
        path.parent.mkdir()
        path.write_text("127.0.0.1 localhost\n")
        foreign_hosts(path, tmp_path / "home").add("kiada.example.com", "127.16.192.1")
    foreign_hosts(tmp_path / "one" / "hosts", tmp_path / "home").undo()
    assert (tmp_path / "one" / "hosts").read_text() == "127.0.0.1 localhost\n"
    assert "kiada" in (tmp_path / "two" / "hosts").read_text()
