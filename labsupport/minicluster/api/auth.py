"""Who asks, and whether they may: bearer tokens, ServiceAccount tokens, RBAC."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from labsupport.base.types import Json
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.store import Key
from labsupport.rules.rbac import (
    GROUP,
    SUPERUSERS,
    Attributes,
    Policy,
    allowed,
    granted,
    refusal,
    service_account_user,
)
from labsupport.rules.status import StatusError, forbidden, unauthorized

ISSUER = "https://kubernetes.default.svc"
_HEADER = {"alg": "HS256", "typ": "JWT"}
_SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:"


@dataclass(frozen=True)
class User:
    """Somebody who has been recognised."""

    name: str
    groups: tuple[str, ...]
    uid: str = ""


ADMIN = User("kubernetes-admin", (SUPERUSERS, "system:authenticated"))


class ServiceAccountTokens:
    """Issues and reads the tokens of ServiceAccounts: JWTs signed with one key (HMAC SHA-256).

    `key` is at least 32 random bytes that only the cluster's owner can read. A token holds for
    one ServiceAccount object: made anew under the same name, it needs a new token.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, namespace: str, name: str, uid: str) -> str:
        """The token of this ServiceAccount; the same each time, and it does not expire."""
        account = {"namespace": namespace, "serviceaccount": {"name": name, "uid": uid}}
        subject = f"{_SERVICE_ACCOUNT_PREFIX}{namespace}:{name}"
        claims = {"iss": ISSUER, "sub": subject, "kubernetes.io": account}
        signed = f"{_encoded(_dumped(_HEADER))}.{_encoded(_dumped(claims))}"
        return f"{signed}.{_encoded(self._signature(signed))}"

    def claims(self, token: str) -> Json | None:
        """What the token says, if this key signed it."""
        signed, _, signature = token.rpartition(".")
        if not _equal(_encoded(self._signature(signed)), signature):
            return None
        payload = signed.partition(".")[2]
        claims: Json = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims

    def _signature(self, signed: str) -> bytes:
        return hmac.new(self._key, signed.encode(), hashlib.sha256).digest()


class Authenticator:
    """Recognises the holder of a bearer token: the cluster's admin, or a ServiceAccount."""

    def __init__(self, registry: Registry, admin_token: str, tokens: ServiceAccountTokens) -> None:
        self._registry = registry
        self._admin_token = admin_token
        self.tokens = tokens

    def user(self, headers: Mapping[str, str]) -> User:
        """Who sent these headers (names in lower case); 401 when nobody we know.

        The admin, and nobody else, may speak for somebody else (`kubectl --as`).
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthorized()
        if _equal(token.strip(), self._admin_token):
            return _impersonated(headers) or ADMIN
        user = self._service_account(token.strip())
        if user is None:
            raise unauthorized()
        if name := headers.get("impersonate-user"):
            asked = Attributes(user.name, "impersonate", resource="users", name=name)
            raise forbidden("users", "", name, refusal(asked))
        return user

    def _service_account(self, token: str) -> User | None:
        claims = self.tokens.claims(token)
        if claims is None:
            return None
        namespace = claims["kubernetes.io"]["namespace"]
        account = claims["kubernetes.io"]["serviceaccount"]
        found = self._registry.store.get(Key("serviceaccounts", namespace, account["name"]))
        if found is None or found["metadata"]["uid"] != account["uid"]:
            return None
        return User(*service_account_user(namespace, account["name"]), account["uid"])


class Authorizer:
    """Asks the RBAC objects in the store whether a request is allowed."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def allows(self, attributes: Attributes) -> bool:
        """Whether some role grants it."""
        return SUPERUSERS in attributes.groups or allowed(attributes, self._policy())

    def rules(self, user: User, namespace: str) -> list[Json]:
        """All rules (`v1.PolicyRule`) that hold for the user in a namespace."""
        return granted(user.name, user.groups, namespace, self._policy())

    def check(self, attributes: Attributes) -> None:
        """403 in Kubernetes' words when it is not allowed."""
        if self.allows(attributes):
            return
        if attributes.path:
            message = f"forbidden: {refusal(attributes)}"
            raise StatusError(403, "Forbidden", message)
        raise forbidden(attributes.resource, attributes.group, attributes.name, refusal(attributes))

    def _policy(self) -> Policy:
        kinds = ("clusterroles", "roles", "clusterrolebindings", "rolebindings")
        return Policy(*(self._registry.list(f"{kind}.{GROUP}") for kind in kinds))


def _impersonated(headers: Mapping[str, str]) -> User | None:
    name = headers.get("impersonate-user", "")
    if not name:
        return None
    groups = tuple(filter(None, headers.get("impersonate-group", "").split(",")))
    if name.startswith(_SERVICE_ACCOUNT_PREFIX) and name.count(":") == 3 and not groups:
        return User(*service_account_user(*name.split(":")[2:]))
    return User(name, (*groups, "system:authenticated"))


def _equal(one: str, other: str) -> bool:
    """Whether two secrets are equal, found out in the same time wherever they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def _dumped(claims: Json) -> bytes:
    return json.dumps(claims, separators=(",", ":")).encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
