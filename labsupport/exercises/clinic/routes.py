"""Breakages of the Ingress's own rules: host, path, class and the Service it names."""

from labsupport.exercises.clinic.breakage import Breakage, Mend
from labsupport.exercises.clinic.site import DOMAIN, Site

_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_HOTEL = f"hotel.{DOMAIN}"
_CINEMA = "clinic-cinema-strip@kubernetescrd"
_STRIP = """
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: strip, namespace: clinic-cinema}
spec:
  stripPrefix:
    prefixes: [/tickets]
"""
_ROUTER_MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares"

BREAKAGES = (
    Breakage(
        "library",
        "host-mismatch",
        "first",
        "Since we corrected the spelling of our address, the library's page is gone.",
        f"http://library.{DOMAIN}/",
        "404",
        (Mend("the rule gets the right host", {"rule_host": f"library.{DOMAIN}"}),),
        (
            "Somebody answers, but not a pod. Who, then?",
            "Compare the host in the URL with the hosts in the rules, letter by letter.",
            "kubectl get ingress -n clinic-library shows the rule's host.",
        ),
        Site("library"),
        {"rule_host": f"libary.{DOMAIN}"},
    ),
    Breakage(
        "museum",
        "path-mismatch",
        "first",
        "The museum's list of exhibits is fine, but no page about one of them can be found.",
        f"http://museum.{DOMAIN}/exhibits/amber",
        "404",
        (
            Mend("the whole tree of paths", {"path_type": "Prefix"}),
            Mend("one rule for all paths", {"path": "/", "path_type": "Prefix"}),
        ),
        (
            "The list works: so the name, the proxy and the pod do. What is left?",
            "Which paths does the rule take, and which does it not?",
            "Look at pathType: kubectl get ingress museum -n clinic-museum -o yaml",
        ),
        Site("museum", path="/exhibits", env={"BASE": "/exhibits/"}),
        {"path_type": "Exact"},
    ),
    Breakage(
        "theatre",
        "class-unknown",
        "first",
        "We set up the theatre by a guide from the web. It never worked.",
        f"http://theatre.{DOMAIN}/",
        "404",
        (
            Mend("the class of the lab's controller", {"ingress_class": "traefik"}),
            Mend(
                "the old annotation in place of a class",
                {"ingress_class": None, "annotations": {_CLASS_ANNOTATION: "traefik"}},
            ),
        ),
        (
            "The rules look right. But does any controller read this Ingress?",
            "kubectl get ingress -n clinic-theatre: what is its class, and has it an address?",
            "kubectl get ingressclasses shows which classes there are.",
        ),
        Site("theatre"),
        {"ingress_class": "nginx"},
    ),
    Breakage(
        "pharmacy",
        "class-missing",
        "second",
        "The pharmacy moved here from a cluster with another controller. It was fine there.",
        f"http://pharmacy.{DOMAIN}/",
        "404",
        (
            Mend("a class in the spec", {"ingress_class": "traefik", "annotations": {}}),
            Mend(
                "the old annotation, with the class of here",
                {"annotations": {_CLASS_ANNOTATION: "traefik"}},
            ),
        ),
        (
            "The rules look right. But does any controller read this Ingress?",
            "How did an Ingress name its class before there was spec.ingressClassName?",
            "Look at the annotations of the Ingress pharmacy, and at what its spec lacks.",
        ),
        Site("pharmacy"),
        {"ingress_class": None, "annotations": {_CLASS_ANNOTATION: "nginx"}},
    ),
    Breakage(
        "hotel",
        "wildcard-host-depth",
        "second",
        "Every house of the hotel has its page, but the rooms of the one by the sea have none.",
        f"http://rooms.sea.{_HOTEL}/",
        "404",
        (
            Mend("a rule for that host", {"rule_host": f"rooms.sea.{_HOTEL}"}),
            Mend("a wildcard one label deeper", {"rule_host": f"*.sea.{_HOTEL}"}),
        ),
        (
            "Somebody answers, but not a pod. Which hosts does the rule take?",
            "For how many labels does the * stand?",
            "One. The host asked for has two labels in its place.",
        ),
        Site("hotel", host=f"rooms.sea.{_HOTEL}", rule_host=f"rooms.sea.{_HOTEL}"),
        {"rule_host": f"*.{_HOTEL}"},
    ),
    Breakage(
        "bakery",
        "service-missing",
        "first",
        "The bakery's page is gone since somebody tidied up its Ingress.",
        f"http://bakery.{DOMAIN}/",
        "404",
        (
            Mend("the Ingress names the Service that there is", {"backend": "bakery"}),
            Mend("a Service of the name that the Ingress has", {"name_of_service": "bakery-web"}),
        ),
        (
            "The host and the path fit. Where does the rule lead?",
            "Which Services are there? kubectl get services -n clinic-bakery",
            "kubectl describe ingress bakery -n clinic-bakery says which backend it cannot find.",
        ),
        Site("bakery"),
        {"backend": "bakery-web"},
    ),
    Breakage(
        "florist",
        "port-missing",
        "first",
        "The florist's page is gone. The pod listens on 8080, and that is what we wrote.",
        f"http://florist.{DOMAIN}/",
        "404",
        (
            Mend("the Ingress names the Service's port", {"backend_port": 80}),
            Mend("the Service offers that port", {"service_port": 8080}),
        ),
        (
            "The host and the path fit, and the Service is there. What else does a backend name?",
            "Whose port does an Ingress name: the pod's, or the Service's?",
            "kubectl get service florist -n clinic-florist shows its ports.",
        ),
        Site("florist"),
        {"backend_port": 8080},
    ),
    Breakage(
        "gallery",
        "backend-elsewhere",
        "second",
        "All of the gallery runs, says the team that runs it. Yet there is no page.",
        f"http://gallery.{DOMAIN}/",
        "404",
        (
            Mend("the Ingress goes where the Service is", {"ingress_elsewhere": True}),
            Mend("the shop comes to where the Ingress is", {"shop_elsewhere": False}),
        ),
        (
            "Which Service does the Ingress name, and where would that be?",
            "An Ingress names a Service, but no namespace.",
            "kubectl get services,ingresses -A shows which are together, and which are not.",
        ),
        Site("gallery"),
        {"shop_elsewhere": True},
    ),
    Breakage(
        "cinema",
        "assets-lost",
        "second",
        "The cinema's tickets moved to /tickets. The page comes, but it looks like plain text.",
        f"http://cinema.{DOMAIN}/tickets/",
        "lost asset",
        (
            Mend("the shop knows where it lives", {"env": {"BASE": "/tickets/"}}),
            Mend("the Ingress takes all paths", {"path": "/"}),
        ),
        (
            "The page itself is fine. What else does a browser fetch for it?",
            "Ask for the stylesheet as the page names it: which path is that?",
            "The pod is not told of /tickets: a middleware takes it away. Its links lack it.",
        ),
        Site("cinema", path="/tickets", env={"BASE": "/tickets/"}),
        {
            "env": {},
            "annotations": {_ROUTER_MIDDLEWARES: _CINEMA},
            "extra": _STRIP,
        },
    ),
)
