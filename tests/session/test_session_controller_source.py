"""The program of a controller, read from the cluster."""

from pathlib import Path

import pytest

from labsupport.base.errors import UsageError
from labsupport.manifests.apps import kubernetes_api
from labsupport.session.controller_source import source_of
from labsupport.session.lab import Lab

PROGRAM = Path(kubernetes_api.__file__).with_name("ingress_controller.py")


def test_the_program_is_the_one_that_runs_letter_by_letter(lab: Lab) -> None:
    lab.install("lab-controller")
    try:
        assert lab.controllers["lab"].source() == PROGRAM.read_text()
    finally:
        lab.uninstall("lab-controller")


def test_a_part_is_shown_from_its_first_column() -> None:
    text = source_of(PROGRAM.read_text(), "Plan.class_of")
    assert text.startswith("def class_of(self, ingress: Any) -> Any:\n    ")
    assert text.splitlines()[-1].startswith("    return ")


def test_a_part_begins_with_its_decorators() -> None:
    text = "import os\n\n@one\n@two(3)\nclass Plan:\n    @property\n    def all(self): ...\n"
    assert source_of(text, "Plan").startswith("@one\n@two(3)\nclass Plan:")
    assert source_of(text, "Plan.all") == "@property\ndef all(self): ..."


def test_a_part_that_is_not_there_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        source_of(PROGRAM.read_text(), "Plan.classof")
    assert caught.value.remedy == 'the nearest: source("Plan.class_of")'


def test_a_program_that_is_not_in_python_is_said(lab: Lab) -> None:
    with pytest.raises(UsageError, match="no text that can be shown"):
        lab.controller.source("main")
