"""`lab images list|save|load`: the container images of a kind cluster, for rooms without a
registry."""

import argparse
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.base.errors import ClusterError, UsageError
from labsupport.base.paths import instance
from labsupport.base.progress import step

if TYPE_CHECKING:
    from labsupport.providers.kind.images import Image
    from labsupport.providers.kind.made import Made

HELP = "carry the container images of --provider kind in a file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab images`."""
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="which images the course takes on kind")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    saving = commands.add_parser("save", help="put them into one archive, pulling what is missing")
    saving.add_argument("file", type=Path, metavar="FILE")
    loading = commands.add_parser("load", help="bring them to the container tool, and to the nodes")
    loading.add_argument("file", type=Path, metavar="FILE")
    for each in (listing, saving):
        each.add_argument(
            "--image", default="", help="the nodes' image, if it is not the one that goes with kind"
        )


def run(args: argparse.Namespace) -> int:
    """List, save or load."""
    if args.command == "load":
        return _load(args.file)
    images = _images(args.image)
    if args.command == "list":
        return _list(images, as_json=args.json)
    from labsupport.providers.kind.images import save
    from labsupport.providers.kind.tools import found_tool

    with step("looking for a container tool"):
        tool = found_tool()
    save(tool, images, args.file, step)
    print(f"{len(images)} images are in {args.file} ({args.file.stat().st_size / 1e6:.0f} MB).")
    print(f"Elsewhere: ./lab images load {args.file.name}, then ./lab up --provider kind")
    return 0


def _list(images: "list[Image]", *, as_json: bool) -> int:
    if as_json:
        rows = [
            {"name": each.name, "needed_by": list(each.needed_by), "in_pods": each.in_pods}
            for each in images
        ]
        print(json.dumps({"images": rows}, indent=2))
        return 0
    for image in images:
        print(f"{image.name}\n    {', '.join(image.needed_by)}")
    return 0


def _load(file: Path) -> int:
    from labsupport.providers.kind.images import give_to_nodes, load
    from labsupport.providers.kind.nodes import nodes_of
    from labsupport.providers.kind.program import found_program
    from labsupport.providers.kind.tools import found_tool

    made = _made()
    with step("looking for a container tool"):
        tool = found_tool(made.tool if made else "")
    load(tool, file, step)
    nodes = nodes_of(tool, made.name) if made and made.whole else []
    if any(not node.runs for node in nodes):
        again = f"./lab up && ./lab images load {shlex.quote(str(file))}"
        print(f"The images are here, but the nodes are stopped. To give them these too: {again}")
        return 0
    if made and nodes:
        give_to_nodes(tool, found_program(), made.name, step)
    print("The images are here. Next: ./lab up --provider kind")
    return 0


def _made() -> "Made | None":
    from labsupport.providers.kind.made import Made

    return Made.of(instance())


def _images(node: str) -> "list[Image]":
    from labsupport.providers.kind.configuration import NODE_IMAGES, node_image
    from labsupport.providers.kind.images import course_images
    from labsupport.providers.kind.program import found_program

    if not node:
        try:
            node = node_image(found_program().version)
        except ClusterError:  # without kind, those of the newest that is known
            node = node_image(max(NODE_IMAGES))
        if not node:
            raise UsageError(
                "this kind is newer than the lab's list of node images",
                remedy="name its image: ./lab images save --image kindest/node:VERSION FILE",
            )
    return course_images(node)
