"""An ingress controller: it watches Ingresses, and makes Caddy, the proxy beside it, serve them.

It never asks what has happened, only what is wanted now: on any change it plans all of Caddy's
configuration anew. The lab's rule engine puts rules in order, and knows the pods behind a Service.
"""

import json
import os
import time
from collections import defaultdict
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from re import escape
from typing import Any
from urllib.error import HTTPError

from labsupport.manifests.apps import kubernetes_api as api
from labsupport.rules.ingress import LAB, RuleSet

GROUP = "lab.example.com"  # of our own kinds
CONTROLLER = f"{GROUP}/ingress-controller"  # spec.controller of our IngressClasses
NETWORKING = "/apis/networking.k8s.io/v1"
WATCHED = {
    "ingresses": f"{NETWORKING}/ingresses",
    "classes": f"{NETWORKING}/ingressclasses",
    "services": "/api/v1/services",
    "slices": "/apis/discovery.k8s.io/v1/endpointslices",
    "secrets": "/api/v1/secrets?fieldSelector=type%3Dkubernetes.io%2Ftls",
    "parameters": f"/apis/{GROUP}/v1/ingressparameters",
    "sites": f"/apis/{GROUP}/v1/staticsites",
}
SHARED = Path(os.environ["SHARED"])  # a volume that Caddy has too


class Plan:
    """Caddy's `config`, the `ingresses` in it, and the `problems` of each, by namespace/name."""

    def __init__(self, seen: dict[str, dict[str, Any]]) -> None:
        self.seen = seen
        self.ingresses = {key: obj for key, obj in seen["ingresses"].items() if self.class_of(obj)}
        self.problems: dict[str, list[str]] = defaultdict(list)
        services, slices = seen["services"].values(), seen["slices"].values()
        served = [self.ingresses[key] for key in sorted(self.ingresses)]
        self.rules = RuleSet(served, services=services, slices=slices, profile=LAB)
        self.config = json.loads((SHARED / "base.json").read_text())
        tls, server = self.config["apps"]["tls"], self.config["apps"]["http"]["servers"]["ingress"]
        tls["certificates"]["load_pem"], policies = self.certificates()
        server["tls_connection_policies"][:0] = policies
        server["routes"] = self.routes()

    def class_of(self, ingress: Any) -> Any:
        """The Ingress's class if we serve it: by the field, or as it was before there was one."""
        old = ingress["metadata"].get("annotations", {}).get("kubernetes.io/ingress.class")
        found = self.seen["classes"].get(f"/{ingress['spec'].get('ingressClassName') or old}")
        return found if found and found["spec"].get("controller") == CONTROLLER else None

    def routes(self) -> list[Any]:
        """What Caddy tries in turn: rules by precedence, default backends, and 404."""
        routes, entries, defaults = [], self.rules.entries, self.rules.defaults
        usable = [each for each in entries if each.unusable is None]
        for host, group in groupby(usable, key=lambda entry: entry.route.host):
            paths = [self.path(e.path) | self.way(e.route.ingress, e.route.backend) for e in group]
            below = {"handle": [{"handler": "subroute", "routes": paths}]}
            routes.append(self.hosts({host}) | below)
        for each in defaults:  # that of an Ingress with a rule for the host goes before the oldest
            hosts = {e.route.host for e in entries if e.route.ingress == each.ingress} - {""}
            routes += [self.hosts(hosts) | self.way(each.ingress, each.backend)] if hosts else []
        routes += [self.way(each.ingress, each.backend) for each in defaults[:1]]
        nobody = self.answer(404, "no Ingress rule takes this request")
        return [*routes, {"handle": [{"handler": "vars", "log_skip": True}, nobody]}]

    def way(self, ingress: str, backend: Any) -> dict[str, Any]:
        """The steps to a backend, as the parameters of the Ingress's class want them."""
        parameters = self.parameters(ingress)
        headers = {name: [value] for name, value in parameters.get("responseHeaders", {}).items()}
        try:
            goal = self.files(backend) if backend.resource else self.pods(backend, parameters)
        except api.FAILURES as error:
            self.problems[ingress].append(f"{backend}: {error}")
            goal = self.answer(503, "nobody behind this Ingress rule can answer")
        log = {"handler": "vars", "log_skip": not parameters.get("accessLog")}
        set_headers = {"handler": "headers", "response": {"set": headers, "deferred": True}}
        return {"handle": [log, set_headers, goal]}

    def parameters(self, ingress: str) -> Any:
        """The spec of what the Ingress's class names as its parameters."""
        wanted = self.class_of(self.ingresses[ingress])["spec"].get("parameters", {})
        kind, name = wanted.get("kind"), wanted.get("name")
        found = self.seen["parameters"].get(f"/{name}") if kind == "IngressParameters" else None
        if wanted and not found:
            self.problems[ingress].append(f"its class's parameters, {kind} {name}: there are none")
        return found["spec"] if found else {}

    def pods(self, backend: Any, parameters: Any) -> Any:
        """Straight to the pods that a Service selects, in turn; the Service's IP is not used."""
        targets, limits = self.rules.directory.targets(backend), parameters.get("timeouts", {})
        if targets.missing:
            raise ValueError(targets.missing[1])
        pods = [{"dial": f"{each.address}:{each.port}"} for each in targets.endpoints]
        turns = {"selection_policy": {"policy": "round_robin"}, "retries": 2}
        http = {"protocol": "http", "dial_timeout": limits.get("connect", "3s")}
        http["response_header_timeout"] = limits.get("response", "0s")  # 0s: without end
        how = {"load_balancing": turns, "transport": http}
        return {"handler": "reverse_proxy", "upstreams": pods, **how}

    def files(self, backend: Any) -> Any:
        """To a StaticSite's files, in a folder named by them: it never changes under Caddy."""
        site = self.seen["sites"].get(f"{backend.namespace}/{backend.resource[2]}")
        if backend.resource[:2] != (GROUP, "StaticSite") or site is None:
            raise ValueError("there is none")
        files = {name: text.encode() for name, text in site["spec"]["files"].items()}
        folder = (SHARED / "sites" / sha256(repr(files).encode()).hexdigest()).resolve()
        for name, content in files.items():
            file = (folder / name).resolve()
            if not file.is_relative_to(folder):
                raise ValueError(f"its file {name} would lie outside")
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists() or file.read_bytes() != content:
                file.write_bytes(content)
        return {"handler": "file_server", "root": str(folder)}

    def certificates(self) -> tuple[list[Any], list[Any]]:
        """Certificates, and which of them is for which name of a TLS handshake (SNI)."""
        pairs: dict[str, Any] = {}
        chosen: dict[str, str] = {}  # "" is for the names that no other entry has
        for each in (entry for entry in self.rules.tls if entry.secret):
            try:
                pairs[each.secret] = api.key_pair(self.seen["secrets"].get(each.secret))
                chosen = dict.fromkeys(each.hosts or [""], each.secret) | chosen
            except api.FAILURES as error:
                self.problems[each.ingress].append(f"Secret {each.secret}: {error}")
        names = sorted(chosen, key=lambda name: (not name, "*" in name))  # the exact ones first
        policies: list[Any] = [{"match": {"sni": [name]} if name else {}} for name in names]
        for name, policy in zip(names, policies, strict=True):
            policy["certificate_selection"] = {"any_tag": [chosen[name]]}
        return [{**pair, "tags": [secret]} for secret, pair in pairs.items()], policies

    def hosts(self, hosts: set[str]) -> dict[str, Any]:
        names = [name for host in sorted(hosts) if host for name in (host, f"{host}.")]
        return {"match": [{"host": names}]} if names else {}

    def path(self, path: Any) -> dict[str, Any]:
        """By a regular expression: Caddy's own matcher takes upper and lower case for the same."""
        prefix, exact = f"^{escape(path.prefix)}(/|$)", f"^{escape(path.text)}$"
        pattern = exact if path.reading == "exact" else prefix
        return {"match": [{"path_regexp": {"pattern": pattern}}]} if path.text else {}

    def answer(self, status: int, text: str) -> dict[str, Any]:
        return {"handler": "static_response", "status_code": status, "body": f"{text}\n"}


