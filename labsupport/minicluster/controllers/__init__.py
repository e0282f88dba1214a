"""The controllers: each brings objects of one kind to what their specs ask for.

Level-triggered loops on `minicluster.reconcile`. They change objects through the registry only;
processes and sockets are the node's affair.
"""

from labsupport.minicluster.controllers.addresses import LoadBalancerController
from labsupport.minicluster.controllers.deployment import DeploymentController
from labsupport.minicluster.controllers.endpoints import EndpointsController
from labsupport.minicluster.controllers.garbage import GarbageCollector
from labsupport.minicluster.controllers.namespaces import NamespaceController
from labsupport.minicluster.controllers.replicaset import ReplicaSetController
from labsupport.minicluster.reconcile import Cluster, Controller

__all__ = ["controllers"]


def controllers(cluster: Cluster, *, network: str, ca_certificate: str) -> list[Controller]:
    """One of each, for a cluster whose addresses are in `network` ("127.N").

    `ca_certificate` (PEM) is what pods find in ConfigMap `kube-root-ca.crt`.
    """
    return [
        NamespaceController(cluster, ca_certificate),
        DeploymentController(cluster),
        ReplicaSetController(cluster),
        EndpointsController(cluster),
        LoadBalancerController(cluster, network),
        GarbageCollector(cluster),
    ]
