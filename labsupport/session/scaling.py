"""How many pods a Deployment should have."""

from labsupport.base.errors import UsageError
from labsupport.kube.api import Api


def scaled(api: Api, deployment: str, replicas: int, namespace: str) -> str:
    """Ask for so many pods, as `kubectl scale` does; the line that says so.

    UsageError for what is no number of pods, StatusError for a Deployment that isn't there.
    """
    if isinstance(replicas, bool) or not isinstance(replicas, int) or replicas < 0:
        raise UsageError(
            f"the number of pods of {deployment} is a whole number from 0 on",
            found=repr(replicas),
            remedy=f'for example: lab.scale("{deployment}", 2)',
        )
    path = f"{api.kind('deployments').path(namespace, deployment)}/scale"
    merge = {"Content-Type": "application/merge-patch+json"}
    api.call("PATCH", path, body={"spec": {"replicas": replicas}}, headers=merge)
    return f"deployment.apps/{deployment} scaled"
