"""Load balancers that come back at another address, and the lab's names, which follow them.

A container tool gives addresses in the order in which containers start, so after `lab down` and
`lab up` a LoadBalancer Service may have another. Zones and the hosts file would lead astray.
"""

import re

from labsupport.base.paths import Instance
from labsupport.kube.api import Api
from labsupport.kube.wait import settled
from labsupport.names.hosts import HostsFile
from labsupport.names.zone_files import ZoneFiles
from labsupport.providers.kind.balancers import load_balancers
from labsupport.providers.kind.nodes import address_in
from labsupport.providers.kind.tools import Tool

SERVICE_LABEL = "io.x-k8s.cloud-provider-kind.loadbalancer.name"
"""Its value is `CLUSTER/NAMESPACE/SERVICE` (cloud-provider-kind: pkg/constants/constants.go)."""
_WITHIN = 60.0  # seconds until every load balancer is there again
_EVERY = 0.5

Addresses = dict[str, str]
"""Addresses of Services, by `NAMESPACE/SERVICE`."""


def told_addresses(api: Api) -> Addresses:
    """What the LoadBalancer Services say: after a start, still the addresses of before."""
    return {
        f"{each['metadata']['namespace']}/{each['metadata']['name']}": entry["ip"]
        for each in api.list("services")
        for entry in each.get("status", {}).get("loadBalancer", {}).get("ingress", ())[:1]
        if "ip" in entry
    }


def real_addresses(tool: Tool, cluster: str) -> Addresses:
    """Where the containers of the load balancers are."""
    found = {}
    for about in tool.inspected(load_balancers(tool, cluster)):
        service = (about["Config"].get("Labels") or {}).get(SERVICE_LABEL, "")
        address = address_in(about)
        if address and about["State"]["Status"] == "running":
            found[service.partition("/")[2]] = address
    return found


def moves(tool: Tool, cluster: str, before: Addresses) -> dict[str, str]:
    """The new address for each that was given up, once the load balancers are there again.

    Those that don't come in a minute are left out: whoever waits for an answer will say so.
    """
    now = settled(
        lambda: real_addresses(tool, cluster),
        lambda found: not before.keys() - found.keys(),
        timeout=_WITHIN,
        every=_EVERY,
    )
    return {
        old: now[service]
        for service, old in before.items()
        if service in now and now[service] != old
    }


def follow(instance: Instance, server: str, moved: dict[str, str]) -> None:
    """Change the addresses in the lab's zones and hosts file; all at once, as some may swap.

    `server` is the address of the lab's DNS server.
    """
    zones = ZoneFiles(instance.zones, server)
    records = [each for each in zones.list() if each.value in moved]
    for record in records:
        zones.remove(record.name, record.type, record.value)
    for record in records:
        zones.add(record.name, moved[record.value], record.type, ttl=record.ttl, also=True)
    hosts = HostsFile(instance.hosts)
    text = hosts.text()
    address = re.compile(rf"(?<![\w.:])({'|'.join(map(re.escape, moved))})(?![\w.:])")
    hosts.apply(hosts.plan(address.sub(lambda found: moved[found[1]], text), since=text))
