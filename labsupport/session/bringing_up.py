"""From nothing to the first answer: a cluster, what is installed in it, a name, a request."""

from labsupport.base.errors import ClusterNotRunning, NameNotFound, RequestFailed, WaitTimeout
from labsupport.base.paths import Instance
from labsupport.base.types import Json
from labsupport.kube.apply import create_missing
from labsupport.kube.manifests import objects
from labsupport.kube.wait import unready_deployments, until_nothing_missing
from labsupport.manifests import documents
from labsupport.names.resolver import system_addresses
from labsupport.providers import provider
from labsupport.providers.protocol import Connection, Progress, Provider, Wishes, quiet
from labsupport.rules.certificates.names import as_address
from labsupport.rules.diagnosis.workloads import missing_images
from labsupport.rules.status import StatusError
from labsupport.session.controller import NAMESPACE
from labsupport.session.lab import Lab
from labsupport.trust import certificate_for

SITE = "kiada.example.com"
FIRST_URL = f"http://{SITE}/"
_CERTIFICATE = "default-certificate"


def bring_up(
    instance: Instance,
    *,
    provider_name: str = "auto",
    wishes: Wishes | None = None,
    progress: Progress = quiet,
) -> Lab:
    """A running lab with Traefik, the sample apps and their name, started where need be.

    What is there already is left as it is, also where the learner changed it; what is missing is
    put back. When anything was started or made, this ends with the first 200 from `FIRST_URL`;
    WaitTimeout says what kept it from coming.
    """
    chosen = provider(provider_name, instance, wishes)
    running = _running(chosen) if wishes in (None, Wishes()) else None  # `up` heeds or refuses them
    lab, started = Lab(chosen, running or chosen.up(progress), instance), running is None
    try:
        with progress("installing Traefik and the sample apps"):
            installed = install(lab)
        if started or installed:
            with progress(f"waiting for the first answer of {SITE}"):
                _wait_for_first_answer(lab)
    except BaseException:
        lab.close()
        raise
    return lab


def _running(chosen: Provider) -> Connection | None:
    try:
        return chosen.connection()
    except ClusterNotRunning:
        return None


def install(lab: Lab) -> list[str]:
    """Create what is missing of the add-ons and the site's name; gives the labels of what was."""
    made = []
    for name in lab.connection.addons:
        wanted = objects(documents(name), source=f"{name}.yaml")
        if name == "traefik":
            wanted = _with_default_certificate(lab, wanted)
        made += create_missing(lab.api, wanted)
    if made or not lab.dns.has(SITE):
        lab.dns.add(SITE, _as_ip(lab.wait_for_address()))
    return made


def _with_default_certificate(lab: Lab, wanted: list[Json]) -> list[Json]:
    """Traefik's objects with the Secret that its TLSStore names, there before its Deployment.

    The certificate is for no site of the lab: HTTPS without a Secret of one's own fails at the
    name, as it should.
    """
    try:
        lab.object("secret", _CERTIFICATE, namespace=NAMESPACE)
    except StatusError as error:
        if error.code != 404:
            raise
    else:
        return wanted
    pair = certificate_for(["traefik.example.com"], lab.instance)
    data = {"tls.crt": pair.certificate.decode(), "tls.key": pair.key.decode()}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": _CERTIFICATE, "namespace": NAMESPACE},
        "type": "kubernetes.io/tls",
        "stringData": data,
    }
    namespaces = [obj for obj in wanted if obj["kind"] == "Namespace"]
    return [*namespaces, secret, *(obj for obj in wanted if obj["kind"] != "Namespace")]


def _as_ip(address: str) -> str:
    """The address; of a load balancer that has a name instead, as some clouds give it, its IP."""
    return address if as_address(address) else next(iter(system_addresses(address)), address)


def _wait_for_first_answer(lab: Lab) -> None:
    try:
        until_nothing_missing(
            lambda: _lacks(lab),
            what=f"200 OK from {lab.tenancy.url(FIRST_URL)}",
            timeout=lab.connection.patience,
            every=0.02,
        )
    except WaitTimeout as error:
        pods = unready_deployments(lab.objects("deployments", namespace=None))
        images = missing_images(lab.objects("pods", namespace=None))
        error.found = "\n         ".join([error.found, *pods, *images])
        if images:
            error.remedy = (
                "let the nodes reach the registry, then ./lab up; on kind the images may come "
                "from a file: ./lab images load FILE"
            )
        if broken := sorted(path.stem for path in lab.instance.clinic.glob("*.json")):
            error.remedy = f"what is broken on purpose can be healed: ./lab heal {' '.join(broken)}"
        raise


def _lacks(lab: Lab) -> list[str]:
    try:
        answer = lab.client.get(FIRST_URL, timeout=2.0)
    except (NameNotFound, RequestFailed) as error:
        return [error.found]
    return [] if answer.status == 200 else [f"the last answer was {answer.status} {answer.reason}"]
