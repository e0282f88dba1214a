"""Exercises of the lesson 'Look inside the request'."""

from labsupport.exercises.balanced import caller_seen, stays_at_one_pod
from labsupport.exercises.exercise import Attempt, Exercise, WrongAnswer
from labsupport.exercises.manifest import ingress
from labsupport.exercises.reach import leads
from labsupport.exercises.verdict import Verdict
from labsupport.rules.cost import Prices, Usage, break_even
from labsupport.session import Lab

_LESSON = "08-inside-the-request"
_BASKET, _LATE = "basket.example.com", "late.example.com"
_OPTION = "traefik.ingress.kubernetes.io"
_STICKY, _NATIVE = f"{_OPTION}/service.sticky.cookie", f"{_OPTION}/service.nativelb"

_DOOR = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  type: LoadBalancer
  selector: {{app: quote}}
  ports: [{{port: 80, targetPort: 8080}}]
{more}"""
_BASKETS = """\
apiVersion: v1
kind: Service
metadata: {{name: basket, annotations: {{{annotations}}}}}
spec:
  selector: {{app: kiada}}
  ports: [{{port: 80, targetPort: 8080}}]
"""
_NO_ADDRESSES = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: load-balancer-pool, namespace: kube-system}
data: {addresses: ""}
"""

LAYERS = ("L4", "L7")
"""The answers that `which-layer` wants."""

_QUESTIONS = (
    ("L7", "the path is inside the request, and layer 4 does not look inside"),
    ("L4", "an ingress proxy speaks HTTP; it could make nothing of mail"),
    ("L7", "layer 4 chooses a pod once, when the connection is opened"),
    ("L4", "to read a request the proxy has to open TLS"),
)
"""For each question of `which-layer` the answer, and why it is not the other."""

PRICES = Prices(load_balancer=0.025, address=0.005, traffic=0.01, proxy=0.02)
USAGE = Usage(proxies=4)
"""What `from-how-many-services` is about."""


def which_layer(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """L4 or L7 for each question."""
    expected = f"for each question one of: {', '.join(LAYERS)}"
    got = ", ".join(str(each) for each in answer) or "no answer yet"
    look = "the picture at the top: who opens the request"
    if len(answer) != len(_QUESTIONS) or not set(answer) <= set(LAYERS):
        hint = f"There are {len(_QUESTIONS)} questions. Put {' or '.join(LAYERS)} for each."
        return Verdict(exercise.name, expected, got, look, hint)
    for number, ((right, reason), given) in enumerate(zip(_QUESTIONS, answer, strict=True), 1):
        if given != right:
            hint = f"Question {number}, {given}: {reason}."
            return Verdict(exercise.name, expected, got, look, hint)
    return Verdict(exercise.name, expected, got)


def from_how_many(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """The number of Services from which an Ingress costs less, at the `PRICES`."""
    expected = "the smallest number of Services for which one Ingress costs less"
    (given,) = answer or (None,)
    got = str(given)
    look = "the table of the cost model, with the exercise's prices set"
    if given == break_even(USAGE, PRICES):
        return Verdict(exercise.name, expected, got)
    each = PRICES.load_balancer + PRICES.address
    if not isinstance(given, int):
        hint = "Put a number in place of None."
    elif given * each <= each:
        hint = "One Service needs one load balancer either way, and an Ingress adds the proxies."
    elif given * each < USAGE.proxies * PRICES.proxy:
        hint = "The proxies cost money by the hour, too, and there are four of them."
    elif given * each <= each + USAGE.proxies * PRICES.proxy:
        hint = "The Ingress needs a load balancer as well: one, in front of its proxies."
    else:
        hint = "An Ingress costs less there, but with fewer Services already."
    return Verdict(exercise.name, expected, got, look, hint)


def _door(name: str, more: str = "") -> str:
    return _DOOR.format(name=name, more=f"  {more}\n" if more else "")


def _basket(annotation: str) -> str:
    return _BASKETS.format(annotations=f'{annotation}: "true"' if annotation else "")


def _basket_site(annotation: str = "") -> str:
    plain = ingress("basket", {_BASKET: ["Prefix / -> basket"]})
    noted = f'{{name: basket, annotations: {{{annotation}: "true"}}}}'
    return plain.replace("{name: basket}", noted, 1) if annotation else plain


_HELPED = f"{_basket('')}  sessionAffinity: ClientIP\n"

EXERCISES = (
    Exercise(
        "which-layer",
        _LESSON,
        "Which layer?",
        which_layer,
        reference=Attempt(answer=("L7", "L4", "L7", "L4")),
        wrong=(
            WrongAnswer(
                "mail through a proxy for HTTP",
                Attempt(answer=("L7", "L7", "L7", "L4")),
                "speaks HTTP",
            ),
            WrongAnswer(
                "connections taken for requests",
                Attempt(answer=("L7", "L4", "L4", "L4")),
                "when the connection is opened",
            ),
        ),
    ),
    Exercise(
        "the-callers-address",
        _LESSON,
        "The caller's address",
        caller_seen,
        ways={"quote-door": "quote"},
        start=Attempt(_door("quote-door")),
        reference=Attempt(_door("quote-door", "externalTrafficPolicy: Local")),
        wrong=(
            WrongAnswer(
                "the policy for calls from inside",
                Attempt(_door("quote-door", "internalTrafficPolicy: Local")),
                "from inside the cluster",
            ),
            WrongAnswer(
                "affinity by the client's address",
                Attempt(_door("quote-door", "sessionAffinity: ClientIP")),
                "keeps a caller at one pod",
            ),
        ),
    ),
    Exercise(
        "stay-at-one-pod",
        _LESSON,
        "A basket that stays",
        stays_at_one_pod,
        ways={f"http://{_BASKET}/debug/request": "kiada"},
        start=Attempt(f"{_HELPED}---\n{_basket_site()}", names=(_BASKET,)),
        reference=Attempt(_basket(_STICKY)),
        wrong=(
            WrongAnswer(
                "the annotation at the Ingress",
                Attempt(_basket_site(_STICKY)),
                "at the Service, not at the Ingress",
            ),
            WrongAnswer(
                "all visitors at one pod",
                Attempt(_basket(_NATIVE)),
                "All visitors are at",
            ),
        ),
    ),
    Exercise(
        "no-address-left",
        _LESSON,
        "No address left",
        leads,
        ways={f"http://{_LATE}/quote": "quote"},
        start=Attempt(f"{_NO_ADDRESSES}---\n{_door('late')}", names=(_LATE,)),
        reference=Attempt(ingress("late", {_LATE: ["Prefix / -> late"]})),
        wrong=(
            WrongAnswer(
                "the pods' port in place of the Service's",
                Attempt(ingress("late", {_LATE: ["Prefix / -> late:8080"]})),
                "no port 8080",
            ),
            WrongAnswer(
                "no address, and no Ingress",
                Attempt(_door("late").replace("LoadBalancer", "ClusterIP")),
                f"No Ingress names the host {_LATE}",
            ),
        ),
    ),
    Exercise(
        "from-how-many-services",
        _LESSON,
        "From how many Services on?",
        from_how_many,
        reference=Attempt(answer=(4,)),
        wrong=(
            WrongAnswer("the proxies for free", Attempt(answer=(2,)), "cost money by the hour"),
            WrongAnswer("no load balancer", Attempt(answer=(3,)), "as well: one, in front"),
        ),
    ),
)
