"""A picture shows in every front end: drawn, drawn in the browser, or as text."""

import base64
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from labsupport.diagrams import picture
from labsupport.diagrams.picture import Picture

PICTURE = Picture("digraph { client -> proxy }", "client -> proxy", 'A "client" asks <a> proxy')

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz")


@pytest.fixture
def no_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "drawn", lambda dot, alt: None)


def image(bundle: dict[str, str]) -> ElementTree.Element:
    """The SVG document inside the bundle's <img>."""
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', bundle["text/html"])
    assert found
    return ElementTree.fromstring(base64.b64decode(found[1]))


@needs_dot
def test_the_drawing_is_an_image_with_alternative_text() -> None:
    bundle = PICTURE._repr_mimebundle_()
    assert 'alt="A &quot;client&quot; asks &lt;a&gt; proxy"' in bundle["text/html"]
    assert image(bundle).attrib["role"] == "img"


@needs_dot
def test_the_drawing_itself_carries_a_title_for_screen_readers() -> None:
    title = ElementTree.fromstring(PICTURE.svg()).find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == PICTURE.alt


def test_the_text_twin_is_always_there() -> None:
    assert PICTURE._repr_mimebundle_()["text/plain"] == "client -> proxy"


@pytest.mark.usefixtures("no_dot")
def test_without_dot_the_browser_draws() -> None:
    bundle = PICTURE._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle


@pytest.mark.usefixtures("no_dot")
def test_without_dot_the_image_is_the_text() -> None:
    svg = image(PICTURE._repr_mimebundle_())
    assert "client -> proxy" in "".join(svg.itertext())


def test_a_graph_that_dot_refuses_is_shown_as_text() -> None:
    broken = Picture("digraph {", "a -> b", "broken")
    assert "a -&gt; b" in broken.svg()


def test_a_saved_picture_is_a_document_of_its_own(tmp_path: Path) -> None:
    PICTURE.save(tmp_path / "picture.svg")
    ElementTree.parse(tmp_path / "picture.svg")
