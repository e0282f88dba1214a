"""The clinic: sites that are broken in the ways that sites really break, to be found and mended.

Here live the breakages as data (one module for each part of a request's way), the sites they
break, and breaking, checking and healing. What a breakage does is noted before it is done, and
taken back by the note. Nothing here decides what is wrong with a request: that is
`rules.diagnosis`.
"""

from labsupport.exercises.clinic.breakage import Breakage
from labsupport.exercises.clinic.cases import breakage, breakages, is_breakage
from labsupport.exercises.clinic.checking import mended
from labsupport.exercises.clinic.clinic import Complaint, break_down, broken, heal, mend

__all__ = [
    "Breakage",
    "Complaint",
    "break_down",
    "breakage",
    "breakages",
    "broken",
    "heal",
    "is_breakage",
    "mend",
    "mended",
]