def configure(plan: Plan) -> str:
    """Have Caddy do as planned; if it refuses, it goes on as before, and this gives the reason."""
    # Its admin API obeys who knows its origin, a secret that was drawn when the pod started.
    origin, url = plan.config["admin"]["origins"][0], f"http://{os.environ['POD_IP']}:2019/load"
    try:
        api.send("POST", url, {"Host": origin, "Origin": f"http://{origin}"}, plan.config).close()
    except HTTPError as error:
        return f"Caddy refuses: {json.load(error)['error']}"
    return ""


def publish(plan: Plan, refusal: str) -> None:
    """Our Service's address becomes that of each Ingress; an Event says what came of it."""
    api.log("caddy", refusal or f"takes {len(plan.rules.entries)} rules")
    status = plan.seen["services"].get(os.environ["SERVICE"], {}).get("status", {})
    found = status.get("loadBalancer", {}).get("ingress", [])
    address = [{key: each[key] for key in ("ip", "hostname") if key in each} for each in found]
    for name, ingress in plan.seen["ingresses"].items():
        before = ingress.get("status", {}).get("loadBalancer", {}).get("ingress", [])
        served = name in plan.ingresses
        wanted = address if served else [each for each in before if each not in address]
        bad = refusal or "; ".join(dict.fromkeys(plan.problems.get(name, ())))
        try:
            if before != wanted:
                path = f"{NETWORKING}/namespaces/{name.replace('/', '/ingresses/')}/status"
                api.call("PATCH", path, {"status": {"loadBalancer": {"ingress": wanted}}}).close()
            if served:
                api.record(ingress, *(("Rejected", bad) if bad else ("Sync", "Caddy serves it")))
        except api.FAILURES as error:
            api.log(name, f"its status and events can't be written: {error}")


def main() -> None:
    cluster, plan = api.Cache(**WATCHED), None
    while True:
        try:
            if cluster.changed.wait(1):  # or after a second, in case Caddy was started anew
                time.sleep(0.02)  # what comes together is planned together
                cluster.changed.clear()
                plan = Plan(dict(cluster.objects)) if cluster.complete() else None
            if plan:
                publish(plan, configure(plan))
        except api.FAILURES as error:
            api.log("controller", f"tries again: {error!r}")


if __name__ == "__main__":
    main()
