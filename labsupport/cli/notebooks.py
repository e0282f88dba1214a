"""`lab notebooks`: check the lessons against the rules they keep to, or run them."""

import argparse

from labsupport.base.errors import NotebookError
from labsupport.cli import lessons, notebook_rules, running

HELP = "check: lint the lessons; run: execute them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab notebooks`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="check|run")
    check = actions.add_parser(
        "check", help="lint metadata, headings, alt text, cells, outputs, anatomy"
    )
    check.add_argument("files", nargs="*", metavar="FILE", help="default: the whole course")
    running.add_arguments(actions.add_parser("run", help=running.HELP))


def run(args: argparse.Namespace) -> int:
    """Do what was asked; 1 when a lesson has a problem or failed."""
    if args.action == "run":
        return running.run(args)
    import nbformat

    count = 0
    chosen = lessons.found(args.files)
    for lesson in chosen:
        try:
            notebook = nbformat.read(lesson, as_version=4)
            nbformat.validate(notebook)
        except (ValueError, nbformat.ValidationError) as error:
            reason = str(error).splitlines()[0]
            raise NotebookError(f"{lesson} is not a notebook", found=reason) from error
        for problem in notebook_rules.problems(notebook):
            count += 1
            where = f"cell {problem.cell}: " if problem.cell else ""
            print(f"{lesson}: {where}{problem.message}")
    print(f"{_counted(len(chosen), 'lesson')} checked, {_counted(count, 'problem')}")
    return bool(count)


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
