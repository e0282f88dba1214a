"""Where the scenarios are asked: a namespace of their own, with a pod behind every Service."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.kube.manifests import objects
from labsupport.kube.wait import unready_deployments, until_nothing_missing
from labsupport.manifests import documents
from labsupport.rules.conformance import CERTIFICATE_HOST, SECRET
from labsupport.rules.status import StatusError

_LABEL = {"app.kubernetes.io/part-of": "ingress-lab-conformance"}
_TIMEOUT = 60.0  # seconds
_NOT_FOUND = 404


@contextmanager
def ground(api: Api, namespace: str) -> Iterator[None]:
    """The namespace with its backends ready and the Secret; all of it is removed at the end.

    What an interrupted run left is removed first. UsageError when the namespace is somebody
    else's.
    """
    _remove(api, namespace)
    try:
        api.create(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": namespace, "labels": _LABEL},
            }
        )
        for each in (*objects(documents("conformance"), source="conformance.yaml"), _secret()):
            api.create(each, namespace)
        wait_for_pods(api, namespace)
        yield
    finally:
        _remove(api, namespace)


def scale(api: Api, namespace: str, replicas: int) -> None:
    """Give the backends so many pods, and wait until all are ready."""
    body = {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": "echo", "namespace": namespace},
        "spec": {"replicas": replicas},
    }
    api.call("PUT", f"{api.kind('deployments').path(namespace, 'echo')}/scale", body=body)
    wait_for_pods(api, namespace)


def wait_for_pods(api: Api, namespace: str) -> None:
    """Wait until the backends' Deployment is rolled out."""
    until_nothing_missing(
        lambda: unready_deployments(api.list("deployments", namespace)),
        what=f"the backends in namespace {namespace}",
        timeout=_TIMEOUT,
    )


def _secret() -> Json:
    """The TLS Secret of the host rules; self-signed, as nobody checks it."""
    from labsupport.trust.authority import self_signed

    pair = self_signed([CERTIFICATE_HOST], lifetime=timedelta(days=1))
    data = {"tls.crt": pair.certificate, "tls.key": pair.key}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET},
        "type": "kubernetes.io/tls",
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
    }


def _remove(api: Api, namespace: str) -> None:
    found = _live(api, namespace)
    if found is None:
        return
    if not _LABEL.items() <= (found["metadata"].get("labels") or {}).items():
        raise UsageError(
            f"the scenarios want a namespace {namespace} of their own",
            found="one of that name which somebody else made",
            remedy=f"kubectl delete namespace {namespace}",
        )
    try:
        api.delete("namespaces", namespace)
    except StatusError as error:
        if error.code != _NOT_FOUND:
            raise
    until_nothing_missing(
        lambda: ["it is still there"] if _live(api, namespace) else [],
        what=f"namespace {namespace} to be gone",
        timeout=_TIMEOUT,
    )


def _live(api: Api, namespace: str) -> Json | None:
    try:
        return api.get("namespaces", namespace)
    except StatusError as error:
        if error.code != _NOT_FOUND:
            raise
        return None
