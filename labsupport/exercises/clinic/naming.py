"""Breakages of names: hosts file, DNS records and what a cache remembers."""

from labsupport.exercises.clinic.breakage import Breakage, Mend
from labsupport.exercises.clinic.site import DOMAIN, PROXY, Site
from labsupport.session import Lab

_NOBODY = "63.254"  # no lab gives out an address there


def _flush(lab: Lab) -> None:
    lab.dns.cache.flush()


def _ask_the_authority(lab: Lab) -> None:
    lab.dns.use("authoritative")


BREAKAGES = (
    Breakage(
        "dairy",
        "name-missing",
        "first",
        "The dairy has an Ingress with an address, and still nobody finds its page.",
        f"http://dairy.{DOMAIN}/",
        "no name",
        (
            Mend("a record in DNS", {"record": PROXY}),
            Mend("a line in the hosts file", {"in_hosts": f"dairy.{DOMAIN}"}),
        ),
        (
            "How far does the request come?",
            "An Ingress makes no names. Who knows this one? ./lab dns query",
            "Give the name the proxy's address: ./lab hosts add, or ./lab dns add.",
        ),
        Site("dairy"),
        {"record": ""},
    ),
    Breakage(
        "tailor",
        "hosts-typo",
        "first",
        "I put the tailor's name into my hosts file, as I was told. My browser finds nothing.",
        f"http://tailor.{DOMAIN}/",
        "no name",
        (
            Mend("the name in the hosts file", {"in_hosts": f"tailor.{DOMAIN}"}),
            Mend("a record in DNS", {"record": PROXY}),
        ),
        (
            "How far does the request come?",
            "Look at the hosts file: ./lab hosts list",
            "Compare the name in it with the one in the URL, letter by letter.",
        ),
        Site("tailor", record="", in_hosts=f"tailor.{DOMAIN}"),
        {"in_hosts": f"tialor.{DOMAIN}"},
    ),
    Breakage(
        "orchard",
        "dns-wrong-address",
        "first",
        "The orchard's page cannot be reached, from nowhere. All the others can.",
        f"http://orchard.{DOMAIN}/",
        "no connection",
        (
            Mend("the record gets the proxy's address", {"record": PROXY}),
            Mend("the hosts file knows better", {"in_hosts": f"orchard.{DOMAIN}"}),
        ),
        (
            "The name has an address. Whose is it?",
            "Compare it with the proxy's: kubectl get ingress -n clinic-orchard",
            "Set the record: ./lab dns add orchard.clinic.example.com ADDRESS",
        ),
        Site("orchard"),
        {"record": _NOBODY},
    ),
    Breakage(
        "ferry",
        "stale-dns",
        "third",
        "The ferry's record was wrong. We set it right, but my computer still goes astray.",
        f"http://ferry.{DOMAIN}/",
        "no connection",
        (
            Mend("the cache forgets", act=_flush),
            Mend("the authoritative server is asked", act=_ask_the_authority),
            Mend("the hosts file comes first", {"in_hosts": f"ferry.{DOMAIN}", "stale_record": ""}),
        ),
        (
            "Which address does your computer have for it, and from whom?",
            "Ask the authoritative server and the cache, and compare: ./lab dns query",
            "The cache keeps the old answer until its TTL is over, or until it is told to forget.",
        ),
        Site("ferry"),
        {"stale_record": _NOBODY},
    ),
)
