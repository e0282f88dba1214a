"""Rule sets of what there is: of the cluster as it is now, or of objects from files."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.rules.admission import with_default_ingress_class
from labsupport.rules.ingress import SPEC, Decision, Profile, Request, RuleSet, profile_named
from labsupport.rules.ingress.certificates import Certificates
from labsupport.rules.ingress.classes import class_field
from labsupport.rules.ingress.middlewares import without_known_middlewares
from labsupport.rules.status import StatusError
from labsupport.trust.certificate_names import names_by_secret

if TYPE_CHECKING:
    from labsupport.session.lab import Lab


def explained(lab: "Lab", url: str, profile: str = "spec") -> Decision:
    """The decision on a GET of `url`, by the objects of every namespace; nothing is sent.

    `profile` is the name of one in `rules.ingress`.
    """
    return live_rules(lab, profile_named(profile)).decide(asked(lab, url))


def asked(lab: "Lab", url: str, headers: Mapping[str, str] | None = None) -> Request:
    """The request for `url` with the names that are meant on the lab's cluster."""
    meant = lab.tenancy.headers(headers or {})
    return Request.from_url(lab.tenancy.url(url), headers=tuple(meant.items()))


def live_rules(lab: "Lab", profile: Profile = SPEC, *, ingress_class: str = "") -> RuleSet:
    """The rules of the cluster as it is now, of every namespace; of one class, if that is given."""
    found = lab.objects("ingresses", namespace=None)
    ingresses = [each for each in found if ingress_class in ("", class_field(each))]
    return RuleSet(
        without_known_middlewares(ingresses, _middlewares(lab)),
        classes=lab.objects("ingressclasses", namespace=None),
        services=lab.objects("services", namespace=None),
        slices=lab.objects("endpointslices", namespace=None),
        certificates=_certificates(lab),
        profile=profile,
    )


def _middlewares(lab: "Lab") -> list[Json] | None:
    """Traefik's Middlewares; none where the cluster has no such kind, None if they are secret."""
    try:
        return lab.objects("middlewares", namespace=None)
    except UsageError:
        return []
    except StatusError as error:
        if error.code not in (403, 404):
            raise
        return None if error.code == 403 else []


def _certificates(lab: "Lab") -> Certificates:
    """What is known of TLS Secrets: nothing where they may not be read."""
    try:
        return names_by_secret(lab.objects("secrets", namespace=None))
    except StatusError as error:
        if error.code != 403:
            raise
        return None


def rules_of(objects: Iterable[Json], profile: Profile = SPEC) -> RuleSet:
    """The rules among `objects`, as they would be when an API server had taken all of them.

    Kinds of which there is no object are taken to be unknown, not missing.
    """
    found: dict[str, list[Json]] = defaultdict(list)
    for each in objects:
        found[str(each["kind"])].append(each)
    classes = found["IngressClass"]
    secrets = found["Secret"]
    return RuleSet(
        [with_default_ingress_class(each, classes) for each in found["Ingress"]],
        classes=classes or None,
        services=found["Service"] or None,
        slices=found["EndpointSlice"] or None,
        certificates=names_by_secret(secrets) if secrets else None,
        profile=profile,
    )
