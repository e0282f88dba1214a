"""How many pods a Deployment should have, and has."""

from labsupport.base.errors import UsageError
from labsupport.kube.api import Api
from labsupport.kube.wait import unready_deployments, until_nothing_missing

_TIMEOUT = 30.0  # seconds


def scaled(api: Api, deployment: str, replicas: int, namespace: str) -> str:
    """Ask for so many pods, as `kubectl scale` does, and wait for them; the line that says so.

    Done when so many are ready, and those that are too many are gone. UsageError for what is no
    number of pods, StatusError for a Deployment that isn't there, WaitTimeout after half a minute.
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
    labels = api.get("deployments", deployment, namespace)["spec"]["selector"]["matchLabels"]
    selector = ",".join(f"{key}={value}" for key, value in labels.items())

    def lacks() -> list[str]:
        pods = len(api.list("pods", namespace, selector=selector))
        found = unready_deployments([api.get("deployments", deployment, namespace)])
        return [*found, f"it has {pods} of {replicas} pods"] if found or pods != replicas else []

    what = f"{deployment} to have {replicas} pods"
    until_nothing_missing(lacks, what=what, timeout=_TIMEOUT)
    return f"deployment.apps/{deployment} scaled"
