"""A picture for a notebook: drawn where it can be, and always readable as text."""

import base64
import html
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from labsupport.base.files import write_atomically
from labsupport.base.run import CommandFailed, run, which

_DRAWING_SECONDS = 20
_LINE_HEIGHT = 17
_CHARACTER_WIDTH = 7.9


@dataclass(frozen=True)
class Picture:
    """A graph as DOT, with a plain-text twin and one sentence of alternative text.

    Front ends with HTML show the drawing as an image with that alternative text. Where Graphviz's
    `dot` is missing, live front ends draw it in the browser; all others show the twin.
    """

    dot: str
    text: str
    alt: str

    def svg(self) -> str:
        """The picture as a stand-alone SVG document; the twin set as text when `dot` is missing."""
        return drawn(self.dot, self.alt) or text_as_svg(self.text, self.alt)

    def save(self, path: Path) -> None:
        """Write the SVG document to `path`."""
        write_atomically(path, self.svg(), mode=0o644)

    def __str__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        # An <img> rather than image/svg+xml: JupyterLab gives the latter no alternative text and
        # refuses to show it in a notebook that isn't trusted yet, such as a fresh clone's.
        source = base64.b64encode(self.svg().encode()).decode()
        bundle: dict[str, Any] = {
            "text/html": (
                f'<img alt="{html.escape(self.alt)}" style="max-width: 100%" '
                f'src="data:image/svg+xml;base64,{source}">'
            ),
            "text/plain": self.text,
        }
        if drawn(self.dot, self.alt) is None:
            bundle.update(_browser_view(self.dot))
        return bundle


@lru_cache(maxsize=64)
def drawn(dot: str, alt: str) -> str | None:
    """`dot` laid out by Graphviz as an SVG document, or None where this machine can't."""
    # A conda environment's or venv's own `dot` counts even when the kernel's PATH lacks it.
    beside = Path(sys.executable).with_name("dot")
    program = which("dot") or (beside if beside.exists() else None)
    if program is None:
        return None
    try:
        done = run([program, "-Tsvg"], stdin=dot, timeout=_DRAWING_SECONDS)
    except CommandFailed:
        return None
    return _accessible(done.stdout, alt)


def _accessible(svg: str, alt: str) -> str:
    """Graphviz's SVG without its preamble and comments, named for screen readers."""
    body = re.sub(r"<!--.*?-->\s*", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    opening, rest = body.split(">", 1)
    return f'{opening} role="img" aria-label="{html.escape(alt)}">{_title(alt)}{rest}'


def text_as_svg(text: str, alt: str) -> str:
    """`text` set line by line on a white card, as an SVG document."""
    lines = text.splitlines() or [""]
    width = max(map(len, lines)) * _CHARACTER_WIDTH + 24
    height = len(lines) * _LINE_HEIGHT + 20
    spans = "".join(
        f'<tspan x="12" y="{24 + number * _LINE_HEIGHT}">{html.escape(line)}</tspan>'
        for number, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
        f'role="img" aria-label="{html.escape(alt)}">{_title(alt)}'
        '<rect width="100%" height="100%" rx="8" fill="#ffffff"/>'
        '<text xml:space="preserve" font-family="monospace" font-size="13" fill="#1a1a1a">'
        f"{spans}</text></svg>\n"
    )


def _title(alt: str) -> str:
    return f"<title>{html.escape(alt)}</title>"


def _browser_view(dot: str) -> dict[str, Any]:
    """The MIME entry of a widget that draws `dot` in the browser (Graphviz as WASM)."""
    from labsupport.diagrams.browser import BrowserDrawing

    view = "application/vnd.jupyter.widget-view+json"
    bundle = BrowserDrawing(dot_source=dot, enable_zoom=False)._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle or {}
    return {view: data[view]} if view in data else {}
