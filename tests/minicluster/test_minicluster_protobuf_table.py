"""The tool that makes the table of messages from Go's sources."""

from pathlib import Path
from runpy import run_path

from labsupport.minicluster.api.protobuf.messages import table
from labsupport.minicluster.api.resources import BUILT_IN

TOOL = Path(__file__).parents[2] / ".ci" / "protobuf_table.py"
GO = """package v1

import (
\tmetav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type Strength string

// Tea is a drink.
type Tea struct {
\tmetav1.TypeMeta `json:",inline"`
\t// how long it drew
\tDrawn metav1.Time `json:"drawn,omitempty" protobuf:"bytes,2,opt,name=drawn"`
\tStrength *Strength `json:"strength" protobuf:"bytes,1,opt,name=strength,casttype=Strength"`
\tSugar map[string][]byte `json:"sugar" protobuf:"bytes,3,rep,name=sugar"`
\tCup `json:",inline" protobuf:"bytes,4,opt,name=cup"`
\tManagedFields []Cup `json:"managedFields" protobuf:"bytes,5,rep,name=managedFields"`
}

type Cup struct {
\tSizes []int32 `json:"sizes" protobuf:"varint,1,rep,name=sizes"`
}
"""


def test_struct_tags_become_fields_by_number(tmp_path: Path) -> None:
    folder = tmp_path / "core" / "v1"
    folder.mkdir(parents=True)
    (folder / "types.go").write_text(GO)
    sources = run_path(str(TOOL))["Sources"]()
    sources.read(tmp_path)
    assert sources.messages(["core/v1.Tea"]) == {
        "core/v1.Cup": {"1": "sizes []i"},
        "core/v1.Tea": {"1": "strength *s", "2": "drawn t", "3": "sugar {}y", "4": "+core/v1.Cup"},
    }


def test_the_table_has_every_kind_that_is_served() -> None:
    named = {
        f"{resource.group.partition('.')[0] or 'core'}/{resource.version}.{resource.kind}"
        for resource in BUILT_IN
    }
    # k8s.io/apiextensions-apiserver defines it, and its clients send JSON.
    assert named - set(table()) == {"apiextensions/v1.CustomResourceDefinition"}


def test_the_table_is_of_the_roots_that_the_tool_names() -> None:
    assert set(run_path(str(TOOL))["ROOTS"].split()) <= set(table())
