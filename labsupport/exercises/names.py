"""Exercises of the lesson 'Give it a name'."""

from difflib import get_close_matches
from urllib.parse import urlsplit

from labsupport.exercises.exercise import PROXY, Attempt, Exercise, WrongAnswer
from labsupport.exercises.manifest import ingress
from labsupport.exercises.reach import leads
from labsupport.exercises.verdict import Verdict
from labsupport.session import Lab

_LESSON = "03-names"
_DRAFT, _BAZAAR, _GARDEN, _STAND = (
    f"{name}.example.com" for name in ("draft", "bazaar", "garden", "stand")
)
_WWW = f"www.{_STAND}"
_ASTRAY = "127.0.0.1"

_ALMOST = 0.8
"""How alike two names are, from 0 to 1, when one may be the other with a typing error."""

WHEN = ("old", "new", "new", "10:10")
"""The answers of `which-address-now`."""


def only_here(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """The URLs lead where they should, and DNS knows none of their names."""
    for name in _names(exercise):
        if not any(step.chosen for step in lab.resolver.steps(name)):
            expected = f"this computer knows {name}, and no other does"
            return Verdict(exercise.name, expected, f"{name} has no address", *_unknown(name, lab))
    verdict = leads(exercise, lab)
    expected = f"{verdict.expected}, and only this computer knows the name"
    for name in _names(exercise) if verdict.passed else ():
        if found := lab.dns.query(name, server="authoritative").values:
            return Verdict(
                exercise.name,
                expected,
                f"lab DNS tells everybody that {name} is {found[0]}",
                f'the zone: lab.dns.query("{name}")',
                "Whoever asks DNS finds your draft. Take the name out of it, and put it where only "
                "this computer looks.",
            )
    return Verdict(exercise.name, expected, verdict.got, verdict.look, verdict.hint)


def _unknown(name: str, lab: Lab) -> tuple[str, str]:
    """Where to look, and what to do, when no source knows the name."""
    others = [other for entry in lab.hosts.list() for other in entry.names]
    if near := get_close_matches(name, others, 1, _ALMOST):
        return "the lab's hosts file: print(lab.hosts)", f"It has {near[0]}, but asked is {name}."
    return (
        f'who is asked: name_lookup(lab, "{name}")',
        "Two sources are asked for a name. Which of them is read by this computer alone?",
    )


def for_everybody(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """The URLs lead where they should, by names that DNS knows."""
    for name in _names(exercise):
        if lab.address not in lab.dns.query(name, server="authoritative").values:
            expected = f"DNS knows {', '.join(_names(exercise))}, and all lead to the proxy"
            got = f"lab DNS does not lead {name} to {lab.address}"
            return Verdict(exercise.name, expected, got, *_missing(name, lab))
    return leads(exercise, lab)


def _missing(name: str, lab: Lab) -> tuple[str, str]:
    """Where to look, and what to do, when DNS does not lead a name to the proxy."""
    if lab.hosts.address_of(name):
        return (
            "the lab's hosts file: print(lab.hosts)",
            f"Your hosts file knows {name}, but no other computer reads your hosts file.",
        )
    if lab.dns.has(f"any.{name}"):
        return (
            "the zone: print(lab.dns)",
            f"In *.{name} the star stands for at least one label. {name} itself needs a record "
            "of its own.",
        )
    return (
        f'the zone: lab.dns.query("{name}")',
        "Think of the shops that open tomorrow: is there a record that is good for all of them?",
    )


def hosts_file_mended(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """The URLs lead where they should; if not, the line of the hosts file that is in the way."""
    for name in _names(exercise):
        lines = [entry for entry in lab.hosts.list() if name in entry.names]
        first = lab.hosts.entry_of(name)
        if first is None or first.address == lab.address:
            continue
        hint = (
            f"The hosts file is asked first, and its line {first.line} says {first.address}. What "
            "DNS knows is not asked for."
        )
        for right in (entry for entry in lines if entry.address == lab.address):
            hint = (
                f"Line {right.line} is right, but it comes too late: line {first.line} has the "
                "name already, and the first line counts."
            )
        return Verdict(
            exercise.name,
            f"{name} is {lab.address}, the address of the proxy",
            f"{name} is {first.address}",
            "the lab's hosts file: print(lab.hosts)",
            hint,
        )
    return leads(exercise, lab)


def one_address_to_change(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """The URLs lead where they should, and `www.` is an alias of the other name."""
    reply = lab.dns.query(_WWW, server="authoritative")
    aliases = [each.value for each in reply.records if each.type == "CNAME"]
    if f"{lab.tenancy.host(_STAND)}." in aliases:
        return leads(exercise, lab)
    return Verdict(
        exercise.name,
        f"{_WWW} leads to the same place as {_STAND}, wherever that moves",
        f"{_WWW} has an address of its own" if reply.values else f"DNS does not know {_WWW}",
        f'the zone: lab.dns.query("{_WWW}")',
        f"With an address of its own {_WWW} would stay behind when {_STAND} moves. Is there a "
        "record that says: the same as that name?",
    )


def which_address_now(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """What resolvers still remember: the `WHEN` of a timeline, told without asking the lab."""
    expected = "old or new for 1 to 3, and a time for 4"
    got = ", ".join(map(str, answer)) or "no answer yet"
    look = "the timeline: who asked when, and which TTL the answer had then"
    if len(answer) != len(WHEN) or None in answer:
        missing = f'There are {len(WHEN)} questions. Put "old", "new" or a time for each None.'
        return Verdict(exercise.name, expected, got, look, missing)
    for number, (told, right) in enumerate(zip(answer, WHEN, strict=True)):
        if told != right:
            return Verdict(exercise.name, expected, got, look, _hint(number, told))
    return Verdict(exercise.name, expected, got)


def _hint(number: int, told: object) -> str:
    """What to think of in the question of that position."""
    if number == 3:
        if told == "10:06":
            return "4: the new TTL holds for the new answer. Who has the old one has the old TTL."
        return "4: somebody may have asked just before the change. Add the TTL that he got."
    return (
        "1: Ann's resolver got the old answer with its TTL. It keeps it that long.",
        "2: Ann's resolver counts from 10:04, when it asked, not from the change.",
        "3: Ben's resolver never asked before. It has nothing to remember.",
    )[number]


def _names(exercise: Exercise) -> list[str]:
    """The hosts of the exercise's URLs, each once."""
    return list(dict.fromkeys(urlsplit(url).hostname or "" for url in exercise.ways))


EXERCISES = (
    Exercise(
        "a-draft-only-you-see",
        _LESSON,
        "A draft that only you see",
        only_here,
        ways={f"http://{_DRAFT}/": "kiada"},
        start=Attempt(ingress("draft", {_DRAFT: ["Prefix / -> kiada"]})),
        reference=Attempt(names=(_DRAFT,)),
        wrong=(
            WrongAnswer(
                "a record in DNS",
                Attempt(records={_DRAFT: PROXY}),
                "Whoever asks DNS finds your draft.",
            ),
            WrongAnswer(
                "a letter too many",
                Attempt(names=("drafts.example.com",)),
                f"It has drafts.example.com, but asked is {_DRAFT}.",
            ),
        ),
    ),
    Exercise(
        "a-name-for-every-shop",
        _LESSON,
        "A name for every shop",
        for_everybody,
        ways={
            f"http://anna.{_BAZAAR}/": "kiada",
            f"http://opens-tomorrow.{_BAZAAR}/": "kiada",
            f"http://{_BAZAAR}/quote": "quote",
        },
        start=Attempt(
            ingress(
                "bazaar", {f"*.{_BAZAAR}": ["Prefix / -> kiada"], _BAZAAR: ["Prefix / -> quote"]}
            )
        ),
        reference=Attempt(records={f"*.{_BAZAAR}": PROXY, _BAZAAR: PROXY}),
        wrong=(
            WrongAnswer(
                "the hosts file",
                Attempt(names=(f"anna.{_BAZAAR}", _BAZAAR)),
                "no other computer reads your hosts file",
            ),
            WrongAnswer(
                "the wildcard alone",
                Attempt(records={f"*.{_BAZAAR}": PROXY}),
                "the star stands for at least one label",
            ),
        ),
    ),
    Exercise(
        "the-line-that-goes-first",
        _LESSON,
        "The line that goes first",
        hosts_file_mended,
        ways={f"http://{_GARDEN}/": "kiada"},
        start=Attempt(
            ingress("garden", {_GARDEN: ["Prefix / -> kiada"]}),
            records={_GARDEN: PROXY},
            lines=(f"{_ASTRAY} {_GARDEN}",),
        ),
        reference=Attempt(names=(_GARDEN,)),
        wrong=(
            WrongAnswer(
                "the record set anew",
                Attempt(records={_GARDEN: PROXY}),
                "What DNS knows is not asked for.",
            ),
            WrongAnswer(
                "the right line below the wrong one",
                Attempt(lines=(f"{PROXY} {_GARDEN}",)),
                "it comes too late",
            ),
        ),
    ),
    Exercise(
        "two-names-one-address",
        _LESSON,
        "Two names, one address",
        one_address_to_change,
        ways={f"http://{_STAND}/questions/0": "quiz", f"http://{_WWW}/questions/0": "quiz"},
        start=Attempt(
            ingress("stand", {_STAND: ["Prefix / -> quiz"]}),
            records={_STAND: PROXY},
        ),
        reference=Attempt(
            ingress("stand", {_STAND: ["Prefix / -> quiz"], _WWW: ["Prefix / -> quiz"]}),
            records={_WWW: _STAND},
        ),
        wrong=(
            WrongAnswer(
                "the address twice",
                Attempt(
                    ingress("stand", {_STAND: ["Prefix / -> quiz"], _WWW: ["Prefix / -> quiz"]}),
                    records={_WWW: PROXY},
                ),
                "would stay behind when",
            ),
            WrongAnswer(
                "an alias that no rule knows",
                Attempt(records={_WWW: _STAND}),
                f"No Ingress names the host {_WWW}",
            ),
        ),
    ),
    Exercise(
        "which-address-now",
        _LESSON,
        "Which address now?",
        which_address_now,
        reference=Attempt(answer=WHEN),
        wrong=(
            WrongAnswer(
                "a change that all see at once",
                Attempt(answer=("new", "new", "new", "10:05")),
                "It keeps it that long.",
            ),
            WrongAnswer(
                "the new TTL for the old answer",
                Attempt(answer=("old", "new", "new", "10:06")),
                "Who has the old one has the old TTL.",
            ),
        ),
    ),
)
