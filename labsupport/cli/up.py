"""`lab up`: the cluster, Traefik, the sample apps, and the first answer."""

import argparse
import json
import shlex
import time

from labsupport.base.paths import instance
from labsupport.base.progress import step

HELP = "start the cluster with Traefik and the sample apps, or find it running"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab up`."""
    parser.add_argument(
        "--provider",
        choices=("auto", "embedded", "kind", "existing"),
        default="auto",
        help="which kind of cluster (auto: the one this lab stands on, at first embedded)",
    )
    kind = parser.add_argument_group("with --provider kind")
    kind.add_argument("--image", default="", help="the nodes' image (kindest/node:VERSION@DIGEST)")
    kind.add_argument("--keep", action="store_true", help="leave a cluster that did not come up")
    existing = parser.add_argument_group("with --provider existing")
    existing.add_argument("--kubeconfig", default="", metavar="FILE", help="default: as kubectl")
    existing.add_argument("--context", default="", help="which context of it")
    existing.add_argument("--namespace", default="", help="yours; made if you may make it")
    existing.add_argument(
        "--domain", default="", help="your sites lie below it (learner7.lab.example.com)"
    )
    existing.add_argument(
        "--ingress-class", default="", metavar="CLASS", help="use this one; else install Traefik"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Bring the lab up; say where it is."""
    began = time.monotonic()
    from labsupport.providers.protocol import Wishes
    from labsupport.session.bringing_up import FIRST_URL, bring_up

    wishes = Wishes(
        image=args.image,
        keep=args.keep,
        kubeconfig=args.kubeconfig,
        context=args.context,
        namespace=args.namespace,
        domain=args.domain,
        ingress_class=args.ingress_class,
    )
    lab = bring_up(instance(), provider_name=args.provider, wishes=wishes, progress=step)
    seconds = time.monotonic() - began
    if args.json:
        about = {
            "url": FIRST_URL,
            "address": lab.address,
            "api_server": lab.connection.access.server,
            "kubeconfig": str(lab.instance.kubeconfig),
            "port_offset": lab.connection.port_offset,
            "seconds": round(seconds, 3),
        }
        print(json.dumps(about, indent=2))
    else:
        print(f"The lab is up ({seconds:.1f} s).")
        print(f"  look at a page    ./lab get {FIRST_URL}")
        kubeconfig = shlex.quote(str(lab.instance.kubeconfig))
        print(f"  use kubectl       export KUBECONFIG={kubeconfig}")
        print("  see what runs     ./lab status")
        print("  stop it           ./lab down")
    return 0
