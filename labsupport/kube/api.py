"""A small REST client for a Kubernetes API server."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import requests

from labsupport.base.errors import ClusterNotRunning, UsageError
from labsupport.base.types import Json
from labsupport.kube.access import Access
from labsupport.kube.kinds import DISCOVERY, Kind, Kinds
from labsupport.kube.tables import Table
from labsupport.rules.status import Cause, StatusError

_TIMEOUT = (3.0, 30.0)  # to connect, and for each wait on an answer; seconds
_FORBIDDEN = 403
_NOT_YOURS = (
    "this part of the shared cluster is not yours to use; a cluster of your own is: "
    "INGRESS_LAB_HOME=~/lab-own ./lab start"
)
_DRY_RUN = {"dryRun": "All"}
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


class Api:
    """Objects of one cluster, as plain dicts. Refusals are StatusErrors.

    Kinds are given in any of their names: `ingresses`, `ing`, `Ingress`.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, .netrc or CA bundle of the environment
        self._session.verify = str(access.ca_file) if access.ca_file else True
        if access.certificate:
            pair = access.certificate
            self._session.cert = (str(pair.certificate), str(pair.key))
        self._session.headers["User-Agent"] = "ingress-lab"
        self._kinds: Kinds | None = None

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def kind(self, word: str | Json) -> Kind:
        """The kind that a word means, or that an object is of; asks anew for one not yet known."""
        if self._kinds is not None:
            try:
                return _find(self._kinds, word)
            except (StatusError, UsageError):
                pass  # it may have come since, with a CustomResourceDefinition
        return _find(self._discovered(), word)

    def kinds(self) -> list[Kind]:
        """The kinds that the cluster serves now."""
        return list(self._discovered())

    def _discovered(self) -> Kinds:
        headers = {"Accept": DISCOVERY}
        self._kinds = Kinds(self.call("GET", path, headers=headers) for path in ("/api", "/apis"))
        return self._kinds

    def get(self, kind: str, name: str, namespace: str = "default") -> Json:
        """One object."""
        return self.call("GET", self.kind(kind).path(namespace, name))

    def list(self, kind: str, namespace: str | None = None, *, selector: str = "") -> list[Json]:
        """The objects of a kind, of all namespaces or one, sorted; each with its own kind.

        Of all namespaces that we may look into, where not all are ours to see.
        """
        about = self.kind(kind)
        params = {"labelSelector": selector} if selector else None
        own = {"apiVersion": about.api_version, "kind": about.kind}
        answers = self._everywhere(about, namespace, params)
        return sorted(({**own, **item} for each in answers for item in each["items"]), key=_place)

    def create(self, obj: Json, namespace: str = "default", *, dry_run: bool = False) -> Json:
        """Create `obj`; its own namespace comes before the one given.

        With `dry_run` the server only says what it would do; so also in `replace`.
        """
        path = self.kind(obj).path(_namespace(obj, namespace))
        return self.call("POST", path, _DRY_RUN if dry_run else None, body=obj)

    def replace(self, obj: Json, *, dry_run: bool = False) -> Json:
        """Put `obj` in place of the one with its name (409 if that moved on meanwhile)."""
        metadata = obj["metadata"]
        path = self.kind(obj).path(metadata.get("namespace"), metadata["name"])
        return self.call("PUT", path, _DRY_RUN if dry_run else None, body=obj)

    def delete(self, kind: str, name: str, namespace: str = "default") -> Json:
        """Delete one object; what it owns goes too, in the background."""
        body = {"propagationPolicy": "Background"}
        return self.call("DELETE", self.kind(kind).path(namespace, name), body=body)

    def table(
        self, kind: str, namespace: str | None, *, wide: bool, age: bool, selector: str = ""
    ) -> Table:
        """The server's own table of a kind, as `kubectl get` shows it."""
        about = self.kind(kind)
        params = {"labelSelector": selector} if selector else None
        everywhere = about.namespaced and namespace is None
        answers = self._everywhere(about, namespace, params, headers={"Accept": _TABLE})
        whole = {**answers[0], "rows": [row for each in answers for row in each["rows"]]}
        return Table.from_server(whole, namespaces=everywhere, wide=wide, age=age)

    def _everywhere(
        self,
        kind: Kind,
        namespace: str | None,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None = None,
    ) -> Sequence[Json]:
        """The answers of the places to look into; in others' we may not see every kind."""
        answers = []
        for place in places_of(self.access, kind, namespace):
            try:
                answers.append(self.call("GET", kind.path(place), params, headers=headers))
            except StatusError as error:
                if error.code != _FORBIDDEN or not answers:
                    raise
        return answers

    def log(
        self,
        pod: str,
        namespace: str = "default",
        *,
        container: str = "",
        follow: bool = False,
        tail: int | None = None,
        since: int | None = None,
    ) -> Iterator[bytes]:
        """A pod's log, piece by piece as it comes; on and on if `follow`.

        At most the last `tail` lines, and none that is older than `since` seconds. A pod of several
        containers needs to be told which.
        """
        params = {"follow": str(follow).lower()}
        if container:
            params["container"] = container
        if tail is not None:
            params["tailLines"] = str(tail)
        if since is not None:
            params["sinceSeconds"] = str(since)
        path = self.kind("pods").path(namespace, pod, "log")
        timeout = (_TIMEOUT[0], None) if follow else _TIMEOUT
        with self._send("GET", path, params, stream=True, timeout=timeout) as response:
            try:
                yield from response.iter_content(None)
            except requests.RequestException as error:
                raise ClusterNotRunning(
                    f"the log of {pod} broke off", found=str(error), remedy="./lab status"
                ) from error

    def call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """One request and its JSON answer. StatusError, or ClusterNotRunning if none came."""
        with self._send(method, path, params, json=body, headers=headers) as response:
            answer: Json = response.json()
            return answer

    def _send(
        self, method: str, path: str, params: Mapping[str, str] | None = None, **options: Any
    ) -> requests.Response:
        options.setdefault("timeout", _TIMEOUT)
        options["headers"] = {**self.access.headers(), **(options.get("headers") or {})}
        tenancy = self.access.tenancy
        if isinstance(options.get("json"), dict):
            options["json"] = tenancy.body(path, options["json"])
        try:
            url = f"{self.access.server}{tenancy.path(path)}"
            response = self._session.request(method, url, params=params, **options)
        except requests.RequestException as error:
            raise ClusterNotRunning(
                "the cluster's API server does not answer",
                found=f"{self.access.server}: {_why(error)}",
                remedy="./lab up",
            ) from error
        if response.status_code >= 400:
            with response:
                refusal = _refusal(response)
            if refusal.code == _FORBIDDEN and not tenancy.is_whole:
                refusal.remedy = _NOT_YOURS
            raise refusal
        return response


