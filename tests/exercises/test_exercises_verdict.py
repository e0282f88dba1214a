"""A verdict says what was expected, what was found and where to look."""

from labsupport.exercises.verdict import Verdict

FAILED = Verdict("two-pods", "2 pods", "3 <pods>", "Deployment kiada", "Change the number.")


def test_a_failed_verdict_says_where_to_look() -> None:
    assert str(FAILED).splitlines() == [
        "Not yet: two-pods",
        "  expected:  2 pods",
        "  got:       3 <pods>",
        "  look at:   Deployment kiada",
        "  hint:      Change the number.",
    ]


def test_a_passed_verdict_leaves_out_what_it_has_no_words_for() -> None:
    assert str(Verdict("two-pods", "2 pods", "2 pods")).splitlines() == [
        "Done: two-pods",
        "  expected:  2 pods",
        "  got:       2 pods",
    ]


def test_words_from_the_cluster_cannot_become_markup() -> None:
    assert "3 &lt;pods&gt;" in FAILED._repr_mimebundle_()["text/html"]


def test_the_outcome_is_said_in_words_not_by_colour_alone() -> None:
    assert "Not yet" in FAILED._repr_mimebundle_()["text/html"]
