"""The command that a diagnosis gives first, pasted into a shell, mends the breakage."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from labsupport.exercises.clinic import break_down, breakage, breakages, heal
from labsupport.exercises.clinic.visiting import visit
from labsupport.kube.wait import until_nothing_missing
from labsupport.session import Lab

CHECKOUT = Path(__file__).parents[2]
ONLY_TO_READ = {
    "crash-loop",
    "application-error",
    "application-silent",
    "not-ready",
    "assets-lost",
    "no-sni",
    "redirect-loop",
}
"""Causes inside an application or a client: a command can only show them."""

MENDABLE = [name for name, case in breakages().items() if case.cause not in ONLY_TO_READ]


@pytest.mark.skipif(not shutil.which("kubectl"), reason="the commands are kubectl's")
@pytest.mark.parametrize("name", MENDABLE)
def test_the_command_of_the_diagnosis_mends_it(name: str, lab: Lab) -> None:
    case = breakage(name)
    home = lab.instance
    environment = {
        **os.environ,
        "INGRESS_LAB_HOME": str(home.home),
        "KUBECONFIG": str(home.kubeconfig),
    }
    break_down(name, lab)
    try:
        command = lab.diagnose(case.url, **case.request).remedies[0].command
        subprocess.run(["bash", "-ec", command], cwd=CHECKOUT, env=environment, check=True)
        until_nothing_missing(
            lambda: [] if (met := visit(case, lab)).fine else [met.words],
            what=f"{command} to mend it",
            timeout=20,
        )
    finally:
        heal(name, lab)
