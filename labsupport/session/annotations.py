"""Annotations as tables: what the controllers understand, and what becomes of an object's."""

from typing import TYPE_CHECKING

from labsupport.kube.tables import Table
from labsupport.rules.annotations import FEATURES, judged
from labsupport.rules.ingress.classes import class_field

if TYPE_CHECKING:
    from labsupport.session.lab import Lab

_WHERE = ("traefik", "nginx", "lab")


def features(word: str = "") -> Table:
    """Who can be told what, and how; only the rows with `word` in them."""
    rows = [
        [each.wish, *(getattr(each, where) or "-" for where in _WHERE)]
        for each in FEATURES
        if word.lower() in " ".join(map(str, vars(each).values())).lower()
    ]
    columns = ["WANTED", "TRAEFIK", "INGRESS-NGINX, TRAEFIK'S NGINX PROVIDER", "LAB'S CONTROLLER"]
    return Table(columns, rows)


def understood(lab: "Lab", kind: str, name: str, namespace: str) -> Table:
    """What becomes of each annotation of an Ingress or Service, with the controller it has.

    A Service is taken to be the first controller's.
    """
    obj = lab.object(kind, name, namespace=namespace)
    controller = lab.controllers.get(class_field(obj) or "", lab.controller)
    found = judged(obj, controller.profile)
    rows = [[each.key, each.value, each.verdict, each.why] for each in found]
    return Table(["ANNOTATION", "VALUE", "VERDICT", "WHY"], rows, [vars(each) for each in found])
