"""The container images that the course takes on kind: which, and how to carry them in a file.

A room without a registry gets them once: `save` where there is one, `load` where there is none.
"""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from labsupport.base.errors import UsageError
from labsupport.base.files import storage_error
from labsupport.kube.manifests import objects
from labsupport.manifests import ADDONS, CONTROLLERS, SAMPLES, documents
from labsupport.providers.kind import balancers
from labsupport.providers.kind.program import Program
from labsupport.providers.kind.tools import Tool
from labsupport.providers.protocol import Progress

_MANIFESTS = (*ADDONS, *SAMPLES, *CONTROLLERS, "conformance")
_TRANSFER = 3600.0  # seconds; a slow network or disk is no failure


@dataclass(frozen=True)
class Image:
    """An image by its full name, who needs it, and whether pods run it (else the container tool
    does)."""

    name: str
    needed_by: tuple[str, ...]
    in_pods: bool

    @property
    def tagged(self) -> str:
        """Its name without a digest: `load` brings a tag back, but no digest."""
        return tag_of(self.name)


def course_images(node: str) -> list[Image]:
    """All images, from the manifests; `node` is that of the nodes, "" when kind knows it alone."""
    users: dict[str, list[str]] = {}
    for manifest in _MANIFESTS:
        for obj in objects(documents(manifest), source=manifest):
            pod = obj.get("spec", {}).get("template", {}).get("spec", {})
            for container in (*pod.get("initContainers", ()), *pod.get("containers", ())):
                named = users.setdefault(qualified(container["image"]), [])
                if manifest not in named:
                    named.append(manifest)
    own = [("the nodes", node)] if node else []
    own += [("cloud-provider-kind", balancers.IMAGE), ("load balancers", balancers.PROXY_IMAGE)]
    return [
        *(Image(qualified(name), (user,), in_pods=False) for user, name in own),
        *(Image(name, tuple(used), in_pods=True) for name, used in users.items()),
    ]


def qualified(name: str) -> str:
    """The image's full name: `docker.io/library/caddy:2` for `caddy:2`, as every tool takes it."""
    first, slash, _ = name.partition("/")
    if not slash:
        return f"docker.io/library/{name}"
    return name if "." in first or ":" in first or first == "localhost" else f"docker.io/{name}"


def tag_of(name: str) -> str:
    """An image's name without its digest."""
    return name.partition("@")[0]


def as_it_is_here(tool: Tool, name: str) -> str:
    """An image's name by which it is here: without its digest where it came from a file.

    The name as it is when it is not here at all: then it will be pulled.
    """
    tag = tag_of(name)
    return tag if tag != name and not tool.has(name) and tool.has(tag) else name


def save(tool: Tool, images: Iterable[Image], file: Path, progress: Progress) -> None:
    """Put the images into one archive, pulling those that are not here.

    The file is there whole, or not at all.
    """
    chosen = list(images)
    if not file.absolute().parent.is_dir():
        raise UsageError(f"no folder {file.parent} to put {file.name} into")
    for image in chosen:
        if not tool.has(image.name) and not tool.has(image.tagged):
            with progress(f"pulling {image.tagged}"):
                tool.run("pull", image.name, timeout=_TRANSFER)
        if image.tagged != image.name and tool.has(image.name):
            tool.run("tag", image.name, image.tagged)
    with progress(f"writing {file}"), _whole(file) as part:
        _archive(tool, [image.tagged for image in chosen], part)


def load(tool: Tool, file: Path, progress: Progress) -> None:
    """Bring the images of an archive to the container tool."""
    if not file.is_file():
        raise UsageError(
            f"no archive {file}",
            remedy="make one where there is a registry: ./lab images save FILE",
        )
    with progress(f"loading {file} into {tool.name}"):
        tool.run("load", "-i", str(file), timeout=_TRANSFER)


def give_to_nodes(tool: Tool, program: Program, cluster: str, progress: Progress) -> None:
    """Put those images that pods run, and that are here, into the nodes: nobody pulls them."""
    wanted = [image.tagged for image in course_images("") if image.in_pods]
    found = [name for name in wanted if tool.has(name)]
    if not found:
        return
    with (
        progress(f"giving the nodes {len(found)} of the course's {len(wanted)} images"),
        tempfile.TemporaryDirectory(prefix="ingress-lab-") as folder,
    ):
        archive = Path(folder) / "images.tar"
        _archive(tool, found, archive)
        program.run(tool, "load", "image-archive", str(archive), "--name", cluster)


def _archive(tool: Tool, names: list[str], file: Path) -> None:
    # Podman takes several images into one file only when it is told so.
    options = ["--multi-image-archive"] if tool.name == "podman" else []
    if tool.platform:
        options += ["--platform", tool.platform]
    tool.run("save", *options, "-o", str(file), *names, timeout=_TRANSFER)


@contextlib.contextmanager
def _whole(file: Path) -> Iterator[Path]:
    """A file beside `file` to write to, which takes its place when all went well."""
    part = file.with_name(f".{file.name}.part")
    try:
        yield part
        part.replace(file)
    except OSError as error:
        raise storage_error(file, error) from error
    finally:
        part.unlink(missing_ok=True)
