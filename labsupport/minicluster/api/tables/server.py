"""The Table document: columns, and a row with its object for each item."""

from collections.abc import Iterable
from datetime import datetime

from labsupport.base.types import Json
from labsupport.minicluster.api.resources import Resource
from labsupport.minicluster.api.tables import networking, settings, workloads
from labsupport.minicluster.api.tables.columns import Printer
from labsupport.minicluster.api.tables.custom import custom_printer

_PRINTERS: dict[str, Printer] = {
    **networking.PRINTERS,
    **workloads.PRINTERS,
    **settings.PRINTERS,
}


def table(
    resource: Resource,
    items: Iterable[Json],
    *,
    resource_version: str,
    include_object: str = "Metadata",
    now: datetime,
) -> Json:
    """The items as a `meta.k8s.io/v1` Table, priority 1 columns included.

    `include_object` is the query parameter `includeObject`, what each row carries of its object:
    None, Metadata or Object. `now` (with a time zone) is what ages are counted to.
    """
    printer = _PRINTERS.get(resource.key) or custom_printer(resource.printer_columns)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": resource_version},
        "columnDefinitions": [column.to_json() for column in printer.columns],
        "rows": [_row(printer, item, include_object, now) for item in items],
    }


def _row(printer: Printer, item: Json, include_object: str, now: datetime) -> Json:
    row: Json = {"cells": printer.cells(item, now)}
    if conditions := printer.conditions(item):
        row["conditions"] = conditions
    if include_object == "Object":
        row["object"] = item
    elif include_object == "Metadata":
        row["object"] = {
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": item["metadata"],
        }
    return row
