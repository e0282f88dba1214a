"""An attempt at an exercise, from its beginning to its verdict."""

from labsupport.exercises import Verdict, check, exercise
from labsupport.exercises.attempts import begin, carry_out, take_away
from labsupport.exercises.exercise import Attempt
from labsupport.session.lab import Lab


def verdict_on(name: str, attempt: Attempt, lab: Lab) -> Verdict:
    """The verdict after the attempt, whose objects and names are then taken away."""
    asked = exercise(name)
    try:
        begin(asked, lab)
        carry_out(attempt, lab)
        return check(name, lab, *attempt.answer)
    finally:
        take_away(asked, lab)