def places_of(access: Access, kind: Kind, namespace: str | None) -> Sequence[str | None]:
    """The namespaces to look into for `namespace`, our own first; None stands for all at once."""
    if namespace is None and kind.namespaced and access.tenancy.namespaces:
        return access.tenancy.namespaces
    return (namespace,)


def _find(kinds: Kinds, word: str | Json) -> Kind:
    if isinstance(word, str):
        return kinds.named(word)
    kind = kinds.of(word)
    if kind is None:
        what = f'no matches for kind "{word["kind"]}" in version "{word["apiVersion"]}"'
        raise StatusError(404, "NotFound", what)
    return kind


def _refusal(response: requests.Response) -> StatusError:
    try:
        status: Json = response.json()
        message = status["message"]
    except (json.JSONDecodeError, requests.JSONDecodeError, KeyError, TypeError):
        return StatusError(response.status_code, "Unknown", response.text[:500])
    details = status.get("details") or {}
    return StatusError(
        status.get("code", response.status_code),
        status.get("reason", ""),
        message,
        details.get("group", ""),
        details.get("kind", ""),
        details.get("name", ""),
        tuple(
            Cause(cause.get("reason", ""), cause.get("message", ""), cause.get("field", ""))
            for cause in details.get("causes", ())
        ),
    )


def _why(error: Exception) -> str:
    text = str(error)
    return "connection refused" if "refused" in text else text[:300]


def _namespace(obj: Json, default: str) -> str:
    return str(obj["metadata"].get("namespace") or default)


def _place(obj: Json) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
