"""Memory: the daemon by itself, and the whole cluster with Traefik and the sample apps.

PSS (proportional set size), from /proc/PID/smaps_rollup: shared pages count in parts, so that the
processes' figures add up. In MB of 2**20 bytes. Measure with no other lab running: pages shared
with its processes (the program of another Traefik) would count elsewhere.
"""

import argparse
import time
from pathlib import Path

import psutil

from labsupport.base.errors import NotInThisVersion
from labsupport.cli.bench import cluster, peers
from labsupport.cli.bench.figures import Figure

_SETTLE = 2.0  # seconds after the requests, for garbage to go
_REQUESTS = 20


def measure(args: argparse.Namespace) -> list[Figure]:
    """daemon_pss and cluster_pss, with a bare Python and a bare Traefik as floors."""
    if not Path("/proc/self/smaps_rollup").exists():
        raise NotInThisVersion("this bench reads /proc/PID/smaps_rollup", remedy="run it on Linux")
    daemon, everything, python, traefik = zip(
        *(_measure_once() for _ in range(args.runs)), strict=True
    )
    return [
        Figure("daemon_pss", "MB", daemon),
        Figure("cluster_pss", "MB", everything),
        Figure("python_alone_pss", "MB", python),
        Figure("traefik_alone_pss", "MB", traefik),
    ]


def _measure_once() -> tuple[float, float, float, float]:
    with cluster.temporary() as running:
        running.up()
        connection = running.proxy()
        for _ in range(_REQUESTS):
            cluster.wait_for_status(connection, cluster.KIADA, 200)
        time.sleep(_SETTLE)
        daemon = psutil.Process(running.record().pid)
        own = _pss(daemon.pid)
        everything = own + sum(_pss(child.pid) for child in daemon.children(recursive=True))
        with peers.python() as python, peers.traefik() as traefik:
            return round(own, 1), round(everything, 1), _pss(python), _pss(traefik)


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0
