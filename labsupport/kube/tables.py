"""Tables as `kubectl get` prints them, for the terminal and for notebooks."""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field

from labsupport.base.types import Json


@dataclass(frozen=True)
class Table:
    """Columns and rows of text; `objects` is what they were made from."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    objects: Sequence[Json] = field(default=(), repr=False, compare=False)

    @classmethod
    def from_server(cls, table: Json, *, namespaces: bool, wide: bool, age: bool) -> "Table":
        """The Table that an API server made (meta.k8s.io/v1), sorted by namespace and name.

        Columns of priority above 0 are for `wide` only. The age column changes from one look to
        the next, so it is left out unless asked for.
        """
        shown = [
            (index, column["name"].upper())
            for index, column in enumerate(table["columnDefinitions"])
            if (wide or not column.get("priority")) and (age or column["name"] != "Age")
        ]
        rows = sorted(table["rows"], key=_place)
        return cls(
            [*(["NAMESPACE"] if namespaces else []), *(name for _, name in shown)],
            [
                [
                    *([_metadata(row).get("namespace", "")] if namespaces else []),
                    *(_text(row["cells"][index]) for index, _ in shown),
                ]
                for row in rows
            ],
            [row["object"] for row in rows],
        )

    def __str__(self) -> str:
        if not self.rows:
            return "No resources found"
        lines = [self.columns, *self.rows]
        widths = [max(map(len, column)) + 3 for column in zip(*lines, strict=True)]
        return "\n".join(
            "".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._html()}

    def _html(self) -> str:
        if not self.rows:
            return "<p>No resources found</p>"
        head = _cells("th scope='col'", self.columns)
        body = "".join(f"<tr>{_cells('td', row)}</tr>" for row in self.rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(tag: str, texts: Sequence[str]) -> str:
    end = tag.partition(" ")[0]
    style = " style='text-align:left'"
    return "".join(f"<{tag}{style}>{html.escape(text)}</{end}>" for text in texts)


def _metadata(row: Json) -> Json:
    metadata: Json = row["object"]["metadata"]
    return metadata


def _place(row: Json) -> tuple[str, str]:
    return _metadata(row).get("namespace", ""), _metadata(row).get("name", "")


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)
