"""The Node object: what this machine is and has, and the lease that says it is alive."""

import asyncio
import logging
import os
import platform
from pathlib import Path

import psutil

from labsupport.base.errors import LabError
from labsupport.base.types import Json
from labsupport.minicluster.node.network import Network
from labsupport.minicluster.reconcile import Cluster
from labsupport.minicluster.reconcile.times import now, now_micro
from labsupport.minicluster.store import Key

log = logging.getLogger(__name__)

KUBELET_VERSION = "v1.37.0"
LEASE_SECONDS = 40
RENEW_EVERY = 10.0
_LEASES = "leases.coordination.k8s.io"
_LEASE_NAMESPACE = "kube-node-lease"
_CONDITIONS = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "sufficient memory available"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "sufficient PID available"),
    "Ready": ("True", "KubeletReady", "is posting ready status"),
}


def allocatable() -> dict[str, str]:
    """What pods may request: the machine's processors and memory, and 110 pods."""
    return {
        "cpu": str(os.cpu_count() or 1),
        "memory": f"{psutil.virtual_memory().total // 1024}Ki",
        "pods": "110",
    }


def node_object(name: str, network: Network) -> Json:
    """The Node as the kubelet registers it."""
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": platform.system().lower(),
        "kubernetes.io/arch": _architecture(),
    }
    moment = now()
    conditions = [
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": f"kubelet {'' if kind == 'Ready' else 'has '}{words}",
            "lastHeartbeatTime": moment,
            "lastTransitionTime": moment,
        }
        for kind, (status, reason, words) in _CONDITIONS.items()
    ]
    resources = allocatable()
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {"podCIDR": network.pod_cidr, "podCIDRs": [network.pod_cidr]},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": network.node_ip},
                {"type": "Hostname", "address": name},
            ],
            "capacity": resources,
            "allocatable": resources,
            "conditions": conditions,
            "nodeInfo": _node_info(),
        },
    }


async def register(cluster: Cluster, name: str, network: Network) -> None:
    """Create the Node, or bring one of an earlier start up to date; no write when it is."""
    fresh = node_object(name, network)
    key = Key("nodes", "", name)
    if cluster.cache.find(key) is None:
        await cluster.create("nodes", fresh)
        return

    def change(node: Json) -> Json | None:
        old, new = node.get("status", {}), fresh["status"]
        same = all(old.get(field) == new[field] for field in new if field != "conditions")
        return None if same else {**node, "status": {**old, **new}}

    await cluster.mutate(key, change, "status")


async def heartbeat(cluster: Cluster, name: str) -> None:
    """Renew the node's Lease until cancelled; the Node itself never changes for it."""
    key = Key(_LEASES, _LEASE_NAMESPACE, name)
    while True:
        try:
            await _renew(cluster, key)
        except LabError as error:
            log.warning("The node's lease could not be renewed: %s", error)
        await asyncio.sleep(RENEW_EVERY)


async def _renew(cluster: Cluster, key: Key) -> None:
    spec = {
        "holderIdentity": key.name,
        "leaseDurationSeconds": LEASE_SECONDS,
        "renewTime": now_micro(),
    }
    if cluster.cache.find(key) is None:
        lease = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": key.name, "namespace": key.namespace},
            "spec": spec,
        }
        await cluster.create_unless_there(_LEASES, lease)
    else:
        await cluster.mutate(key, lambda lease: {**lease, "spec": spec})


def _architecture() -> str:
    machine = platform.machine().lower()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _node_info() -> Json:
    return {
        "architecture": _architecture(),
        "bootID": "",
        "containerRuntimeVersion": f"process://{platform.python_version()}",
        "kernelVersion": platform.release(),
        "kubeProxyVersion": "",
        "kubeletVersion": KUBELET_VERSION,
        "machineID": "",
        "operatingSystem": platform.system().lower(),
        "osImage": _os_image(),
        "systemUUID": "",
    }


def _os_image() -> str:
    """The operating system's own name for itself (os-release's PRETTY_NAME)."""
    if Path("/etc/os-release").exists():
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return platform.system()
