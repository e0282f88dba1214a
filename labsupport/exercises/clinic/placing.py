"""Bringing a site to a lab: its objects, its certificate, its names."""

from labsupport.base.types import Json
from labsupport.exercises.clinic.site import PROXY, Site, Surroundings
from labsupport.kube.apply import applied, deleted
from labsupport.rules.status import StatusError
from labsupport.session import Lab

_HTTPS = 443
_STALE_SECONDS = 3600


def place(site: Site, lab: Lab, proxy: str, *, instead_of: Site | None = None) -> None:
    """Make the cluster and the lab's computer have this site, where `proxy` is the proxy's address.

    What `instead_of` has beside it goes.
    """
    around = _surroundings(site, lab, proxy)
    wanted = site.objects(around)
    places = {_place(obj) for obj in wanted}
    before = instead_of.objects(around) if instead_of else []
    gone = [obj for obj in before if _place(obj) not in places]
    list(deleted(lab.api, [obj for obj in gone if obj["kind"] != "Namespace"]))
    for obj in wanted:
        if obj["kind"] == "Secret":
            _make_way(obj, lab)
        list(applied(lab.api, [obj]))
    if instead_of and instead_of.in_hosts not in ("", site.in_hosts):
        lab.hosts.remove(instead_of.in_hosts)
    _name(site, lab, proxy)


def _surroundings(site: Site, lab: Lab, proxy: str) -> Surroundings:
    where = f"{proxy}:{_HTTPS + lab.connection.port_offset}"
    ca = lab.instance.ca_certificate.read_bytes()
    if site.certificate is None:
        return Surroundings(where, ca)
    names = site.certificate.names or (site.url_host,)
    issued = lab.trust.certificate(names, site.certificate.kind)
    return Surroundings(where, ca, issued.certificate, issued.key)


def _make_way(secret: Json, lab: Lab) -> None:
    """Delete a Secret of another type: the type of one that there is can't be changed."""
    name, namespace = secret["metadata"]["name"], secret["metadata"]["namespace"]
    try:
        live = lab.api.get("secrets", name, namespace)
    except StatusError as error:
        if error.code != 404:
            raise
    else:
        if live["type"] != secret["type"]:
            lab.api.delete("secrets", name, namespace)


def _name(site: Site, lab: Lab, proxy: str) -> None:
    def address(words: str) -> str:
        return proxy if words == PROXY else f"{lab.connection.network}{words}"

    if site.stale_record:
        lab.dns.add(site.url_host, address(site.stale_record), ttl=_STALE_SECONDS)
        lab.dns.use("cache")
        lab.resolve(site.url_host)  # from now on the cache remembers it
    if site.record:
        lab.dns.add(site.url_host, address(site.record))
    else:
        lab.dns.remove(site.url_host)
    if site.in_hosts:
        lab.hosts.add(site.in_hosts, proxy)


def _place(obj: Json) -> tuple[str, str, str]:
    metadata = obj["metadata"]
    return obj["kind"], metadata.get("namespace", ""), metadata["name"]
