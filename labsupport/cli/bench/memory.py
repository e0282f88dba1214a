"""Memory: the cluster by itself, and the whole lab as a learner on Binder has it.

In MB of 2**20 bytes, as `residence` counts it: pages shared among the lab's processes count once,
those shared with other people's processes in full. So other labs on the machine don't lower it.

The whole lab is JupyterLab with lesson 00 open, its kernel after the setup cell, the cluster's
daemon, Traefik and the five pods of the sample apps; then the same after all cells of the lesson.
Beside it stands the same JupyterLab with a kernel that did nothing, and a bare Python and Traefik:
what comes without the lab.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from labsupport.base.errors import NotInThisVersion
from labsupport.cli.bench import cluster, on_binder, peers
from labsupport.cli.bench.figures import Figure
from labsupport.cli.bench.opened import code_cells, opened
from labsupport.cli.bench.residence import shares
from labsupport.cli.start import FIRST_LESSON

_SETTLE = 2.0  # seconds after the requests, for garbage to go
_REQUESTS = 20

Measured = dict[str, float]
"""Figures of one run, by their names, in MB."""


def measure(args: argparse.Namespace) -> list[Figure]:
    """The figures of the cluster and of the whole lab with its parts, and their floors."""
    if not Path("/proc/self/pagemap").exists():
        raise NotInThisVersion("this bench reads /proc/PID/pagemap", remedy="run it on Linux")
    runs = [{**_cluster(), **_whole_lab(), **_bare_notebook()} for _ in range(args.runs)]
    return [
        Figure(f"{name}_pss", "MB", tuple(round(run[name], 1) for run in runs)) for name in runs[0]
    ]


def _cluster() -> Measured:
    """The cluster without a notebook, and its floors."""
    with cluster.temporary() as running:
        running.up()
        _visit(running)
        daemon = running.record().pid
        held = shares(_family(daemon))
        with peers.python() as python, peers.traefik() as traefik:
            return {
                "daemon": held[daemon],
                "cluster": sum(held.values()),
                "python_alone": sum(shares([python]).values()),
                "traefik_alone": sum(shares([traefik]).values()),
            }


def _whole_lab() -> Measured:
    """All of it, and its parts, which add up."""
    root = on_binder.course()
    with (
        cluster.temporary() as running,
        on_binder.served(root, on_binder.environment(running.instance)) as server,
    ):
        with opened(server.address, server.token, FIRST_LESSON.as_posix()) as page:
            setup, *others = code_cells(root / FIRST_LESSON)
            page.run(setup)
            _visit(running)
            jupyter, (daemon, *pods) = _family(server.pid), _family(running.record().pid)
            held = shares([*jupyter, daemon, *pods])
            traefik = [pid for pid in pods if psutil.Process(pid).name() == "traefik"]
            for cell in others:
                page.run(cell)
            time.sleep(_SETTLE)
            after = shares([*_family(server.pid), *_family(running.record().pid)])
        apps = [pid for pid in pods if pid not in traefik]
        parts = (jupyter[:1], jupyter[1:], [daemon], traefik, apps)
        names = ("jupyterlab", "kernel", "daemon", "traefik", "apps")
        found = {
            f"whole_lab_{name}": sum(held[pid] for pid in part)
            for name, part in zip(names, parts, strict=True)
        }
        return {
            "whole_lab": sum(held.values()),
            **found,
            "whole_lab_after_lesson": sum(after.values()),
        }


def _bare_notebook() -> Measured:
    """The same JupyterLab and lesson, with a kernel that ran nothing of the lab."""
    root = on_binder.course()
    with (
        cluster.temporary() as absent,
        on_binder.served(root, on_binder.environment(absent.instance), script=False) as server,
        opened(server.address, server.token, FIRST_LESSON.as_posix()) as page,
    ):
        page.run("pass")
        time.sleep(_SETTLE)
        return {"notebook_alone": sum(shares(_family(server.pid)).values())}


def _visit(running: cluster.Cluster) -> None:
    connection = running.proxy()
    for _ in range(_REQUESTS):
        cluster.wait_for_status(connection, cluster.KIADA, 200)
    connection.close()
    time.sleep(_SETTLE)


def _family(pid: int) -> Sequence[int]:
    """A process and all below it, itself first."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
