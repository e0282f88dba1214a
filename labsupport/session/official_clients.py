"""The official `kubernetes` client of a lab, loaded when it is first used."""

from functools import cached_property
from typing import TYPE_CHECKING

from labsupport.providers.protocol import Connection

if TYPE_CHECKING:
    from kubernetes import client as official


class OfficialClients:
    """The part of `Lab` that gives the official client's APIs. It needs a `connection`."""

    connection: Connection

    @cached_property
    def kubernetes(self) -> "official.ApiClient":
        """The official Python client, connected; loading it takes about two seconds."""
        from labsupport.kube.official import client

        return client(self.connection.access)

    @cached_property
    def core(self) -> "official.CoreV1Api":
        """Pods, Services, ConfigMaps, Secrets, Namespaces: the official client's CoreV1Api."""
        from kubernetes import client

        return client.CoreV1Api(self.kubernetes)

    @cached_property
    def apps(self) -> "official.AppsV1Api":
        """Deployments and ReplicaSets: the official client's AppsV1Api."""
        from kubernetes import client

        return client.AppsV1Api(self.kubernetes)

    @cached_property
    def networking(self) -> "official.NetworkingV1Api":
        """Ingresses and IngressClasses: the official client's NetworkingV1Api."""
        from kubernetes import client

        return client.NetworkingV1Api(self.kubernetes)
