"""Exercises of the lesson 'Serve a site over TLS'."""

from labsupport.exercises.encrypted import each_by_its_own, leads_over_tls
from labsupport.exercises.exercise import Attempt, Exercise, TlsSecret, WrongAnswer
from labsupport.exercises.manifest import ingress

_LESSON = "06-tls-termination"
_MARKET, _TEA, _COFFEE, _PARCEL, _BRANCHES, _CLOCK = (
    f"{name}.example.com" for name in ("market", "tea", "coffee", "parcel", "branches", "clock")
)
_WWW_CLOCK = f"www.{_CLOCK}"
_MARKET_RULES = {_MARKET: ["Prefix / -> kiada"]}
_OVER_TLS = ingress("market", _MARKET_RULES, tls={"market": [_MARKET]})
_DRINKS_RULES = {_TEA: ["Prefix / -> kiada"], _COFFEE: ["Prefix / -> quote"]}
_TWO_ENTRIES = ingress("drinks", _DRINKS_RULES, tls={"tea": [_TEA], "coffee": [_COFFEE]})
_PARCEL_RULES = {_PARCEL: ["Prefix / -> kiada"]}
_EVERY_BRANCH = f"*.{_BRANCHES}"
_BRANCHES_RULES = {_BRANCHES: ["Prefix / -> kiada"], _EVERY_BRANCH: ["Prefix / -> kiada"]}
_CLOCK_RULES = {_CLOCK: ["Prefix / -> kiada"], _WWW_CLOCK: ["Prefix / -> kiada"]}

_BY_HAND = """\
apiVersion: v1
kind: Secret
metadata: {name: parcel}
stringData: {certificate.pem: "from a file", key.pem: "from another"}
"""

EXERCISES = (
    Exercise(
        "serve-the-market-over-tls",
        _LESSON,
        "Serve the market over TLS",
        leads_over_tls,
        ways={f"https://{_MARKET}/": "kiada"},
        start=Attempt(ingress("market", _MARKET_RULES), names=(_MARKET,)),
        reference=Attempt(_OVER_TLS, secrets=(TlsSecret("market", (_MARKET,)),)),
        wrong=(
            WrongAnswer(
                "a Secret that nobody made",
                Attempt(_OVER_TLS),
                "Secret default/market does not exist",
            ),
            WrongAnswer(
                "a certificate for another name",
                Attempt(_OVER_TLS, secrets=(TlsSecret("market", (f"www.{_MARKET}",)),)),
                f"the certificate is for www.{_MARKET}, not for {_MARKET}",
            ),
        ),
    ),
    Exercise(
        "two-sites-two-certificates",
        _LESSON,
        "Two sites, two certificates",
        each_by_its_own,
        ways={f"https://{_TEA}/": "kiada", f"https://{_COFFEE}/quote": "quote"},
        start=Attempt(ingress("drinks", _DRINKS_RULES), names=(_TEA, _COFFEE)),
        reference=Attempt(
            _TWO_ENTRIES,
            secrets=(TlsSecret("tea", (_TEA,)), TlsSecret("coffee", (_COFFEE,))),
        ),
        wrong=(
            WrongAnswer(
                "one certificate with both names",
                Attempt(
                    ingress("drinks", _DRINKS_RULES, tls={"tea": [_TEA, _COFFEE]}),
                    secrets=(TlsSecret("tea", (_TEA, _COFFEE)),),
                ),
                f"is for {_COFFEE} as well",
            ),
            WrongAnswer(
                "only one of the two Secrets named",
                Attempt(
                    ingress("drinks", _DRINKS_RULES, tls={"tea": [_TEA]}),
                    secrets=(TlsSecret("tea", (_TEA,)), TlsSecret("coffee", (_COFFEE,))),
                ),
                f"names no Secret for {_COFFEE}",
            ),
        ),
    ),
    Exercise(
        "the-secret-beside-the-proxy",
        _LESSON,
        "The Secret beside the proxy",
        leads_over_tls,
        ways={f"https://{_PARCEL}/": "kiada"},
        start=Attempt(
            ingress("parcel", _PARCEL_RULES, tls={"parcel": [_PARCEL]}),
            names=(_PARCEL,),
            secrets=(TlsSecret("parcel", (_PARCEL,), namespace="traefik"),),
        ),
        reference=Attempt(secrets=(TlsSecret("parcel", (_PARCEL,)),)),
        wrong=(
            WrongAnswer(
                "the namespace written into the name",
                Attempt(ingress("parcel", _PARCEL_RULES, tls={"traefik-parcel": [_PARCEL]})),
                "Secret default/traefik-parcel does not exist",
            ),
            WrongAnswer(
                "a Secret without a type, its keys named after files",
                Attempt(_BY_HAND),
                "needed are tls.crt and tls.key",
            ),
        ),
    ),
    Exercise(
        "a-certificate-for-every-branch",
        _LESSON,
        "A certificate for every branch",
        leads_over_tls,
        ways={
            f"https://north.{_BRANCHES}/": "kiada",
            f"https://south.{_BRANCHES}/": "kiada",
            f"https://{_BRANCHES}/": "kiada",
        },
        start=Attempt(
            ingress("branches", _BRANCHES_RULES, tls={"branches": [_BRANCHES, _EVERY_BRANCH]}),
            names=(_BRANCHES, _EVERY_BRANCH),
        ),
        reference=Attempt(secrets=(TlsSecret("branches", (_BRANCHES, _EVERY_BRANCH)),)),
        wrong=(
            WrongAnswer(
                "the wildcard alone",
                Attempt(secrets=(TlsSecret("branches", (_EVERY_BRANCH,)),)),
                f"{_BRANCHES} itself is not among them",
            ),
            WrongAnswer(
                "a wildcard for two labels",
                Attempt(secrets=(TlsSecret("branches", (_BRANCHES, "*.example.com")),)),
                "one label",
            ),
        ),
    ),
    Exercise(
        "renew-the-clock",
        _LESSON,
        "Renew the clock",
        leads_over_tls,
        ways={f"https://{_CLOCK}/": "kiada", f"https://{_WWW_CLOCK}/": "kiada"},
        start=Attempt(
            ingress("clock", _CLOCK_RULES, tls={"clock": [_CLOCK, _WWW_CLOCK]}),
            names=(_CLOCK, _WWW_CLOCK),
            secrets=(TlsSecret("clock", (_CLOCK, _WWW_CLOCK), "expired"),),
        ),
        reference=Attempt(secrets=(TlsSecret("clock", (_CLOCK, _WWW_CLOCK)),)),
        wrong=(
            WrongAnswer(
                "a name forgotten",
                Attempt(secrets=(TlsSecret("clock", (_CLOCK,)),)),
                f"the certificate is for {_CLOCK}, not for {_WWW_CLOCK}",
            ),
            WrongAnswer(
                "one that nobody issued",
                Attempt(secrets=(TlsSecret("clock", (_CLOCK, _WWW_CLOCK), "self-signed"),)),
                "is self-signed",
            ),
        ),
    ),
)
