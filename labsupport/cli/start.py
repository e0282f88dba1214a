"""`lab start`: the cluster, then JupyterLab on the first lesson, until Ctrl-C."""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from labsupport.base import paths
from labsupport.base import run as subprocesses
from labsupport.base.errors import UsageError
from labsupport.base.progress import step
from labsupport.base.run import which

HELP = "start the cluster and open the lessons in JupyterLab"

FIRST_LESSON = Path("notebooks", "00-welcome.ipynb")
DEFAULT_PORT = 8888
_INSTALL_TIMEOUT = 300.0  # seconds
_HUB_VARIABLE = "JUPYTERHUB_SERVICE_PREFIX"
"""Set by a JupyterHub, and so on Binder: there another server's address can't be opened."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab start`."""
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help=f"JupyterLab's port ({DEFAULT_PORT})"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C, SIGTERM or JupyterLab's own end; the cluster stays."""
    from labsupport.cli import jupyter
    from labsupport.session.bringing_up import bring_up

    if hub := os.environ.get(_HUB_VARIABLE):
        raise UsageError(
            "lab start is for a computer with a browser of your own",
            found=f"you are in a JupyterHub's or Binder's JupyterLab already ({hub})",
            remedy="./lab up, then open notebooks/00-welcome.ipynb in the list of files",
        )
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _as_interrupt)
    root = paths.checkout() or Path.cwd()
    lesson = FIRST_LESSON if (root / FIRST_LESSON).is_file() else None
    page = f"lab/tree/{lesson.as_posix()}" if lesson else "lab"
    port = jupyter.free_port(args.port)
    if port != args.port:
        print(f"  port {args.port} is taken; JupyterLab takes {port}", file=sys.stderr)
    with jupyter.serving(paths.instance(), root, page, port, not args.no_browser) as server:
        bring_up(paths.instance(), progress=step)
        _provide_dot()
        with step("starting JupyterLab"):
            server.wait_ready()
        print(f"\nThe lessons are at\n\n    {server.url(page)}\n", flush=True)
        print("Ctrl-C ends JupyterLab; the cluster goes on (./lab down stops it).", flush=True)
        try:
            code = server.process.wait()
        except KeyboardInterrupt:
            print("\nEnding JupyterLab ...", file=sys.stderr)
            code = 0
    print("JupyterLab has ended. The cluster still runs; to stop it: ./lab down")
    return code


def _provide_dot() -> None:
    """Have Graphviz's `dot` where that is possible without asking; say what happens where not."""
    if which("dot"):
        return
    commands: list[list[str]] = []
    if os.environ.get("CONDA_PREFIX") and which("conda"):
        commands = [["conda", "install", "-y", "graphviz"]]
    elif os.geteuid() == 0 and which("apt-get"):
        install = ["apt-get", "install", "-y", "--no-install-recommends", "graphviz"]
        commands = [["apt-get", "update"], install]
    try:
        for command in commands:
            with step(f"installing Graphviz: {' '.join(command[:2])}"):
                subprocesses.run(command, timeout=_INSTALL_TIMEOUT)
    except subprocesses.CommandFailed as error:
        print(f"    {error.found}", file=sys.stderr)
    if not which("dot"):
        print("  no dot (Graphviz) here: pictures render in the browser", file=sys.stderr)


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
