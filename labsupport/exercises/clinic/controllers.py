"""Breakages of what all sites share: the ingress controller, its rights, its class, its address."""

from labsupport.base.types import Json
from labsupport.exercises.clinic.breakage import Breakage, Harm, Mend
from labsupport.exercises.clinic.site import DOMAIN, Site
from labsupport.session import Lab

_TRAEFIK = ("traefik", "traefik")
_DEPLOYMENT = ("deployments", *_TRAEFIK)
_SERVICE = ("services", *_TRAEFIK)
_ROLE = ("clusterroles", "traefik", "")
_ONLY_OF_BALANCERS = (
    "allocateLoadBalancerNodePorts",
    "externalTrafficPolicy",
    "healthCheckNodePort",
    "loadBalancerClass",
    "loadBalancerIP",
)
_DEFAULT = "ingressclass.kubernetes.io/is-default-class"
_NEWER_CLASS: Json = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "IngressClass",
    "metadata": {"name": "internal", "annotations": {_DEFAULT: "true"}},
    "spec": {"controller": "example.com/internal-gateway"},
}
_SLICES: Json = {
    "apiGroups": ["discovery.k8s.io"],
    "resources": ["endpointslices"],
    "verbs": ["get", "list", "watch"],
}


def _scaled(deployment: Json, replicas: int) -> Json:
    return {**deployment, "spec": {**deployment["spec"], "replicas": replicas}}


def _without_slices(role: Json) -> Json:
    rules = [rule for rule in role["rules"] if "endpointslices" not in rule.get("resources", ())]
    return {**role, "rules": rules}


def _cluster_internal(service: Json) -> Json:
    spec = {key: value for key, value in service["spec"].items() if key not in _ONLY_OF_BALANCERS}
    ports = [{k: v for k, v in port.items() if k != "nodePort"} for port in spec["ports"]]
    return {**service, "spec": {**spec, "type": "ClusterIP", "ports": ports}}


def _scale_up(lab: Lab) -> None:
    lab.api.replace(_scaled(lab.api.get(*_DEPLOYMENT), 1))


def _allow_slices(lab: Lab) -> None:
    role = lab.api.get(*_ROLE)
    lab.api.replace({**role, "rules": [*role["rules"], _SLICES]})


def _give_address(lab: Lab) -> None:
    service = lab.api.get(*_SERVICE)
    lab.api.replace({**service, "spec": {**service["spec"], "type": "LoadBalancer"}})


BREAKAGES = (
    Breakage(
        "brewery",
        "controller-down",
        "second",
        "The brewery's page cannot be reached. Nor can any other page of the cluster.",
        f"http://brewery.{DOMAIN}/",
        "no connection",
        (Mend("the controller runs again", act=_scale_up),),
        (
            "The name leads to the right address. Who should listen there?",
            "The controller's Service sends on to pods. Are there any? kubectl get pods -n traefik",
            "How many pods does its Deployment ask for? kubectl get deployments -n traefik",
        ),
        Site("brewery"),
        harm=(Harm(*_DEPLOYMENT, lambda deployment: _scaled(deployment, 0)),),
    ),
    Breakage(
        "windmill",
        "rbac-missing",
        "third",
        "After the audit we gave the controller fewer rights and restarted it. No page is left.",
        f"http://windmill.{DOMAIN}/",
        "404",
        (Mend("the controller may read EndpointSlices again", act=_allow_slices),),
        (
            "The proxy answers, but knows no route at all. Where should it have them from?",
            "What does the controller say? ./lab logs traefik",
            "Put what it may not read back into its rights: kubectl edit clusterrole traefik",
        ),
        Site("windmill"),
        harm=(Harm(*_ROLE, _without_slices),),
        restarts=(_TRAEFIK,),
    ),
    Breakage(
        "garage",
        "no-address",
        "third",
        "To save money we did without the load balancer. Now nobody finds the garage's page.",
        f"http://garage.{DOMAIN}/",
        "no connection",
        (Mend("the controller's Service gets an address", act=_give_address),),
        (
            "Is anybody still listening at the address that the name has?",
            "Has the Ingress an address? Where would it have it from?",
            "Which type has the controller's Service? kubectl get service -n traefik",
        ),
        Site("garage"),
        harm=(Harm(*_SERVICE, _cluster_internal),),
    ),
    Breakage(
        "planetarium",
        "two-default-classes",
        "third",
        "The planetarium's Ingress is made as all others, without a class. Only this one is dead.",
        f"http://planetarium.{DOMAIN}/",
        "404",
        (Mend("the class is named", {"ingress_class": "traefik"}),),
        (
            "The rules look right. But does any controller read this Ingress?",
            "Nobody wrote a class into it, and yet it has one. Who put it there?",
            "kubectl get ingressclasses -o yaml: how many call themselves the default?",
        ),
        Site("planetarium", ingress_class=None),
        made=(_NEWER_CLASS,),
    ),
)
