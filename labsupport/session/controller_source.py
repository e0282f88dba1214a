"""The program of a controller, read from the cluster that runs it, whole or by its parts."""

import ast
import textwrap
from difflib import get_close_matches

from labsupport.base.errors import UsageError
from labsupport.kube.api import Api
from labsupport.session.controller import Controller

_FILE = "ingress_controller.py"


def program(api: Api, controller: Controller) -> str:
    """The text of the program, from the ConfigMap that the controller's pod runs it from."""
    if controller.proxy == "Traefik":
        raise UsageError(
            f"{controller.title}'s program is no text that can be shown here",
            found="Traefik is written in Go, and comes as a compiled program",
            remedy="read it where it is made: https://github.com/traefik/traefik",
        )
    text: str = api.get("configmaps", controller.name, controller.namespace)["data"][_FILE]
    return text


def source_of(text: str, part: str = "") -> str:
    """The lines of a function, class or method (`Plan.class_of`); all of it without `part`.

    UsageError names the nearest when there is none of that name.
    """
    if not part:
        return text
    parts = dict(_parts(ast.parse(text), ""))
    if part not in parts:
        nearest = get_close_matches(part, parts, 1, 0)[0]
        raise UsageError(
            f"the program has no part called {part}",
            found=f"there are: {', '.join(parts)}",
            remedy=f'the nearest: source("{nearest}")',
        )
    first, last = parts[part]
    return textwrap.dedent("\n".join(text.splitlines()[first - 1 : last]))


def _parts(node: ast.AST, above: str) -> list[tuple[str, tuple[int, int]]]:
    """Each function and class by its name, with its first and last line, from 1."""
    found = []
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.FunctionDef | ast.ClassDef):
            name = f"{above}{each.name}"
            first = min(line.lineno for line in (each, *each.decorator_list))
            found.append((name, (first, each.end_lineno or each.lineno)))
            found += _parts(each, f"{name}.")
    return found
