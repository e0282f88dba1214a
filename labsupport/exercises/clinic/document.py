"""docs/clinic.md: every breakage with its symptom, its cause and what the diagnosis says.

`python -m labsupport.exercises.clinic.document` writes it anew, by breaking and healing all of
them in the running lab. A test holds each line against a live diagnosis.
"""

import re
import sys

from labsupport.base.paths import checkout
from labsupport.exercises.clinic.breakage import Breakage
from labsupport.exercises.clinic.cases import breakages
from labsupport.exercises.clinic.clinic import break_down, heal
from labsupport.rules.diagnosis import Diagnosis
from labsupport.session.running import running_lab

_TOP = """# The clinic

`./lab break NAME` breaks something that breaks in real clusters too. It prints what a user
complains of, and the URL. Find the cause with `./lab get`, `./lab diagnose` and `kubectl`, mend it
in any way that works, and see with `./lab check NAME` whether the user is content.
`./lab heal NAME` takes back all that the breakage did; what you made or changed meanwhile in its
namespaces is kept as a manifest, in the `clinic` folder of the instance.

The names are those of shops, so that neither the list (`./lab break --list`) nor the namespace
gives the cause away. Each command takes the cause in place of the name, too. Those marked * touch
what all sites share, and can't be broken beside another.

**This page gives everything away.** It is for those who teach, and for those who add to it.

| name | symptom | cause | the diagnosis |
|---|---|---|---|
"""
_BOTTOM = """
## Adding one

A breakage is data, in `labsupport/exercises/clinic`: a healthy `Site`, the fields of it that are
wrong (`fault`), and the fields that mend it. What is done to objects that all sites share is a
`Harm`. Then write this page anew, with a lab that runs:

```console
$ .venv/bin/python -m labsupport.exercises.clinic.document
```

The tests break each one, hold the diagnosis against its cause and this page, mend it in every way
it names, heal it, and compare the cluster with what it was before.
"""
_STABLE = (
    (re.compile(r"127\.\d+\.\d+\.\d+"), "ADDRESS"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"), "DATE"),
)
"""What differs from lab to lab in a diagnosis, and what stands for it."""


def row(case: Breakage, diagnosis: Diagnosis) -> str:
    """The breakage's line in the table."""
    why = f"{diagnosis.broken}: {diagnosis.why}"
    for pattern, word in _STABLE:
        why = pattern.sub(word, why)
    name = f"{case.name} *" if case.alone else case.name
    return f"| {name} | {case.symptom} | {case.cause} | {why.replace('|', ' ')} |"


def page(rows: list[str]) -> str:
    """The whole text."""
    return _TOP + "\n".join(rows) + "\n" + _BOTTOM


def main() -> None:
    """Write the page into the checkout."""
    root = checkout()
    if root is None:
        sys.exit("docs/clinic.md is written into a checkout; this is none")
    lab = running_lab()
    rows = []
    for case in breakages().values():
        break_down(case.name, lab)
        rows.append(row(case, lab.diagnose(case.url, **case.request)))
        heal(case.name, lab)
    (root / "docs" / "clinic.md").write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
