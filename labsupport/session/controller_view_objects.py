"""What the cluster itself says of a controller's routes: Ingresses, Secrets and pods."""

import base64
import binascii
from collections.abc import Sequence

from labsupport.base.errors import CertificateError
from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.rules.certificates import CertificateFacts, chain_of
from labsupport.rules.ingress.certificates import TlsEntry, tls_entries
from labsupport.rules.ingress.route import default_backend, routes_of
from labsupport.rules.status import StatusError
from labsupport.session.controller import Controller

_FORBIDDEN = 403


def served(api: Api, controller: Controller) -> list[Json]:
    """The Ingresses whose class the controller serves."""
    classes = {each["metadata"]["name"]: each for each in api.list("ingressclasses")}
    profile = controller.rules_profile
    return [
        each
        for each in api.list("ingresses")
        if profile.refusal(each, classes, profile.controller) is None
    ]


def wanted(ingress: Json) -> tuple[str, ...]:
    """What an Ingress asks for, a line for each rule, TLS entry and default backend."""
    found = [
        f"{str(route).removeprefix(f'{route.ingress}: ')} → {route.backend or 'nothing'}"
        for route in routes_of(ingress)
    ]
    if backend := default_backend(ingress):
        found.append(f"all other requests → {backend}")
    for entry in tls_entries(ingress):
        secret = entry.secret.partition("/")[2]
        by = f"Secret {secret}" if secret else "the default certificate"
        found.append(f"TLS for {', '.join(entry.hosts) or 'every host'} by {by}")
    return tuple(found)


def named_by(secret: str, entries: Sequence[TlsEntry]) -> tuple[str, ...]:
    """The Ingresses whose TLS entries name the Secret; none for ""."""
    names = (entry.ingress for entry in entries if secret and entry.secret == secret)
    return tuple(dict.fromkeys(names))


def certificates_of(api: Api) -> dict[str, CertificateFacts]:
    """TLS Secrets as `namespace/name`, each with what its certificate says.

    None where Secrets may not be read; those that hold no certificate are left out.
    """
    try:
        secrets = api.list("secrets")
    except StatusError as error:
        if error.code != _FORBIDDEN:
            raise
        return {}
    found = {}
    for secret in secrets:
        metadata, pem = secret["metadata"], (secret.get("data") or {}).get("tls.crt")
        try:
            if pem:
                name = f"{metadata['namespace']}/{metadata['name']}"
                found[name] = chain_of(base64.b64decode(pem))[0]
        except (CertificateError, binascii.Error):
            continue
    return found


def pod_names(api: Api) -> dict[str, str]:
    """The pods behind Services by their addresses."""
    return {
        address: (endpoint.get("targetRef") or {}).get("name", "")
        for each in api.list("endpointslices")
        for endpoint in each.get("endpoints") or ()
        for address in endpoint.get("addresses") or ()
    }
