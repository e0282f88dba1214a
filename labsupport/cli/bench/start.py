"""Start-up: from `lab up`, a clone or Binder to answers; and from an Ingress to its route."""

import argparse
import os
import re
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import requests

from labsupport.base import paths
from labsupport.base.errors import ClusterError, UsageError
from labsupport.base.run import run
from labsupport.base.types import Json
from labsupport.cli.bench import cluster, on_binder, peers
from labsupport.cli.bench.figures import Figure, figure
from labsupport.cli.bench.opened import code_cells, opened
from labsupport.cli.start import FIRST_LESSON

_FRESH_TIMEOUT = 600.0  # seconds
_ADDRESS = re.compile(r"http://\S+")


def measure(args: argparse.Namespace) -> list[Figure]:
    """The figures of `lab up`; with --fresh, that of a clone."""
    if args.fresh:
        return [figure("clone_to_jupyter", "s", args.runs, _clone_to_jupyter)]
    return [
        figure("up_to_first_200", "s", args.runs, _up_to_first_200),
        figure("traefik_alone_to_first_200", "s", args.runs, peers.traefik_to_first_200),
        figure("python_start", "s", args.runs, peers.python_start),
        *_routes(args.runs),
        *_first_lesson(args.runs),
    ]


def _up_to_first_200() -> float:
    """Seconds from `lab up`, in a new instance, to a 200 from a sample app through Traefik."""
    with cluster.temporary() as new:
        started = time.perf_counter()
        new.up()
        cluster.wait_for_status(new.proxy(), cluster.KIADA, 200)
        return time.perf_counter() - started


def _routes(runs: int) -> list[Figure]:
    """Milliseconds from creating an Ingress to its first 200, and for one request beside it."""
    with cluster.temporary() as running:
        running.up()
        api, connection = running.api(), running.proxy()
        numbers = iter(range(runs))

        def apply_to_live() -> float:
            name = f"bench-{next(numbers)}"
            host = f"{name}.example.com"
            cluster.wait_for_status(connection, host, 404)
            started = time.perf_counter()
            api.create(_ingress(name, host))
            cluster.wait_for_status(connection, host, 200)
            seconds = time.perf_counter() - started
            api.delete("ingresses", name)
            cluster.wait_for_status(connection, host, 404)
            return 1000 * seconds

        def request() -> float:
            started = time.perf_counter()
            cluster.wait_for_status(connection, cluster.KIADA, 200)
            return 1000 * (time.perf_counter() - started)

        live = figure("apply_to_live", "ms", runs, apply_to_live)
        floor = figure("request", "ms", runs, request)
        connection.close()
        api.close()
        return [live, floor]


def _first_lesson(runs: int) -> list[Figure]:
    """Seconds of `binder/start` until JupyterLab answers, and from there to a ready first lesson.

    Ready: the page is loaded, a kernel started and the setup cell done. The same with a kernel that
    only does nothing stands beside it.
    """
    root = on_binder.course()
    setup = code_cells(root / FIRST_LESSON)[0]
    to_server: list[float] = []

    def ready(cell: str, *, script: bool) -> float:
        with cluster.temporary() as new:
            started = time.perf_counter()
            with on_binder.served(
                root, on_binder.environment(new.instance), script=script
            ) as server:
                answered = time.perf_counter()
                with opened(server.address, server.token, FIRST_LESSON.as_posix()) as page:
                    page.run(cell)
                    if script:
                        to_server.append(round(answered - started, 3))
                    return time.perf_counter() - answered

    lesson = figure("first_lesson_ready", "s", runs, lambda: ready(setup, script=True))
    bare = figure("bare_notebook_ready", "s", runs, lambda: ready("pass", script=False))
    return [lesson, bare, Figure("binder_start_to_server", "s", tuple(to_server))]


def _ingress(name: str, host: str) -> Json:
    backend = {"service": {"name": "kiada", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name},
        "spec": {"rules": [{"host": host, "http": {"paths": [path]}}]},
    }


def _clone_to_jupyter() -> float:
    """Seconds from `git clone`, with no cache of packages, to JupyterLab's page with the lab up."""
    source = paths.checkout()
    if source is None:
        raise UsageError("only a git checkout can be cloned", remedy="clone the repository first")
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as folder:
        clone = Path(folder) / "ingress-lab"
        environment = cluster.fresh_environment(Path(folder))
        started = time.perf_counter()
        run(["git", "clone", "--quiet", source, clone], timeout=_FRESH_TIMEOUT)
        process = subprocess.Popen(
            [clone / "lab", "start", "--no-browser"],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        watchdog = threading.Timer(_FRESH_TIMEOUT, process.kill)
        watchdog.start()
        try:
            _wait_for_page(process)
            return time.perf_counter() - started
        finally:
            watchdog.cancel()
            process.terminate()
            process.communicate(timeout=60)
            down = [str(clone / "lab"), "down", "--delete"]
            run(down, timeout=60, environment=environment, check=False)


def _wait_for_page(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if found := _ADDRESS.search(line):
            requests.get(found[0], timeout=30).raise_for_status()
            return
    raise ClusterError(
        "lab start in a fresh clone ended before JupyterLab was up", remedy="./lab start"
    )
