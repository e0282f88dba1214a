"""The capstone's tasks: exercises that are graded together, with their points and their words."""

from dataclasses import dataclass

from labsupport.exercises.exercise import Exercise
from labsupport.exercises.pedal import EXERCISES


@dataclass(frozen=True)
class Task:
    """An exercise of the capstone: the points it brings, and what its customer asks for."""

    exercise: Exercise
    points: int
    asks: str


_ASKED: dict[str, tuple[int, str]] = {
    "pedal-names": (
        10,
        "Every computer should find `pedal.example.com`, and each shop below it, such as "
        "`bern.pedal.example.com`. New shops open every month, and nobody wants to touch DNS for "
        "them. The Ingress for it is there.",
    ),
    "pedal-front": (
        15,
        "At `www.pedal.example.com` the page `/` comes from `kiada`, `/questions` and all below "
        "it from `quiz`, and the page `/quote` from `quote`. Nothing else is answered: not "
        "`/quote/`, and not `/debug/request`.",
    ),
    "pedal-shops": (
        15,
        "Each shop has a host in `*.shops.pedal.example.com`. `kiada` answers there, and `quote` "
        "answers `/debug/request`. Only `north.shops.pedal.example.com` is different: there "
        "`quiz` answers everything, `/debug/request` as well.",
    ),
    "pedal-money": (
        20,
        "`book.pedal.example.com` (`kiada`) and `pay.pedal.example.com` (`quote`) are to be "
        "served over TLS, each with a certificate of its own. Who comes by `http` is sent on to "
        "the same page by `https`. The Ingress `pedal-money` is there, without TLS.",
    ),
    "pedal-rides": (
        10,
        "At `rides.pedal.example.com` a visitor's bicycle is lost whenever the next pod answers. "
        "Keep each visitor at one pod of `kiada`, but not all of them at the same. Service and "
        "Ingress are there; both are called `pedal-rides`.",
    ),
    "pedal-office": (
        15,
        "`office.pedal.example.com` is for the staff: `kiada` answers, at the controller of class "
        "`internal` and nowhere else, and the name leads to that controller. Whatever the staff "
        "mistype there, `quiz` answers: `http://ofice.pedal.example.com/questions/0`.",
    ),
    "pedal-safe": (
        10,
        "`https://safe.pedal.example.com` is answered by `vault`, which speaks TLS itself and "
        "holds the certificate for that name. Not even the proxy may read along. The app and its "
        "Service `vault`, port 443, are there.",
    ),
    "pedal-workshop": (
        5,
        "`http://workshop.pedal.example.com/quote` should be answered by `quote`, and is not. "
        "Service and Ingress are there; both are called `pedal-workshop`. Find out what is "
        "wrong, and mend it.",
    ),
}
"""For each exercise the points, and the task in words, as the notebook has them."""

TASKS = tuple(Task(each, *_ASKED[each.name]) for each in EXERCISES)
"""The tasks, in their order. A hundred points in all."""

TASK_NAMES = frozenset(task.exercise.name for task in TASKS)
