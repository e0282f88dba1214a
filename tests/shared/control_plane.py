"""A real control plane on loopback: etcd, kube-apiserver and kube-controller-manager, as processes.

It has no node and no scheduler: pods stay pending, and nothing listens at a Service's address.
"""

import base64
import contextlib
import subprocess
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import own_network
import yaml
from kubernetes_programs import API_SERVER, CONTROLLER_MANAGER, ETCD, programs
from shared_cluster import SharedCluster

from labsupport.base.types import Json
from labsupport.kube.access import Access, answers
from labsupport.kube.api import Api
from labsupport.trust.authority import Authority, KeyPair

ADMINISTRATORS = "system:masters"
"""The group that may do everything."""
_TOKEN = "the-administrators-token"
_PATIENCE = 60.0  # seconds, on a machine that is busy
_PAUSE = 0.05
_DAY = timedelta(days=1)
_ETCD = f"http://{own_network.PREFIX}.192.1"
_API = f"{own_network.PREFIX}.192.2"
_ISSUER = "https://kubernetes.default.svc.cluster.local"


@contextlib.contextmanager
def control_plane(folder: Path) -> Iterator[SharedCluster]:
    """One that is ready; gone with all it holds at the end. NotBuilt where there are no programs.

    Its people may show who they are by a certificate of `authority_in(folder)`, too.
    """
    found = programs()
    _write_files(folder)
    access = Access(f"https://{_API}:6443", folder / "ca.crt", _TOKEN)
    config = folder / "admin.conf"
    config.write_text(yaml.safe_dump(_config(access)))
    options = _manager_options(folder, config)
    with (
        _running(found / ETCD, folder, _etcd_options(folder)),
        _running(found / API_SERVER, folder, _api_options(folder)) as server,
    ):
        _wait_until_ready(access, server, folder)
        with (
            _running(found / CONTROLLER_MANAGER, folder, options),
            contextlib.closing(Api(access)) as api,
        ):
            yield SharedCluster(api, folder, config)


def authority_in(folder: Path) -> Authority:
    """The authority of a control plane: of its server, and of its people."""
    return Authority(KeyPair((folder / "ca.crt").read_bytes(), (folder / "ca.key").read_bytes()))


def _write_files(folder: Path) -> None:
    authority = Authority.create("Shared cluster", lifetime=_DAY)
    server = authority.issue([_API, "kubernetes.default.svc"], lifetime=_DAY)
    accounts = authority.issue(["accounts"], lifetime=_DAY)  # its key signs ServiceAccounts' tokens
    for name, pair in {"ca": authority.pair, "server": server, "accounts": accounts}.items():
        (folder / f"{name}.crt").write_bytes(pair.certificate)
        (folder / f"{name}.key").write_bytes(pair.key)
    (folder / "tokens.csv").write_text(f"{_TOKEN},admin,1,{ADMINISTRATORS}\n")


def _config(access: Access) -> Json:
    assert access.ca_file is not None
    ca = base64.b64encode(access.ca_file.read_bytes()).decode()
    cluster = {"server": access.server, "certificate-authority-data": ca}
    context = {"cluster": "real", "user": "admin", "namespace": "default"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "real", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": access.token}}],
        "contexts": [{"name": "real", "context": context}],
        "current-context": "real",
    }


def _etcd_options(folder: Path) -> dict[str, object]:
    return {
        "data-dir": folder / "etcd",
        "listen-client-urls": f"{_ETCD}:2379",
        "advertise-client-urls": f"{_ETCD}:2379",
        "listen-peer-urls": f"{_ETCD}:2380",
        "initial-advertise-peer-urls": f"{_ETCD}:2380",
        "initial-cluster": f"default={_ETCD}:2380",
        "unsafe-no-fsync": "true",  # it never outlives its test
    }


def _api_options(folder: Path) -> dict[str, object]:
    return {
        "etcd-servers": f"{_ETCD}:2379",
        "bind-address": _API,
        "secure-port": 6443,
        # Not asked for by anybody; the default would be refused, for it is a loopback address.
        "advertise-address": "192.0.2.1",
        "endpoint-reconciler-type": "none",
        "authorization-mode": "RBAC",
        "token-auth-file": folder / "tokens.csv",
        "client-ca-file": folder / "ca.crt",
        "tls-cert-file": folder / "server.crt",
        "tls-private-key-file": folder / "server.key",
        "service-account-issuer": _ISSUER,
        "service-account-key-file": folder / "accounts.crt",
        "service-account-signing-key-file": folder / "accounts.key",
        "service-cluster-ip-range": "10.96.0.0/16",
    }


def _manager_options(folder: Path, config: Path) -> dict[str, object]:
    return {
        "kubeconfig": config,
        "bind-address": _API,
        "authentication-skip-lookup": "true",
        "cert-dir": folder,
        "leader-elect": "false",
        "root-ca-file": folder / "ca.crt",
        "service-account-private-key-file": folder / "accounts.key",
    }


@contextlib.contextmanager
def _running(
    program: Path, folder: Path, options: Mapping[str, object]
) -> Iterator[subprocess.Popen[bytes]]:
    """A program with its output in a file of its name."""
    words = [f"--{name}={value}" for name, value in options.items()]
    with (folder / f"{program.name}.log").open("wb") as log:
        process = subprocess.Popen([program, *words], stdout=log, stderr=log, cwd=folder)
    try:
        yield process
    finally:
        # Nothing of it is kept, so there is nothing to end in order.
        process.kill()
        process.wait()


def _wait_until_ready(access: Access, server: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while not answers(access):
        if server.poll() is not None or time.monotonic() > end:
            log = (folder / f"{API_SERVER}.log").read_text(errors="replace")
            raise AssertionError(f"kube-apiserver does not come up:\n{log[-3000:]}")
        time.sleep(_PAUSE)
