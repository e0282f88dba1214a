"""Breakages of TLS: the Secret, the certificate in it, and the name told in the handshake."""

from labsupport.exercises.clinic.breakage import Breakage, Mend
from labsupport.exercises.clinic.site import DOMAIN, Certificate, Site

_CAMPUS = f"campus.{DOMAIN}"
_MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares"
_TO_HTTPS = """
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: to-https, namespace: clinic-tram}
spec:
  redirectScheme: {scheme: https}
"""

_OTHER_KEYS = Certificate(type="Opaque", keys=("certificate.pem", "private-key.pem"))


def _site(name: str, **fields: object) -> Site:
    """A site that is served over TLS by a Secret of its own."""
    return Site(name, secret=f"{name}-tls", certificate=Certificate(), **fields)  # type: ignore[arg-type]


BREAKAGES = (
    Breakage(
        "jeweller",
        "secret-missing",
        "first",
        "My browser warns me of the jeweller's page: the certificate is somebody else's.",
        f"https://jeweller.{DOMAIN}/",
        "certificate",
        (Mend("the Secret is made", {"certificate": Certificate()}),),
        (
            "Whose certificate comes? ./lab get -k shows it.",
            "Traefik's default one: so it has none for this host. Which Secret does spec.tls name?",
            "kubectl get secrets -n clinic-jeweller. To make one: ./lab certificate make",
        ),
        _site("jeweller"),
        {"certificate": None},
    ),
    Breakage(
        "notary",
        "secret-elsewhere",
        "second",
        "The notary's certificate is in the cluster, I have seen it. Browsers refuse the page.",
        f"https://notary.{DOMAIN}/",
        "certificate",
        (Mend("the Secret goes where the Ingress is", {"certificate": Certificate()}),),
        (
            "Whose certificate comes? ./lab get -k shows it.",
            "Where does Traefik look for the Secret that spec.tls names?",
            "In the Ingress's own namespace. kubectl get secrets -A | grep notary",
        ),
        _site("notary"),
        {"certificate": Certificate(elsewhere=True)},
    ),
    Breakage(
        "embassy",
        "secret-wrong-type",
        "third",
        "We made the embassy's Secret by hand, with certificate and key. Browsers refuse the page.",
        f"https://embassy.{DOMAIN}/",
        "certificate",
        (
            Mend("a Secret of the type for TLS", {"certificate": Certificate()}),
            Mend("the keys that Traefik reads", {"certificate": Certificate(type="Opaque")}),
        ),
        (
            "Whose certificate comes? ./lab get -k shows it.",
            "The Secret is where it should be. What does Traefik say of it? ./lab logs traefik",
            "kubectl describe secret embassy-tls -n clinic-embassy: what type, and which keys?",
        ),
        _site("embassy"),
        {"certificate": _OTHER_KEYS},
    ),
    Breakage(
        "observatory",
        "certificate-other-name",
        "second",
        "The observatory has a certificate of its own, quite new. Browsers say it is not for it.",
        f"https://observatory.{DOMAIN}/",
        "certificate",
        (
            Mend("a certificate for the host", {"certificate": Certificate()}),
            Mend(
                "a certificate for the whole domain",
                {"certificate": Certificate(names=(f"*.{DOMAIN}",))},
            ),
        ),
        (
            "Which names are in the certificate of the Secret?",
            "Compare them with the host in the URL: ./lab certificate show",
            "A certificate has to list the host itself, or a wildcard for its first label.",
        ),
        _site("observatory"),
        {"certificate": Certificate(names=(f"www.observatory.{DOMAIN}",))},
    ),
    Breakage(
        "lighthouse",
        "certificate-expired",
        "first",
        "Nobody changed anything. Since this morning browsers warn of the lighthouse's page.",
        f"https://lighthouse.{DOMAIN}/",
        "certificate",
        (Mend("a new certificate", {"certificate": Certificate()}),),
        (
            "What exactly does the browser say? ./lab get tells it too.",
            "Look at the dates of the certificate: ./lab certificate show",
            "Make a new one, and put it into the same Secret: lighthouse-tls.",
        ),
        _site("lighthouse"),
        {"certificate": Certificate(kind="expired")},
    ),
    Breakage(
        "campus",
        "wildcard-certificate-depth",
        "third",
        "The campus has a wildcard certificate. It works for each faculty, but not for this chair.",
        f"https://optics.physics.{_CAMPUS}/",
        "certificate",
        (
            Mend("the host itself in the certificate", {"certificate": Certificate()}),
            Mend(
                "a wildcard one label deeper",
                {"certificate": Certificate(names=(f"*.physics.{_CAMPUS}",))},
            ),
        ),
        (
            "Which names are in the certificate of the Secret?",
            "For how many labels does the * of a certificate stand?",
            "One. The host asked for has two labels in its place.",
        ),
        _site("campus", host=f"optics.physics.{_CAMPUS}"),
        {"certificate": Certificate(names=(f"*.{_CAMPUS}",))},
    ),
    Breakage(
        "airport",
        "no-sni",
        "third",
        "Our monitor says that the airport's page is down. In the browser it is fine.",
        f"https://airport.{DOMAIN}/",
        "monitor down",
        (Mend("the monitor tells the name", {"monitor_sni": f"airport.{DOMAIN}"}),),
        (
            "What does the monitor say? ./lab logs monitor",
            "The monitor sends the right Host. What else tells a proxy which certificate to show?",
            "It tells no name in its handshake (SNI): do the same with ./lab get --no-sni. "
            "The monitor takes the name from its variable SNI.",
        ),
        _site("airport", monitor_sni=f"airport.{DOMAIN}"),
        {"monitor_sni": ""},
        request={"sni": ""},
    ),
    Breakage(
        "tram",
        "redirect-loop",
        "third",
        "My browser says that the tram's page redirected it too many times.",
        f"http://tram.{DOMAIN}/",
        "too many redirects",
        (
            Mend(
                "the shop knows its public URL", {"env": {"PUBLIC_URL": f"https://tram.{DOMAIN}"}}
            ),
            Mend("nobody but the shop redirects", {"annotations": {}}),
        ),
        (
            "Follow it by hand: what is in Location, and what comes next?",
            "Two of them redirect, each to where the other does not want visitors. Who are they?",
            "The Ingress has a middleware for it; the shop reads PUBLIC_URL.",
        ),
        _site(
            "tram",
            env={"PUBLIC_URL": f"https://tram.{DOMAIN}"},
            annotations={_MIDDLEWARES: "clinic-tram-to-https@kubernetescrd"},
            extra=_TO_HTTPS,
        ),
        {"env": {"PUBLIC_URL": f"http://tram.{DOMAIN}"}},
    ),
)
