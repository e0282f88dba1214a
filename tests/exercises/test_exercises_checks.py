"""Each exercise, on a live lab: the reference passes; a blank and two mistakes get their hints."""

import attempts_at
import pytest

from labsupport.base.errors import UsageError
from labsupport.exercises import Verdict, check, exercise, exercises
from labsupport.exercises.attempts import begin, take_away
from labsupport.exercises.exercise import Attempt, WrongAnswer
from labsupport.exercises.manifest import ingress
from labsupport.exercises.progress import Progress
from labsupport.session import Lab

LESSONS = [
    "00-welcome",
    "01-why-ingress",
    "02-first-ingress",
    "03-names",
    "04-paths-and-path-types",
    "05-hosts-and-precedence",
    "06-tls-termination",
    "07-encrypted-to-the-pod",
    "08-inside-the-request",
    "09-annotations-and-custom-kinds",
    "10-several-controllers",
    "11-write-your-own-controller",
    "13-gateway-api",
    "20-capstone",
]
MISTAKES = [
    pytest.param(name, mistake, id=f"{name}: {mistake.name}")
    for name, each in exercises().items()
    for mistake in each.wrong
]


def verdict_on(name: str, attempt: Attempt, lab: Lab) -> Verdict:
    """The verdict after the attempt, in a lab that is then left as it was found."""
    try:
        return attempts_at.verdict_on(name, attempt, lab)
    finally:
        lab.wait_ready()


@pytest.mark.parametrize("name", exercises())
def test_the_reference_passes(name: str, lab: Lab) -> None:
    verdict = verdict_on(name, exercise(name).reference, lab)
    assert verdict.passed, str(verdict)


@pytest.mark.parametrize("name", exercises())
def test_a_blank_does_not_pass_and_is_told_where_to_look(name: str, lab: Lab) -> None:
    verdict = verdict_on(name, Attempt(), lab)
    assert not verdict.passed
    assert verdict.look


@pytest.mark.parametrize(("name", "mistake"), MISTAKES)
def test_a_mistake_gets_the_hint_that_fits_it(name: str, mistake: WrongAnswer, lab: Lab) -> None:
    verdict = verdict_on(name, mistake.attempt, lab)
    assert mistake.hint in verdict.hint, str(verdict)


def test_every_lesson_from_03_on_has_four_exercises_or_a_program_to_write() -> None:
    each = [one.lesson for one in exercises().values()]
    assert list(dict.fromkeys(each)) == LESSONS
    few = {lesson for lesson in LESSONS[3:] if each.count(lesson) < 4}
    assert few == {"11-write-your-own-controller"}


def test_an_unknown_exercise_is_answered_with_the_nearest(lab: Lab) -> None:
    with pytest.raises(UsageError) as caught:
        check("two-pod", lab)
    assert caught.value.remedy.startswith('check("two-pods", lab)')


def test_a_check_is_kept_in_the_progress(lab: Lab) -> None:
    verdict = check("count-the-addresses", lab, 50, 1)
    assert Progress(lab.instance.progress).records()[-1].exercise == verdict.exercise


def test_a_check_answers_even_when_it_cannot_be_kept(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(lab.instance), "progress", lab.instance.home)  # a folder
    verdict = check("count-the-addresses", lab, 50, 1)
    assert verdict.passed
    assert "not kept in your progress" in verdict.note


def test_a_missing_number_is_asked_for(lab: Lab) -> None:
    verdict = check("count-the-addresses", lab, None, None)
    assert verdict.hint == "Put a number in place of each None."


def test_a_number_in_quotes_is_told_as_that(lab: Lab) -> None:
    verdict = check("count-the-addresses", lab, "50", "1")
    assert verdict.got.startswith("'50' with load balancers")
    assert "without quotes" in verdict.hint


@pytest.mark.parametrize("rules", [{}, {"found.lost.example.com": ["Prefix / -> quote"]}])
def test_while_nobody_takes_the_lost_no_rule_is_blamed(
    rules: dict[str, list[str]], lab: Lab
) -> None:
    attempt = Attempt(ingress("lost", rules) if rules else "")
    verdict = verdict_on("a-page-for-the-lost", attempt, lab)
    assert "spec.defaultBackend" in verdict.look


def test_a_name_that_leads_elsewhere_is_noticed(lab: Lab) -> None:
    begin(exercise("your-own-ingress"), lab)
    lab.hosts.add("quiz.example.com", f"{lab.connection.network}63.254")  # nobody listens there
    assert "lab.address" in check("your-own-ingress", lab).hint
    take_away(exercise("your-own-ingress"), lab)


def test_an_app_without_such_a_page_is_told_from_a_rule_that_does_not_fit(lab: Lab) -> None:
    attempt = Attempt(exercise("one-page-only").reference.manifest.replace("quiz,", "quote,"))
    assert "let this one name the Service quiz" in verdict_on("one-page-only", attempt, lab).hint


def test_what_works_by_chance_does_not_pass(lab: Lab) -> None:
    asked = exercise("one-shop-apart")
    twice = ingress(
        "shops",
        {
            "*.shops.example.com": ["Prefix / -> kiada"],
            "quiz.shops.example.com": ["Prefix / -> kiada"],
        },
    )
    verdict = verdict_on(asked.name, Attempt(f"{twice}---\n{asked.reference.manifest}"), lab)
    assert "left to chance" in verdict.hint
    assert "default/shops: quiz.shops.example.com, Prefix /" in verdict.hint


def test_another_way_to_the_same_behaviour_passes_too(lab: Lab) -> None:
    by_priority = ingress("front", {"front.example.com": ["Prefix / -> quiz"]}) + (
        "---\n"
        + ingress("exam", {"front.example.com": ["Exact / -> kiada"]}).replace(
            "metadata: {",
            'metadata: {annotations: {traefik.ingress.kubernetes.io/router.priority: "1000"}, ',
        )
    )
    verdict = verdict_on("a-front-page-that-shows", Attempt(by_priority), lab)
    take_away(exercise("one-page-only"), lab)
    assert verdict.passed, str(verdict)


def test_a_host_with_a_typing_error_is_named(lab: Lab) -> None:
    manifest = exercise("one-page-only").reference.manifest
    typed = Attempt(manifest.replace("exam.example.com", "exams.example.com"))
    assert "is for the host exams.example.com" in verdict_on("one-page-only", typed, lab).hint


def test_a_line_that_somebody_wrote_is_taken_away_and_the_others_stay(lab: Lab) -> None:
    before = lab.hosts.text()
    begin(exercise("the-line-that-goes-first"), lab)
    take_away(exercise("the-line-that-goes-first"), lab)
    assert lab.hosts.text() == before


def test_an_alias_by_another_alias_passes_too(lab: Lab) -> None:
    reference = exercise("two-names-one-address").reference
    by_way = {
        "www.stand.example.com": "mirror.example.com",
        "mirror.example.com": "stand.example.com",
    }
    verdict = verdict_on("two-names-one-address", Attempt(reference.manifest, records=by_way), lab)
    lab.dns.remove("mirror.example.com")
    assert verdict.passed, str(verdict)


def test_whoever_mends_the_hosts_file_itself_passes_too(lab: Lab) -> None:
    asked = exercise("the-line-that-goes-first")
    begin(asked, lab)
    lab.hosts.apply(lab.hosts.plan(lab.hosts.text().replace("127.0.0.1 garden", "# garden")))
    verdict = check(asked.name, lab)
    lab.hosts.undo()
    take_away(asked, lab)
    assert verdict.passed, str(verdict)
