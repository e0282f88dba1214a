"""What the lab installs: manifests as one would apply them to any cluster, and the sample apps.

Package data and its loader only: `NAME.yaml` files, and the apps' programs in `apps`. Nothing
here talks to a cluster.
"""

import base64
import re
from pathlib import Path

ADDONS = ("traefik-crds", "traefik", "quote", "quiz", "kiada")
"""What a fresh lab gets, in order: Traefik looks for its own kinds when it starts, and kiada's
pods are told of the Services there before them."""
SAMPLES = ("vault",)
"""What a lesson installs when it needs it (`lab.install("vault")`)."""
CONTROLLERS = (
    "traefik-internal",
    "traefik-public",
    "traefik-default",
    "traefik-nginx",
    "lab-controller",
    "gateway",
    "bare-proxy",
)
"""Further controllers, of Ingress or Gateway API, and a proxy that waits for one; installed like
the samples, each in a namespace of its own name."""

_FOLDER = Path(__file__).parent
_INCLUDE = re.compile(r"^( *)(\S+): !include (\S+)\n", re.MULTILINE)
_AFTER = re.compile(r"# after: (\S+)\n")
_ARCHIVE = re.compile(r"(?<=: )!archive (\S+)$", re.MULTILINE)
_TEMPLATE = re.compile(r"# template: (\S+)\n((?:#.*\n)*)")
_PLACEHOLDER = re.compile(r"^( *)<(\w+)>$|<(\w+)>", re.MULTILINE)


def documents(name: str) -> str:
    """The YAML documents of a manifest (of one of the tuples above), complete, ready to apply.

    A line `key: !include FILE` stands for the text of FILE, so that a ConfigMap's program is
    kept in a file of its own; `!archive FILE` for the modules of the lab that the program FILE
    imports, as a zip file in base64. A file that begins with `# template: FILE` has values only:
    they stand in that template for `<key>`, and where this has a line of its own, for a whole
    block.
    One that begins with `# after: NAME` needs the documents of that manifest, which come first.
    """

    def block(line: re.Match[str]) -> str:
        indent, key, path = line.groups()
        text = (_FOLDER / path).read_text(encoding="utf-8")
        lines = (f"{indent}  {row}".rstrip() for row in text.splitlines())
        return f"{indent}{key}: |\n" + "\n".join(lines) + "\n"

    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    first, own = _AFTER.match(text), _AFTER.sub("", text, count=1)
    own = _ARCHIVE.sub(_modules, _INCLUDE.sub(block, _filled(own)))
    return (f"{documents(first[1])}---\n" if first else "") + own


def _modules(place: re.Match[str]) -> str:
    from labsupport.manifests.archive import archive

    return base64.b64encode(archive(_FOLDER / place[1])).decode()


def _filled(text: str) -> str:
    """`text`, or when it has values only, its template filled with them."""
    beginning = _TEMPLATE.match(text)
    if beginning is None:
        return text
    import yaml

    values: dict[str, str] = yaml.safe_load(text)
    file, about = beginning.groups()

    def value(place: re.Match[str]) -> str:
        indent, block, word = place.groups()
        if block is None:
            return values[word]
        lines = values[block].rstrip("\n").splitlines()
        return "\n".join(f"{indent}{line}" for line in lines)

    template = (_FOLDER / file).read_text(encoding="utf-8")
    return f"{about}\n" + _filled(_PLACEHOLDER.sub(value, template))
