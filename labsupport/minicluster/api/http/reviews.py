"""Questions that are answered but not stored: may I, who am I, a token please."""

from labsupport.base.types import Json
from labsupport.minicluster.api.auth import Authorizer, ServiceAccountTokens, User
from labsupport.minicluster.api.http.bodies import json_object
from labsupport.minicluster.api.http.requests import Request, ResourceRequest
from labsupport.minicluster.api.http.responses import Response, json_response
from labsupport.minicluster.api.registry import Registry
from labsupport.rules.rbac import Attributes

ACCESS_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
SELF_REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
PATHS = (ACCESS_REVIEW, SELF_REVIEW)

_NEVER_EXPIRES = "2999-12-31T23:59:59Z"


def reviewed(authorizer: Authorizer, user: User, request: Request) -> Response:
    """POST of a review about oneself (`kubectl auth can-i`, `kubectl auth whoami`)."""
    review = json_object(request)
    if request.path == SELF_REVIEW:
        who: Json = {"username": user.name, "groups": list(user.groups)}
        if user.uid:
            who["uid"] = user.uid
        return json_response({**review, "status": {"userInfo": who}}, 201)
    allowed = authorizer.allows(_asked(user, review.get("spec") or {}))
    return json_response({**review, "status": {"allowed": allowed}}, 201)


def token_issued(
    registry: Registry, tokens: ServiceAccountTokens, request: ResourceRequest
) -> Response:
    """POST on `serviceaccounts/NAME/token` (`kubectl create token`)."""
    target = request.target
    account = registry.get(request.resource.key, target.namespace, target.name)
    token = tokens.issue(target.namespace, target.name, account["metadata"]["uid"])
    status = {"token": token, "expirationTimestamp": _NEVER_EXPIRES}
    return json_response({**json_object(request.http), "status": status}, 201)


def _asked(user: User, spec: Json) -> Attributes:
    resource = spec.get("resourceAttributes") or {}
    other = spec.get("nonResourceAttributes") or {}
    return Attributes(
        user.name,
        resource.get("verb") or other.get("verb", ""),
        groups=user.groups,
        group=resource.get("group", ""),
        resource=resource.get("resource", ""),
        subresource=resource.get("subresource", ""),
        namespace=resource.get("namespace", ""),
        name=resource.get("name", ""),
        path=other.get("path", ""),
    )
