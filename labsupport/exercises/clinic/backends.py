"""Breakages behind the Ingress: the Service's pods, and what runs in them."""

from labsupport.exercises.clinic.breakage import Breakage, Mend
from labsupport.exercises.clinic.site import DOMAIN, Certificate, Site

_SCHEME = "traefik.ingress.kubernetes.io/service.serversscheme"
_TRANSPORT = "traefik.ingress.kubernetes.io/service.serverstransport"
_BANK = f"bank.{DOMAIN}"
_BELIEVED = """
apiVersion: traefik.io/v1alpha1
kind: ServersTransport
metadata: {name: bank, namespace: clinic-bank}
spec:
  serverName: bank.clinic.example.com
  rootCAs:
  - secret: bank-tls
"""

BREAKAGES = (
    Breakage(
        "school",
        "selector-mismatch",
        "first",
        "The school's page answers with an error, though its pod runs and is ready.",
        f"http://school.{DOMAIN}/",
        "503",
        (Mend("the Service looks for the label that the pod has", {"selector": "school"}),),
        (
            "The proxy knows the Service. Does the Service know any pod?",
            "kubectl get endpointslices -n clinic-school: which addresses are there?",
            "Compare the Service's selector with the labels: kubectl get pods --show-labels",
        ),
        Site("school"),
        {"selector": "scholl"},
    ),
    Breakage(
        "stadium",
        "not-ready",
        "second",
        "Since we added a health check, the stadium's page is gone. Its pod runs, as before.",
        f"http://stadium.{DOMAIN}/",
        "503",
        (Mend("the probe asks for the page that there is", {"probe": "/healthz"}),),
        (
            "The pod runs. Is it ready, too? kubectl get pods -n clinic-stadium",
            "Who decides whether a pod is ready, and how?",
            "kubectl describe pod -n clinic-stadium tells in its events what the probe met.",
        ),
        Site("stadium"),
        {"probe": "/ready"},
    ),
    Breakage(
        "harbour",
        "target-port-wrong",
        "second",
        "The harbour's page answers '502 Bad Gateway'. Its pod runs and is ready.",
        f"http://harbour.{DOMAIN}/",
        "502",
        (
            Mend("the Service leads to the port by its name", {"target_port": "http"}),
            Mend("the Service leads to the port's number", {"target_port": 8080}),
            Mend("the shop listens where the Service leads", {"port": 8081}),
        ),
        (
            "502: the proxy tried to reach the pod, and could not. Which port did it try?",
            "The Service's targetPort has to be one that the pod listens on.",
            "The pod's log says where it listens. kubectl get service harbour -n clinic-harbour "
            "-o yaml says where it is looked for.",
        ),
        Site("harbour"),
        {"target_port": 8081},
    ),
    Breakage(
        "archive",
        "application-silent",
        "second",
        "The archive's page never comes. My browser just goes on loading.",
        f"http://archive.{DOMAIN}/",
        "no answer",
        (
            Mend("the page comes at once", {"env": {}}),
            Mend("the page comes soon", {"env": {"DELAY": "0.2"}}),
        ),
        (
            "Nobody says no: there is a connection, and then nothing. Who has the request now?",
            "The proxy sent it on, and waits as you do. What does the pod say? ./lab logs archive",
            "Its variable DELAY says how many seconds the page takes.",
        ),
        Site("archive"),
        {"env": {"DELAY": "600"}},
        request={"timeout": 1.0},
    ),
    Breakage(
        "market",
        "crash-loop",
        "first",
        "The market was given new settings, and has been closed since.",
        f"http://market.{DOMAIN}/",
        "503",
        (Mend("the port as a number", {"env": {}}),),
        (
            "The proxy knows the Service. How are its pods? kubectl get pods -n clinic-market",
            "A pod that starts again and again says why in its log.",
            "The last line of ./lab logs market names the setting it cannot read.",
        ),
        Site("market"),
        {"env": {"PORT": "eighty-eighty"}},
    ),
    Breakage(
        "zoo",
        "image-missing",
        "first",
        "We rolled out a new version of the zoo's page. Now there is none.",
        f"http://zoo.{DOMAIN}/",
        "503",
        (
            Mend("the image as before", {"image": "python:3-alpine"}),
            Mend("another tag that there is", {"image": "python:3"}),
        ),
        (
            "The proxy knows the Service. How are its pods? kubectl get pods -n clinic-zoo",
            "The pod's events say what it waits for: kubectl describe pod -n clinic-zoo",
            "Read the name of the image aloud.",
        ),
        Site("zoo"),
        {"image": "pyhton:3-alpine"},
    ),
    Breakage(
        "bookshop",
        "application-error",
        "first",
        "The bookshop's page says that it has a problem of its own.",
        f"http://bookshop.{DOMAIN}/",
        "500",
        (
            Mend("the list is closed", {"env": {"GOODS": '["atlas", "novel"]'}}),
            Mend("the list of before", {"env": {}}),
        ),
        (
            "Who answers 500: the proxy, or a pod?",
            "A pod does, so the way to it is sound. What does the pod say? ./lab logs bookshop",
            "GOODS has to be a JSON list. Which character is missing?",
        ),
        Site("bookshop"),
        {"env": {"GOODS": '["atlas", "novel"'}},
    ),
    Breakage(
        "bank",
        "tls-backend-plain",
        "third",
        "The bank's pod speaks TLS now, as the law asks. Its page has been gone since.",
        f"http://{_BANK}/",
        "502",
        (
            Mend(
                "the proxy speaks TLS to the pod, and checks its certificate",
                {
                    "service_annotations": {
                        _SCHEME: "https",
                        _TRANSPORT: "clinic-bank-bank@kubernetescrd",
                    },
                    "extra": _BELIEVED,
                },
            ),
            Mend("the pod speaks plain HTTP again", {"tls_pod": False}),
        ),
        (
            "The proxy reaches the pod, but they do not understand each other.",
            "What does the pod's log say of each request? ./lab logs bank",
            "The proxy speaks plain HTTP to it. On Traefik the Service has to say otherwise: "
            "service.serversscheme, with a ServersTransport that trusts the pod's certificate.",
        ),
        Site("bank", certificate=Certificate()),
        {"tls_pod": True},
    ),
)
