"""What the cluster shall be: its name, its nodes and their image. Pure."""

import ipaddress
import zlib
from pathlib import Path

POD_SUBNET = "10.244.0.0/16"
SERVICE_SUBNET = "10.96.0.0/16"
WORKERS = 2
NAME = "ingress-lab"

OLDEST = (0, 27)
"""The oldest kind that the lab uses. Node images since January 2025 hold containerd 2, into which
older kinds can't load images (kubernetes-sigs/kind issue 3853): `lab images load` needs that."""

NODE_IMAGES: dict[tuple[int, ...], str] = {
    (0, 27): "v1.32.2@sha256:f226345927d7e348497136874b6d207e0b32cc52154ad8323129352923a3142f",
    (0, 28): "v1.33.1@sha256:8d866994839cd096b3590681c55a6fa4a071fdaf33be7b9660e5697d2ed13002",
    (0, 29): "v1.33.1@sha256:050072256b9a903bd914c0b2866828150cb229cea0efe5892e2b644d5dd3b34f",
    (0, 30): "v1.34.0@sha256:7416a61b42b1662ca6ca89f02028ac133a309a2a30ba309614e8ec94d976dc5a",
    (0, 31): "v1.35.0@sha256:452d707d4862f52530247495d180205e029056831160e22870e37e3f6c1ac31f",
    (0, 32): "v1.36.1@sha256:3489c7674813ba5d8b1a9977baea8a6e553784dab7b84759d1014dbd78f7ebd5",
    (0, 33): "v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5",
}
"""The node image that each release of kind was made with (its pkg/apis/config/defaults/image.go).
One of another release may not start, so it goes with the kind that is installed."""


def cluster_name(home: Path, own_home: Path | None) -> str:
    """The cluster's name: plain for the checkout's own instance, else with a mark of its home.

    So two labs of one user have two clusters.
    """
    if home == own_home:
        return NAME
    return f"{NAME}-{zlib.crc32(str(home).encode()):08x}"


def node_image(kind_version: tuple[int, ...]) -> str:
    """The image that goes with a kind; "" for one that is newer than this list, which knows its
    own."""
    pinned = NODE_IMAGES.get(kind_version[:2], "")
    return f"kindest/node:{pinned}" if pinned else ""


def cluster_config(name: str, image: str) -> str:
    """The text of kind's configuration (kind.x-k8s.io/v1alpha4); "" as image leaves it to kind."""
    pinned = f"\n    image: {image}" if image else ""
    roles = ["control-plane", *["worker"] * WORKERS]
    nodes = "\n".join(f"  - role: {role}{pinned}" for role in roles)
    return (
        "# This lab's cluster, as `lab up --provider kind` made it. The same by hand:\n"
        f"#   kind create cluster --config kind.yaml --kubeconfig kubeconfig\n"
        "kind: Cluster\n"
        "apiVersion: kind.x-k8s.io/v1alpha4\n"
        f"name: {name}\n"
        "networking:\n"
        f"  podSubnet: {POD_SUBNET}\n"
        f"  serviceSubnet: {SERVICE_SUBNET}\n"
        f"nodes:\n{nodes}\n"
    )


def is_inside(address: str) -> bool:
    """Whether an address is a pod's or a ClusterIP, to which only nodes have a route."""
    found = ipaddress.ip_address(address)
    return any(found in ipaddress.ip_network(each) for each in (POD_SUBNET, SERVICE_SUBNET))
