"""The official `kubernetes` client, set up for one cluster."""

import json
from typing import TYPE_CHECKING, Any

from labsupport.kube.access import Access

if TYPE_CHECKING:
    from kubernetes.client import ApiClient


def client(access: Access) -> "ApiClient":
    """An ApiClient for `access`, whatever $KUBECONFIG or proxies the environment names.

    Loading the package takes about two seconds, so it happens here, on the first use.
    """
    from kubernetes import client as official

    # As our own errors do: what the API server says, and no traceback through the package.
    official.ApiException._render_traceback_ = _in_words  # type: ignore[attr-defined]
    configuration = official.Configuration()
    configuration.host = access.server
    configuration.ssl_ca_cert = str(access.ca_file) if access.ca_file else None
    if access.certificate:
        configuration.cert_file = str(access.certificate.certificate)
        configuration.key_file = str(access.certificate.key)
    configuration.proxy = None
    return _tenant_client(access, configuration)


def _in_words(error: Any) -> list[str]:
    """What Jupyter shows in place of an ApiException's traceback."""
    try:
        said = json.loads(error.body)["message"]
    except (TypeError, ValueError, KeyError):
        said = f"{error.status} {error.reason}"
    return [f"{type(error).__name__}: {said}"]


def _tenant_client(access: Access, configuration: Any) -> "ApiClient":
    """An ApiClient that says who we are at each request, and speaks of our part of the cluster."""
    from kubernetes.client import ApiClient

    class TenantClient(ApiClient):
        def call_api(
            self,
            method: Any,
            url: Any,
            header_params: Any = None,
            body: Any = None,
            post_params: Any = None,
            _request_timeout: Any = None,
        ) -> Any:
            path = url.removeprefix(access.server)
            headers = {**(header_params or {}), **access.headers()}
            tenancy = access.tenancy
            if isinstance(body, dict):
                body = tenancy.body(path, body)
            url = access.server + tenancy.path(path)
            return super().call_api(method, url, headers, body, post_params, _request_timeout)

    return TenantClient(configuration)
