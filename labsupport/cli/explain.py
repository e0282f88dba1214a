"""`lab explain URL...`: which Ingress rule takes a request, and why every other does not."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.base.errors import UsageError

if TYPE_CHECKING:
    from labsupport.base.types import Json
    from labsupport.rules.ingress import Candidate, Decision, Profile, RuleSet

HELP = "which Ingress rule takes a URL, and why the others do not; of files or the cluster"

_MANIFESTS = (".yaml", ".yml", ".json")
_NOT_TOLD = ("host", "class")  # unless few: rules that have nothing to do with the request
_FEW = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab explain`."""
    parser.add_argument(
        "urls", nargs="+", metavar="URL", help="http://kiada.example.com/; - reads one a line"
    )
    parser.add_argument(
        "-f",
        "--file",
        action="append",
        default=[],
        metavar="FILE",
        help="a manifest or a folder of them, in place of the running cluster; can be repeated",
    )
    parser.add_argument(
        "--profile",
        default="spec",
        metavar="PROFILE",
        help="whose reading: spec (default), lab, traefik, traefik-defaults, traefik-nginx",
    )
    parser.add_argument("-H", "--header", action="append", default=[], metavar="'NAME: VALUE'")
    parser.add_argument("--sni", default="", metavar="NAME", help="the name in the TLS handshake")
    parser.add_argument("--all", action="store_true", help="show rules for other hosts too")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, in order")


def run(args: argparse.Namespace) -> int:
    """Print the decision on each URL; 2 when a file has errors, which stderr tells by line."""
    from labsupport.rules.ingress import Request, profile_named

    profile = profile_named(args.profile)
    headers = tuple(_header(text) for text in args.header)
    meant: Callable[[str], str] = str
    if args.file:
        rules = _rules_of_files(args.file, profile)
    else:
        rules, meant = _live_rules(profile)
    if rules is None:
        return UsageError.exit_code
    for number, url in enumerate(_urls(args.urls)):
        decision = rules.decide(Request.from_url(meant(url), sni=args.sni, headers=headers))
        if args.json:
            print(json.dumps(decision.to_json(), ensure_ascii=False), flush=True)
        else:
            blank_line = "\n" if number else ""
            print(blank_line + "\n".join(_told(decision, everything=args.all)), flush=True)
    return 0


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise UsageError("a header is a name, a colon and a value", found=repr(text))
    return name.strip(), value.strip()


def _urls(words: list[str]) -> Iterator[str]:
    """The URLs given; in place of each `-`, the lines of stdin that are not empty."""
    for word in words:
        lines = (line.strip() for line in sys.stdin) if word == "-" else [word]
        yield from filter(None, lines)


def _live_rules(profile: "Profile") -> "tuple[RuleSet, Callable[[str], str]]":
    """The cluster's rules, and what gives the URL that is meant there by one of the lessons."""
    from labsupport.session.explaining import live_rules
    from labsupport.session.running import running_lab

    lab = running_lab()
    try:
        return live_rules(lab, profile), lab.tenancy.url
    finally:
        lab.close()


def _rules_of_files(names: list[str], profile: "Profile") -> "RuleSet | None":
    """The rules in the files; None when there are errors, which are printed."""
    from labsupport.kube.review import reviewed
    from labsupport.session.explaining import rules_of

    objects: list[Json] = []
    faults = 0
    for name, text in _texts(names):
        review = reviewed(text)
        objects += review.objects
        faults += len(review.problems)
        for problem in review.problems:
            print(f"{name}, {problem}", file=sys.stderr)
    return None if faults else rules_of(objects, profile)


def _texts(names: list[str]) -> Iterator[tuple[str, str]]:
    """Each file's name and text, a folder's files by name."""
    for name in names:
        if name == "-":
            yield "stdin", sys.stdin.read()
            continue
        path = Path(name)
        found = sorted(each for each in path.glob("*") if each.suffix in _MANIFESTS)
        for each in found if path.is_dir() else [path]:
            try:
                yield str(each), each.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise UsageError(
                    f"{each} can't be read",
                    found=str(error),
                    remedy="./lab explain http://kiada.example.com/ -f my-ingress.yaml",
                ) from error


def _told(decision: "Decision", *, everything: bool) -> Iterator[str]:
    """The decision for people: the answer, what leads to it, then every rule that matters."""
    yield f"{decision.request.url}   (as {decision.profile} reads the rules)"
    yield f"  {_answer(decision)}"
    yield from _about("because", decision.winner.reason if decision.winner else "")
    pods = [f"{each.pod or 'endpoint'} {each.address}:{each.port}" for each in decision.endpoints]
    yield from _about("pods", ", ".join(pods))
    yield from _about("TLS", f"{decision.certificate}" if decision.certificate else "")
    if decision.fallback and decision.outcome != "default":
        ingress, backend = decision.fallback
        yield from _about("else", f"the default backend, {backend} of Ingress {ingress}")
    yield from _rules_told(decision.candidates, everything=everything)
    for warning in decision.warnings:
        yield f"  warning: {warning.message}"


def _answer(decision: "Decision") -> str:
    if decision.outcome == "undetermined":
        return "not determined: chance decides between the rules marked 'tie'"
    if decision.backend is None:
        return f"{decision.status}: no rule takes it, and there is no default backend"
    if decision.winner is None:
        what = f"the default backend of Ingress {decision.ingress}"
    else:
        what = str(decision.winner.route)
    note = {503: ", where nobody can answer", 308: ", but first a redirect to HTTPS"}
    goal = f"{decision.backend}{note.get(decision.status, '')}"
    return f"{decision.status}: {goal}, by {what}"


def _about(title: str, words: str) -> Iterator[str]:
    if words:
        yield f"  {title}: {words}"


def _rules_told(candidates: "tuple[Candidate, ...]", *, everything: bool) -> Iterator[str]:
    """The rules in the order considered, a table; those for other hosts are counted if many."""
    told = candidates
    if len(candidates) > _FEW and not everything:
        told = tuple(each for each in candidates if each.verdict not in _NOT_TOLD)
    if candidates:
        yield "  rules, in the order considered:"
    rows = [(each.verdict, str(each.route), each.reason) for each in told]
    verdict, route = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    for row in rows:
        yield f"    {row[0]:<{verdict}}  {row[1]:<{route}}  {row[2]}"
    if len(told) < len(candidates):
        yield f"    and {len(candidates) - len(told)} for other hosts or classes (--all shows them)"
