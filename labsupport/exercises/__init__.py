"""Exercises: a check looks at behaviour and says what was expected, what it got, where to look.

Here live exercises as data (one module a lesson), the checks, the words of their hints, and the
learner's progress. A check asks the `Lab` it is given, prints nothing and changes nothing in it.
"""

from labsupport.exercises.attempts import start
from labsupport.exercises.check import check, exercise, exercises
from labsupport.exercises.exercise import Exercise
from labsupport.exercises.grading import Grade, grade
from labsupport.exercises.progress import Progress
from labsupport.exercises.verdict import Verdict

__all__ = [
    "Exercise",
    "Grade",
    "Progress",
    "Verdict",
    "check",
    "exercise",
    "exercises",
    "grade",
    "start",
]
