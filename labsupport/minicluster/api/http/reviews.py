"""Questions that are answered but not stored: may I, who am I, a token please."""

from labsupport.base.types import Json
from labsupport.minicluster.api.auth import Authorizer, ServiceAccountTokens, User
from labsupport.minicluster.api.http.bodies import sent_object
from labsupport.minicluster.api.http.requests import Request, ResourceRequest
from labsupport.minicluster.api.http.responses import Response, json_response
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.api.schemas import Schemas
from labsupport.rules.rbac import Attributes
from labsupport.rules.status import bad_request
from labsupport.rules.validation import invalid
from labsupport.rules.validation.field import invalid_value

REVIEWS = {
    "/apis/authentication.k8s.io/v1/selfsubjectreviews": "SelfSubjectReview",
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": "SelfSubjectAccessReview",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews": "SelfSubjectRulesReview",
}
"""The kind that is posted to each path."""

_NEVER_EXPIRES = "2999-12-31T23:59:59Z"


def reviewed(authorizer: Authorizer, schemas: Schemas, user: User, request: Request) -> Response:
    """POST of a review about oneself (`kubectl auth can-i [--list]`, `kubectl auth whoami`)."""
    kind = REVIEWS[request.path]
    review = sent_object(schemas, request, kind)
    if metadata := review.get("metadata"):
        raise invalid("", "", "", [invalid_value("metadata", metadata, "must be empty")])
    spec = review.get("spec") or {}
    if kind == "SelfSubjectReview":
        status = _who(user)
    elif kind == "SelfSubjectRulesReview":
        status = _rules(authorizer, user, spec)
    else:
        status = {"allowed": authorizer.allows(_asked(user, spec))}
    return json_response({**review, "status": status}, 201)


def token_issued(
    registry: Registry, schemas: Schemas, tokens: ServiceAccountTokens, request: ResourceRequest
) -> Response:
    """POST on `serviceaccounts/NAME/token` (`kubectl create token`)."""
    target = request.target
    account = registry.get(request.resource.key, target.namespace, target.name)
    token = tokens.issue(target.namespace, target.name, account["metadata"]["uid"])
    status = {"token": token, "expirationTimestamp": _NEVER_EXPIRES}
    sent = sent_object(schemas, request.http, "TokenRequest")
    return json_response({**sent, "status": status}, 201)


def _who(user: User) -> Json:
    who: Json = {"username": user.name, "groups": list(user.groups)}
    if user.uid:
        who["uid"] = user.uid
    return {"userInfo": who}


def _rules(authorizer: Authorizer, user: User, spec: Json) -> Json:
    """`authorization/v1 SubjectRulesReviewStatus`."""
    namespace = spec.get("namespace")
    if not namespace:
        raise bad_request("no namespace on request")
    rules = authorizer.rules(user, namespace)
    return {
        "resourceRules": [rule for rule in rules if rule.get("resources")],
        "nonResourceRules": [rule for rule in rules if rule.get("nonResourceURLs")],
        "incomplete": False,
    }


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
