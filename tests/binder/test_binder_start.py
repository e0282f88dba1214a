"""`binder/start` on a Binder made small: as an ordinary user, in the user's home, without a port
below 1024, the lab installed in an environment of its own and the course's files beside it.

The environment has its packages from the one that runs the tests, instead of by `postBuild`, which
would need a network. Where the machine allows it, all runs as the user nobody.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from labsupport.cli.bench import on_binder
from labsupport.cli.bench.on_binder import Server
from labsupport.cli.bench.opened import code_cells, opened

ROOT = Path(__file__).resolve().parents[2]
LESSON = "notebooks/00-welcome.ipynb"
COURSE = ("binder", "labsupport", "lab", "locks", "notebooks", "pyproject.toml")
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}

pytestmark = pytest.mark.timeout(240)


class Binder:
    """A home with the course in it, and an environment that holds the lab."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "jovyan"
        self.bin = folder / "environment" / "bin"
        self.state = self.home / ".local" / "state" / "ingress-lab"
        self.credentials: dict[str, Any] = {}
        folder.chmod(0o755)
        self._copy_course()
        self.environment = {
            "HOME": str(self.home),
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "INGRESS_LAB_PORT_OFFSET": "8000",
        }
        self._make_environment()

    def run(self, *words: str | Path, **settings: Any) -> subprocess.CompletedProcess[str]:
        """Run a command in the home, as in a terminal of JupyterLab."""
        environment = {**self.environment, **settings.pop("environment", {})}
        return subprocess.run(
            words,
            cwd=self.home,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            **self.credentials,
        )

    def _copy_course(self) -> None:
        self.home.mkdir()
        for name in COURSE:
            copy: Any = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, self.home / name)

    def _make_environment(self) -> None:
        """The test's packages, and the lab as pip puts it; for nobody, if nobody can run it."""
        packages = Path(sysconfig.get_path("purelib"))
        own = f"python{sys.version_info.major}.{sys.version_info.minor}"
        base = Path(getattr(sys, "_base_executable", sys.executable))
        for python in (base, Path("/usr/bin", own)) if os.geteuid() == 0 else ():
            self._make_venv(python, packages)
            self.credentials = NOBODY
            if self._runs():
                for path in (self.home, *self.home.rglob("*")):
                    os.chown(path, NOBODY["user"], NOBODY["group"])  # type: ignore[arg-type]
                return
        self.credentials = {}
        self._make_venv(base, packages)

    def _runs(self) -> bool:
        try:
            return self.run(self.bin / "python", "-Pc", "import jupyterlab").returncode == 0
        except OSError:
            return False

    def _make_venv(self, python: Path, packages: Path) -> None:
        home = self.bin.parent
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([python, "-m", "venv", "--without-pip", home], check=True)
        (site,) = home.glob("lib/python*/site-packages")
        (site / "tests.pth").write_text(f"{packages}\n")
        shutil.copytree(ROOT / "labsupport", site / "labsupport")
        (site / "ingress_lab-0.1.0.dist-info").mkdir()
        for folder in ("share", "etc"):
            (home / folder).symlink_to(Path(sys.prefix, folder))
        (self.bin / "traefik").symlink_to(Path(sys.executable).with_name("traefik"))
        program = "from jupyterlab.labapp import main; main()"
        (self.bin / "jupyter-lab").write_text(f"#!{self.bin / 'python'}\n{program}\n")
        (self.bin / "jupyter-lab").chmod(0o755)


@pytest.fixture(scope="module")
def binder() -> Iterator[Binder]:
    # Not pytest's own folder: other users can't go into it.
    with tempfile.TemporaryDirectory(prefix="lab-binder-") as folder:
        binder = Binder(Path(folder))
        yield binder
        for home in (binder.state, binder.home / ".lab"):  # the second is there by mistake only
            own = {"INGRESS_LAB_HOME": str(home)}
            done = binder.run(
                "python", "-Pm", "labsupport.cli", "down", "--delete", environment=own
            )
            assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def server(binder: Binder) -> Iterator[Server]:
    with started(binder) as server:
        yield server


@contextmanager
def started(binder: Binder) -> Iterator[Server]:
    """JupyterLab behind the start script, until its first answer and from there on."""
    with on_binder.served(
        binder.home, binder.environment, credentials=binder.credentials
    ) as server:
        yield server


def test_it_gives_way_to_jupyterlab(server: Server) -> None:
    assert "jupyter-lab" in " ".join(psutil.Process(server.pid).cmdline())


def test_the_cluster_is_up_when_jupyterlab_answers(server: Server, binder: Binder) -> None:
    record = json.loads((binder.state / "daemon.json").read_text())
    assert psutil.Process(record["pid"]).is_running()
    assert record["port_offset"] == 8000


def test_the_cluster_listens_on_loopback_only(server: Server, binder: Binder) -> None:
    daemon = psutil.Process(json.loads((binder.state / "daemon.json").read_text())["pid"])
    family = [daemon, *daemon.children(recursive=True)]
    addresses = {
        connection.laddr.ip
        for process in family
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses
    assert [address for address in addresses if not address.startswith("127.")] == []


def test_the_first_lesson_runs_through(server: Server) -> None:
    with opened(server.address, server.token, LESSON) as page:
        for cell in code_cells(ROOT / LESSON):
            page.run(cell)


@pytest.mark.parametrize("notebook", [LESSON, "mine.ipynb"])
def test_every_notebook_has_the_lab_that_was_started(
    server: Server, binder: Binder, notebook: str
) -> None:
    shutil.copy(ROOT / LESSON, binder.home / "mine.ipynb")
    with opened(server.address, server.token, notebook) as page:
        page.run(f"from labsupport import Lab; assert str(Lab.open().instance.home) == "
                 f"{str(binder.state)!r}, Lab.open().instance.home")  # fmt: skip


VISITS = """
from labsupport import Lab
from labsupport.widgets import LabBrowser, RequestTester

lab = Lab.open()
lab.wait_ready()
browser = LabBrowser(lab)
browser.open("http://kiada.example.com/")
assert browser.exchange.status == 200, str(browser)
tester = RequestTester(lab)
tester.send()
assert tester.exchange.status == 200, str(tester)
"""


def test_pages_of_the_site_open_inside_the_notebook(server: Server) -> None:
    with opened(server.address, server.token, LESSON) as page:
        page.run(VISITS)


@pytest.mark.parametrize("command", [["./lab"], ["python", "-Pm", "labsupport.cli"]])
def test_remedies_work_in_a_terminal(server: Server, binder: Binder, command: list[str]) -> None:
    done = binder.run(*command, "get", "http://kiada.example.com/debug/request")
    assert "200 OK" in done.stdout, done.stderr
    assert not (binder.home / ".venv").exists()
    assert not (binder.home / ".lab").exists()


def test_no_second_jupyterlab_starts_where_nobody_could_open_it(binder: Binder) -> None:
    hub = {"JUPYTERHUB_SERVICE_PREFIX": "/user/ada/"}
    done = binder.run("./lab", "start", environment=hub)
    assert done.returncode == 2
    assert "./lab up" in done.stderr


def test_a_cluster_that_does_not_come_up_keeps_nobody_out(binder: Binder, tmp_path: Path) -> None:
    path = {"INGRESS_LAB_HOME": "/proc/nowhere"}
    done = binder.run(binder.home / "binder" / "start", "echo", "here I am", environment=path)
    assert (done.returncode, done.stdout.strip().splitlines()[-1]) == (0, "here I am")
    assert "the first lesson starts it" in done.stderr
