"""The programs of a real control plane, built from their sources by Go.

`python tests/shared/kubernetes_programs.py [SECONDS]` builds them: minutes when Go's build cache is
cold, seconds when it is warm. What was done when the seconds are over is kept for the next time.
Versions stand in `kubernetes/go.mod`, checksums in `go.sum` beside it. The programs are kept beside
Go's build cache, in a folder whose name tells what they were built from.
"""

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ETCD, API_SERVER, CONTROLLER_MANAGER = "server", "kube-apiserver", "kube-controller-manager"
_MODULE = Path(__file__).parent / "kubernetes"
_VERSION = re.compile(r"k8s\.io/kubernetes v((\d+)\.(\d+)\.\d+)")
_BUILD = ".venv/bin/python tests/shared/kubernetes_programs.py"


class NotBuilt(Exception):
    """Why there are no programs."""


def programs() -> Path:
    """The folder with the three programs; NotBuilt says why there is none."""
    folder = _folder()
    if not folder.is_dir():
        raise NotBuilt(f"no kube-apiserver is built; this builds it: {_BUILD}")
    return folder


def build(seconds: float) -> Path:
    """The folder with the programs, built where need be; NotBuilt when that fails or takes longer.

    Two builds at once share Go's cache, and the second finds the folder taken.
    """
    folder = _folder()
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}-"))
    try:
        _install(unfinished, seconds)
        with contextlib.suppress(OSError):
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _install(folder: Path, seconds: float) -> None:
    environment = {**os.environ, "GOBIN": str(folder)}
    with subprocess.Popen(_command(), cwd=_MODULE, env=environment) as go:
        try:
            code = go.wait(seconds)
        except subprocess.TimeoutExpired as error:
            go.send_signal(signal.SIGINT)  # what is compiled by then stays in Go's cache
            why = f"not built within {seconds:g} s; the next time goes on from there"
            raise NotBuilt(why) from error
    if code:
        raise NotBuilt(f"go could not build them (exit code {code})")


def _command() -> list[str]:
    about = "k8s.io/component-base/version"
    whole, major, minor = _version()
    marks = f"-s -w -X {about}.gitVersion=v{whole}"
    marks += f" -X {about}.gitMajor={major} -X {about}.gitMinor={minor}"
    # Without the paths of this folder, so that every checkout finds what is in Go's cache.
    return ["go", "install", "-trimpath", "-ldflags", marks, "tool"]


def _version() -> tuple[str, str, str]:
    found = _VERSION.search((_MODULE / "go.mod").read_text())
    assert found is not None
    return found[1], found[2], found[3]


def _folder() -> Path:
    if shutil.which("go") is None:
        raise NotBuilt("no Go, which builds kube-apiserver")
    sources = b"".join((_MODULE / name).read_bytes() for name in ("go.mod", "go.sum"))
    key = hashlib.sha256(sources + " ".join(_command()).encode()).hexdigest()[:12]
    cache = subprocess.run(
        ["go", "env", "GOCACHE"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return Path(cache).parent / f"ingress-lab-kubernetes-{key}"


if __name__ == "__main__":
    try:
        print(build(float(sys.argv[1]) if len(sys.argv) > 1 else 3600.0))
    except NotBuilt as error:
        sys.exit(str(error))
