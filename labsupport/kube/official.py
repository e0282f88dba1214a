"""The official `kubernetes` client, set up for one cluster."""

from typing import TYPE_CHECKING

from labsupport.kube.access import Access

if TYPE_CHECKING:
    from kubernetes.client import ApiClient


def client(access: Access) -> "ApiClient":
    """An ApiClient for `access`, whatever $KUBECONFIG or proxies the environment names.

    Loading the package takes about two seconds, so it happens here, on the first use.
    """
    from kubernetes import client as official

    configuration = official.Configuration()
    configuration.host = access.server
    configuration.ssl_ca_cert = str(access.ca_file)
    configuration.api_key = {"authorization": f"Bearer {access.token}"}
    configuration.proxy = None
    return official.ApiClient(configuration)
