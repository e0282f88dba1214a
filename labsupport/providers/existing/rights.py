"""What an account may do, asked beforehand (`authorization.k8s.io/v1 SelfSubjectAccessReview`)."""

from collections.abc import Iterable
from dataclasses import replace

from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.rules.rights import Right
from labsupport.rules.status import StatusError

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def lacking(api: Api, rights: Iterable[Right], namespace: str) -> list[Right]:
    """Those of the rights that the account has not, with the verbs that it lacks."""
    found = []
    for right in rights:
        place = "" if right.everywhere else namespace
        verbs = tuple(verb for verb in right.verbs if not may(api, verb, right, place))
        if verbs:
            found.append(replace(right, verbs=verbs))
    return found


def may(api: Api, verb: str, right: Right, namespace: str = "") -> bool:
    """Whether the account may do one thing, in a namespace, or everywhere."""
    resource, _, subresource = right.resource.partition("/")
    attributes = {
        "verb": verb,
        "group": right.group,
        "resource": resource,
        "subresource": subresource,
        "namespace": namespace,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = api.call("POST", _REVIEWS, body=review)
    return bool(answer.get("status", {}).get("allowed"))


def user_name(api: Api) -> str:
    """Who the cluster says that we are; "" where it does not tell."""
    review: Json = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        answer = api.call("POST", _WHO, body=review)
    except StatusError:
        return ""
    return str(answer.get("status", {}).get("userInfo", {}).get("username", ""))
